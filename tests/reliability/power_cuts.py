"""Cut the power at random moments, and see that nothing is lost or corrupt.

    python -m tests.reliability.power_cuts [COUNT] [SEED]

COUNT cuts on each model of a file system (disk.py). The product's own code and SQLite run unchanged on
files whose writes, syncs and names are recorded (recorder.py). Then the power goes after a random one of
these: what is left of the files is opened and verified by the product, and each consent and fact of which
it had said before that it is written must be there with its exact bytes. The life of the journal goes on
from functools import partial
from what was left, so that its repairs are cut as well. First starts, a migration with its backup (to a
version that exists only here) and daily backups are among what is cut.

A simulation that loses nothing proves little: the same cuts under SQLite's defaults are counted beside.
The seed repeats what is done and when the power goes, not the salts and names that are made meanwhile.
"""

import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, ValidUntil
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import LEGAL, Fact, State
from consent_desk.journal import file as journal_file
from consent_desk.journal import schema as migrations
from consent_desk.journal import verify as verification
from consent_desk.journal.backups import back_up_before_migration, make_daily
from consent_desk.journal.head import Spoilt, head_file, read_head
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.folders import private_folder
from tests.consents import a_noted, claim, go_on, later, write_down
from tests.journal.journals import OUTCOMES, latest
from tests.reliability.disk import Disk, Model
from tests.reliability.recorder import Recorder, recording

NAME = "data/journal.sqlite"
NEXT = (
    "CREATE TABLE copied (seq INTEGER PRIMARY KEY, chain BLOB NOT NULL) STRICT",
    "INSERT INTO copied SELECT seq, chain FROM fact",
    "CREATE INDEX copied_by_chain ON copied (chain)",
    "REINDEX",
)
"""A next version, which writes about every page anew."""

CONTROLS: tuple[tuple[Model, Mapping[str, str | int]], ...] = (
    (Model.LINUX, {"journal_mode": "delete", "synchronous": 2}),
    (Model.WINDOWS, {"journal_mode": "delete", "synchronous": 2}),
    (Model.WINDOWS, {"journal_mode": "delete", "synchronous": 3}),
)
"""Pragmas under which something has to be lost: SQLite's defaults first."""


@dataclass(frozen=True, slots=True)
class Result:
    """What so many cuts did: a line for each after which something was wrong, and what was cut and found."""

    cuts: int
    wrong: tuple[str, ...]
    seen: Counter[str]


