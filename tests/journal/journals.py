"""Journals to test with, with consents in every state."""

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import LEGAL, UNSENT_STATES, Fact, State
from consent_desk.domain.log_query import LogQuery
from consent_desk.domain.wire.outcome import Answered, Cause, Look, Lost, NotSent, Outcome, Phase
from consent_desk.journal.backups import copy_daily, make_daily
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.search import PAGE
from consent_desk.system.atomic_file import companion
from tests.consents import a_noted, claim, go_on, later

ANSWERED = Answered(status=200, headers=(("X-Request-Id", "4711"),), body=b'{"success": true}', elapsed=0.25)
OUTCOMES: Mapping[State, Outcome | Look] = {
    State.DELIVERED: ANSWERED,
    State.REFUSED: Answered(status=403, headers=(), body=b'{"error": "invalid secret"}', elapsed=0.5),
    State.RETRY_WAIT: NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE, elapsed=1.5),
    State.UNCONFIRMED: Lost(phase=Phase.WAITING, cause=Cause.CUT, detail="reset by peer", elapsed=2.5),
    State.NOT_SEEN: Look(elapsed=0.125),
    State.NOT_SHOWN: Look(later=True, elapsed=0.125),
    State.SEEN: Look(seen=True, valid=True, since=1.5, source="page", elapsed=0.125),
    State.VERIFIED: Look(seen=True, valid=False, since=1.25, source="private_api", elapsed=0.125),
    State.CONTRADICTED: Look(seen=True, valid=True, since=2.5, source="scenario", elapsed=0.125),
    State.NEW_PROFILE: Look(unknown=True, steady=29.5, elapsed=0.125),
    State.NO_CATEGORY: Look(seen=True, unlisted=True, elapsed=0.125),
}


def way_to(state: State) -> Sequence[State]:
    """The shortest legal way from `queued` to `state`; not that of a home folder that was put back."""
    ways: dict[State, tuple[State, ...]] = {State.QUEUED: ()}
    waiting = [State.QUEUED]
    for each in waiting:
        put_back = {State.SEEN, State.VERIFIED} if each in UNSENT_STATES else set()
        for following in sorted(LEGAL[each] - put_back):
            if following not in ways:
                ways[following] = (*ways[each], following)
                waiting.append(following)
    return ways[state]


def lead(journal: SqliteJournal, request_id: str, states: Sequence[State]) -> None:
    """Lead a consent through `states`."""
    for state in states:
        if state is State.IN_FLIGHT:
            assert claim(journal, request_id, later(1)) is not None
        else:
            note = "the customer asked for it" if state is State.DISCARDED else ""
            go_on(journal, request_id, Fact(at=later(2), state=state, outcome=OUTCOMES.get(state), note=note))


def noted_in(journal: SqliteJournal, state: State = State.QUEUED, **changes: object) -> str:
    """Note a consent and bring it into `state`; return its request ID."""
    noted = a_noted(**changes)
    journal.note_all((noted,))
    lead(journal, noted.consent.request_id, way_to(state))
    return noted.consent.request_id


def fill(journal: SqliteJournal, count: int) -> tuple[str, ...]:
    """Note `count` consents of different sizes, in all states in turn."""
    states = list(State)
    ids = []
    for number in range(count):
        accept = number % 3 == 0
        ids.append(
            noted_in(
                journal,
                states[number % len(states)],
                customer=CustomerId(type="registered", value=f"customer-{number}@example.com"),
                action=Action.ACCEPT if accept else Action.REJECT,
                valid_until=ValidUntil() if accept else None,
                category=("sms_marketing", "newsletter")[number % 2],
                wording="May we write to you? " * (number % 7) + "word " * (2000 * (number % 20 == 19)),
                ticket=f"T-{number}",
            )
        )
    return tuple(ids)


def filled(path: Path, count: int) -> tuple[str, ...]:
    """A closed journal at `path` with `count` consents; the request IDs, the oldest first."""
    with closing(SqliteJournal.open(path)) as journal:
        return fill(journal, count)


def latest(journal: SqliteJournal, most: int = PAGE) -> tuple[Entry, ...]:
    """The last `most` consents noted (500 at most), the newest first."""
    return tuple(found.entry for found in journal.page(LogQuery(), most=most))


def waiting_for_a_word(journal: SqliteJournal) -> list[str]:
    """Those that somebody cancelled or is to check, the oldest first."""
    found = (one for state in State for one in journal.page_in(state) if one.waits)
    return [one.request_id for one in sorted(found, key=lambda one: one.seq)]


def copied(path: Path, folder: Path) -> Path:
    """A copy of a closed journal and of its mark, in a folder that is made."""
    folder.mkdir()
    copy = folder / path.name
    for source, target in (
        (path, copy),
        (head_file(path), head_file(copy)),
        (companion(path), companion(copy)),
    ):
        if source.exists():
            shutil.copyfile(source, target)
    return copy


def elsewhere(path: Path) -> Path:
    """Where a journal can be made that is to be brought to `path`."""
    folder = path.with_name("elsewhere")
    folder.mkdir(exist_ok=True)
    return folder / path.name


def bring_from_elsewhere(path: Path) -> None:
    """Bring the closed journal that was made `elsewhere` to `path`, as nobody does who asks for a lock."""
    for each in elsewhere(path).parent.iterdir():
        each.rename(path.with_name(each.name))
    elsewhere(path).parent.rmdir()


def broken_off(path: Path, folder: Path) -> Path:
    """A copy as `copied` makes it, of a moment in which a transaction is under way in the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM remark")
        connection.execute("UPDATE standing SET state = 'queued'")
        connection.execute("CREATE TABLE much (a)")
        connection.executemany("INSERT INTO much VALUES (?)", [("much" * 500,) for _ in range(200)])
        copy = copied(path, folder)
        connection.execute("ROLLBACK")
    assert companion(copy).stat().st_size > 0
    return copy


def tamper(path: Path, *statements: str) -> None:
    """Change a journal as somebody would who has nothing to fear from its triggers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _name, sql in triggers:
            connection.execute(sql)


def back_up(path: Path, journal: SqliteJournal, at: Timestamp, second: Path) -> Path | None:
    """Make the backup of a day, if there is none, and see to it that `second` has it; return the new one."""
    backup = make_daily(path, journal, at)
    copy_daily(path, second, at)
    return backup


def transactions_of(path: Path) -> int:
    """How many transactions were committed to the file, as it counts them itself."""
    return int.from_bytes(path.read_bytes()[24:28], "big")
