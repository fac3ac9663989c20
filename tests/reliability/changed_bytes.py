"""Change single bytes inside the rows of a journal, and see that `verify` finds each one.

    python -m tests.reliability.changed_bytes [TRIALS] [SEED]

A journal of 60 consents in all states, one of them erased; for each trial one byte of one row of any table,
headers and overflow pages included, becomes another one. A change after which every row still reads the same
is no trial (SQLite knows several spellings of a null): those are counted apart.
"""

import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from consent_desk.domain.consent.values import CustomerId
from consent_desk.journal.head import head_file
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.salvage.pages import _Pages, _varint
from consent_desk.journal.verify import Verdict, verify
from tests.consents import a_project, later
from tests.journal.journals import filled


def places(content: bytes) -> Iterator[range]:
    """The bytes of the rows: of each cell its own, and of each of its overflow pages those in use."""
    pages = _Pages(content, 4096)
    for number in range(1, pages.count + 1):
        for start in pages.cells_of(number):
            page = pages._page(number)
            begin = (number - 1) * 4096
            length, at = _varint(page, start)
            _rowid, at = _varint(page, at)
            local = pages._local(length)
            yield range(begin + start, begin + at + local)
            left = length - local
            for follow in pages.cell(number, start).pages[1:]:
                yield range((follow - 1) * 4096 + 4, (follow - 1) * 4096 + 4 + min(left, 4092))
                left -= 4092


def rows(path: Path) -> list[tuple[object, ...]]:
    """All that the journal says to somebody who reads it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = ("journal", "consent", "personal", "fact", "answer", "remark", "standing", "sought")
        return [
            row
            for table in (*tables, "sqlite_sequence")
            for row in connection.execute(f"SELECT * FROM {table}")
        ]


def run(trials: int, seed: int) -> tuple[list[str], int]:
    """Return a line for each change that was not found, and how many changes changed nothing."""
    dice = random.Random(seed)
    missed: list[str] = []
    without_meaning = done = 0
    with tempfile.TemporaryDirectory(prefix="consent-desk-") as folder:
        path = Path(folder) / "journal.sqlite"
        filled(path, 60)
        with closing(SqliteJournal.open(path)) as journal:
            erased = CustomerId(type="registered", value="customer-3@example.com")
            assert journal.erase(a_project().id, erased, b"k" * 32, later(9)) == 1
        assert verify(path).verdict is Verdict.SOUND
        whole, said = path.read_bytes(), rows(path)
        ranges = list(places(whole))
        weights = [len(each) for each in ranges]
        changed = Path(folder) / "changed.sqlite"
        while done < trials:
            place = dice.choice(dice.choices(ranges, weights)[0])
            content = bytearray(whole)
            content[place] ^= dice.randrange(1, 256)
            changed.write_bytes(content)
            done += 1
            if verify(changed, head_file(path)).verdict is not Verdict.SOUND:
                continue
            if rows(changed) == said:
                done -= 1
                without_meaning += 1
            else:
                missed.append(f"byte {place}: {whole[place]:#04x} became {content[place]:#04x}")
    return missed, without_meaning


def main() -> int:
    """Print the figure; return 0 if every change was found."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    missed, without_meaning = run(trials, seed)
    print(
        f"changed bytes inside rows: {trials - len(missed)} of {trials} found "
        f"(seed {seed}; {without_meaning} more changed nothing that is read)"
    )
    for line in missed:
        print(line)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