class _WrongError(Exception):
    """What a power cut must not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """Something that the product did between two moments: noted a consent, or wrote a fact of one."""

    begun: int
    ended: int
    request_id: str
    noted: Noted | None = None
    fact: Fact


@dataclass(slots=True)
class _Life:
    """A journal from its first start on: what was said to be written, and what the last cut left."""

    dice: random.Random
    left: dict[str, bytes | None] = field(default_factory=dict)
    noted: dict[str, Noted] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    backups: set[str] = field(default_factory=set)
    latest: bool = False
    seconds: int = 0


class _Session:
    """From a start of the program to its end; the moment at which the power goes is chosen afterwards."""

    def __init__(self, life: _Life, disk: Disk) -> None:
        self._life = life
        self._disk = disk
        self._dice = life.dice
        self._path = Path(disk.root) / NAME
        self._states = {request_id: facts[-1].state for request_id, facts in life.facts.items()}
        self.deeds: list[_Deed] = []
        self.backups: list[tuple[int, str]] = []
        self.opened = 0

    def run(self) -> None:
        """Open the journal, do this and that, close it."""
        journal = self._open()
        self.opened = len(self._disk.events)
        try:
            for _ in range(self._dice.randrange(7)):
                match self._dice.choices(("note", "go on", "reopen", "back up"), (5, 6, 1, 1))[0]:
                    case "note":
                        self._note(journal)
                    case "go on":
                        self._go_on(journal)
                    case "back up":
                        self._back_up(journal)
                    case _:
                        journal.close()
                        journal = self._open()
            if not self._disk.events:
                self._note(journal)
        finally:
            journal.close()

    def moment(self) -> int:
        """After how many events the power goes: while it starts, at any time, or just after a promise."""
        said = [ended for ended, _ in self.backups] + [deed.ended for deed in self.deeds]
        match self._dice.randrange(3):
            case 0 if self.opened:
                return self._dice.randint(1, self.opened)
            case 1 if said:
                return self._dice.choice(said)
            case _:
                return self._dice.randint(1, len(self._disk.events))

    def _open(self) -> SqliteJournal:
        private_folder(self._path.parent)
        before = set(self._path.parent.glob("backups/*.sqlite"))
        journal = SqliteJournal.open(
            self._path,
            # Going back and forth between these writes the mark anew, and says nothing about the consents.
            installation=self._dice.choice(("", "here")),
            now=lambda: later(self._life.seconds),
            before_migration=partial(back_up_before_migration, self._path),
        )
        for path in set(self._path.parent.glob("backups/*.sqlite")) - before:
            self.backups.append((len(self._disk.events), path.name))
        return journal

    def _note(self, journal: SqliteJournal) -> None:
        accept = self._dice.random() < 0.3
        noted = a_noted(
            request_id=str(UUID(int=self._dice.getrandbits(128))),
            customer=CustomerId(type="registered", value=f"customer-{self._dice.randrange(9)}@example.com"),
            action=Action.ACCEPT if accept else Action.REJECT,
            valid_until=ValidUntil() if accept else None,
            wording="word " * self._dice.choice((0, 10, 300, 3000)),
        )
        begun = len(self._disk.events)
        write_down(journal, noted)
        self._did(begun, noted.consent.request_id, Fact(at=noted.consent.noted_at, state=State.QUEUED), noted)

    def _go_on(self, journal: SqliteJournal) -> None:
        open_ids = [request_id for request_id, state in self._states.items() if LEGAL[state]]
        if not open_ids:
            return
        request_id = self._dice.choice(open_ids)
        state = self._dice.choice(sorted(LEGAL[self._states[request_id]] - {State.RESTORED}))
        self._life.seconds += 1
        fact = Fact(at=later(self._life.seconds), state=state, outcome=OUTCOMES.get(state))
        begun = len(self._disk.events)
        if state is State.IN_FLIGHT:
            assert claim(journal, request_id, fact.at) is not None
        else:
            go_on(journal, request_id, fact)
        self._did(begun, request_id, fact)

    def _did(self, begun: int, request_id: str, fact: Fact, noted: Noted | None = None) -> None:
        self._states[request_id] = fact.state
        ended = len(self._disk.events)
        self.deeds.append(_Deed(begun=begun, ended=ended, request_id=request_id, noted=noted, fact=fact))

    def _back_up(self, journal: SqliteJournal) -> None:
        self._life.seconds += 86_400
        if (made := make_daily(self._path, journal, later(self._life.seconds))) is not None:
            self.backups.append((len(self._disk.events), made.name))


class _Trial:
    """The cuts of one model, in one folder."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._live = folder / "live"
        self._copy = folder / "copy"
        self._recorder = recorder
        self.seen: Counter[str] = Counter()

    def cut(self, life: _Life) -> None:
        """Start the program on what the last cut left, and cut it too. Raises _WrongError."""
        _lay_out(self._live, life.left)
        disk = self._recorder.disk = Disk(str(self._live), life.left)
        session = _Session(life, disk)
        session.run()
        moment = session.moment()
        before, life.left = life.left, disk.after_cut(moment, self._recorder.model, life.dice)
        during_start = moment < session.opened
        journal = before.get(str(self._live / NAME))
        self.seen["first starts cut"] += during_start and journal is None
        is_before = _version(journal) == len(migrations.STEPS)
        self.seen["migrations cut"] += during_start and life.latest and is_before
        self.seen["repairs cut"] += during_start and bool(before.get(str(self._live / f"{NAME}-journal")))
        for deed in session.deeds:
            if deed.ended <= moment:
                if deed.noted is not None:
                    life.noted[deed.request_id] = deed.noted
                life.facts.setdefault(deed.request_id, []).append(deed.fact)
        life.backups |= {name for ended, name in session.backups if ended <= moment}
        under_way = next((deed for deed in session.deeds if deed.begun <= moment < deed.ended), None)
        self._examine(life, under_way)

    def _examine(self, life: _Life, under_way: _Deed | None) -> None:
        _lay_out(
            self._copy,
            {path.replace(str(self._live), str(self._copy)): each for path, each in life.left.items()},
        )
        path = self._copy / NAME
        if not path.exists() and not head_file(path).exists() and not life.noted:
            self.seen["nothing left of a first start"] += 1
        elif head_file(path).exists() or life.noted:
            found = verify(path)
            is_torn = isinstance(read_head(head_file(path)), Spoilt) and found.facts
            self.seen["marks torn"] += bool(is_torn)
            # All facts were sound by then; that the journal holds what was said is compared below.
            if found.verdict is not Verdict.SOUND and not (is_torn and "check file" in str(found.why)):
                raise _WrongError(f"not sound: {found.why}")
            self.seen["transactions rolled back"] += found.interrupted
        self._examine_backups(life)
        private_folder(path.parent)
        try:
            journal = SqliteJournal.open(path, before_migration=partial(back_up_before_migration, path))
        except JournalError as trouble:
            raise _WrongError(f"not opened: {trouble.title}") from trouble
        try:
            self._compare(journal, life, under_way)
            if journal.restored:
                raise _WrongError("opened as if its mark were missing")
        finally:
            journal.close()
        found = verify(path)
        if found.verdict is not Verdict.SOUND or found.consents != len(life.noted):
            raise _WrongError(f"not sound after opening: {found}")

    def _compare(self, journal: SqliteJournal, life: _Life, under_way: _Deed | None) -> None:
        """What is there must be what was said to be written, and perhaps what was being written."""
        for request_id, noted in life.noted.items():
            try:
                record = journal.record(request_id)
            except JournalError as trouble:
                raise _WrongError(f"consent lost: {trouble.title}") from trouble
            facts = life.facts[request_id]
            if record.noted != noted or record.facts[: len(facts)] != tuple(facts):
                raise _WrongError(f"consent or fact lost: {record} instead of {noted}, {facts}")
            more = record.facts[len(facts) :]
            if under_way is not None and under_way.request_id == request_id and more[:1] == (under_way.fact,):
                facts.append(under_way.fact)
                more = more[1:]
                self.seen["written though not yet said"] += 1
            if more:
                raise _WrongError(f"facts that nobody wrote: {more}")
            self.seen["facts compared"] += len(facts)
        if under_way is not None and under_way.noted is not None:
            request_id = under_way.request_id
            if request_id in {entry.request_id for entry in latest(journal, 1)}:
                if journal.record(request_id).noted != under_way.noted:
                    raise _WrongError("half a consent")
                life.noted[request_id], life.facts[request_id] = under_way.noted, [under_way.fact]
                self.seen["written though not yet said"] += 1
        self.seen["consents compared"] += len(life.noted)

    def _examine_backups(self, life: _Life) -> None:
        folder = (self._copy / NAME).with_name("backups")
        there = {path.name for path in folder.glob("journal-*.sqlite")}
        if missing := life.backups - there:
            raise _WrongError(f"backup lost: {missing}")
        for name in sorted(there):
            found = verify(folder / name)
            if found.verdict is not Verdict.SOUND:
                raise _WrongError(f"backup {name} is not sound: {found.why}")
        life.backups |= there


def _version(journal: bytes | None) -> int:
    return 0 if journal is None else int.from_bytes(journal[60:64], "big")


def _lay_out(folder: Path, left: Mapping[str, bytes | None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in left.items():
        if content is None:
            Path(path).mkdir()
        else:
            Path(path).write_bytes(content)


@contextmanager
def _pragmas(pragmas: Mapping[str, str | int], dice: random.Random) -> Iterator[pytest.MonkeyPatch]:
    """Half of the journals have a cache of ten pages, so that SQLite writes before it commits."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**pragmas, **({"cache_size": 10} if dice.random() < 0.5 else {})}.items():
            patch.setitem(journal_file.PRAGMAS, name, value)
        yield patch


def _bring_the_next_version(patch: pytest.MonkeyPatch) -> None:
    steps = (*migrations.STEPS, NEXT)
    patch.setattr(migrations.migrate, "__defaults__", (steps,))
    patch.setattr(verification, "STEPS", steps)
    for module in (journal_file, verification):
        patch.setattr(module, "VERSION", len(steps))


def run(count: int, seed: int, model: Model, pragmas: Mapping[str, str | int] | None = None) -> Result:
    """Cut the power so many times on one model; `pragmas` take the place of the product's."""
    wrong: list[str] = []
    cuts = lives = 0
    with (
        tempfile.TemporaryDirectory(prefix="consent-desk-") as folder,
        recording(Disk(folder, {}), model) as recorder,
    ):
        trial = _Trial(Path(folder), recorder)
        while cuts < count:
            lives += 1
            dice = random.Random(f"{seed} {model} {lives}")
            with _pragmas(pragmas or {}, dice) as patch:
                for cut in _cuts(trial, _Life(dice), patch):
                    cuts += 1
                    if cut is not None:
                        wrong.append(f"{model}, life {lives}, cut {cuts}: {cut}"[:600])
                    if cuts == count:
                        break
    return Result(cuts=cuts, wrong=tuple(wrong), seen=trial.seen)


def _cuts(trial: _Trial, life: _Life, patch: pytest.MonkeyPatch) -> Iterator[str | None]:
    """Cut one life again and again: None each time, or what was wrong, which ends it."""
    while True:
        if not life.latest and life.noted and life.dice.random() < 0.3:
            life.latest = True
            _bring_the_next_version(patch)
        try:
            trial.cut(life)
        except _WrongError as wrong:
            yield str(wrong)
            return
        yield None
        if life.dice.random() < 0.15:
            return


def main() -> int:
    """Print the figures; return 0 if nothing was lost and the control lost something."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    failed = False
    for model in Model:
        result = run(count, seed, model)
        told = ", ".join(f"{number} {what}" for what, number in sorted(result.seen.items()))
        print(
            f"power cuts: {len(result.wrong)} of {result.cuts} lost something or left it corrupt "
            f"({model}, SQLite {sqlite3.sqlite_version}, seed {seed}; {told})"
        )
        for line in result.wrong[:20]:
            print(line)
        failed |= bool(result.wrong)
    for model, pragmas in CONTROLS:
        result = run(max(1, count // 5), seed, model, pragmas)
        print(
            f"control: {len(result.wrong)} of {result.cuts} lost something "
            f"({model}, {pragmas['journal_mode']}, synchronous {pragmas['synchronous']}, seed {seed})"
        )
        failed |= not result.wrong
    return failed


if __name__ == "__main__":
    sys.exit(main())
