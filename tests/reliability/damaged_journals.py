"""Damage a journal in 30 ways, and see how much of it is saved.

    python -m tests.reliability.damaged_journals [CONSENTS] [SEED]

Counted are the rows (of consent, personal, fact, answer and remark) whose pages the damage left alone: of
those at least 99 % must be in the new journal, which must be sound.
"""

import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from consent_desk.domain.backup import Salvage
from consent_desk.journal.head import head_file
from consent_desk.journal.salvage.pages import Cell, read_cells
from consent_desk.journal.salvage.salvage import salvage
from consent_desk.journal.verify import Verdict, verify
from consent_desk.system.atomic_file import companion
from tests.consents import later
from tests.journal.journals import copied, filled

PAGE = 4096
WANTED = 0.99
BLOBS = {"salt", "gone", "content_sha256", "remark_sha256", "chain"}
TABLES = {11: "consent", 9: "personal", 16: "fact", 4: "answer", 3: "remark"}

Damage = Callable[[bytearray, random.Random], None]


def pages_of(content: bytes | bytearray, kinds: set[int]) -> list[int]:
    """The numbers of the pages, from 0, that begin with one of `kinds`; the first page is none of them."""
    return [number for number in range(1, len(content) // PAGE) if content[number * PAGE] in kinds]


def fill_page(number: int, octets: bytes) -> Damage:
    def damage(content: bytearray, _dice: random.Random) -> None:
        content[number * PAGE : (number + 1) * PAGE] = octets

    return damage


def on_pages(kinds: set[int], count: int, spoil: Callable[[random.Random], bytes]) -> Damage:
    """Spoil `count` pages of these kinds, from a place inside the page on."""

    def damage(content: bytearray, dice: random.Random) -> None:
        there = pages_of(content, kinds)
        for number in dice.sample(there, min(count, len(there))):
            octets = spoil(dice)
            start = number * PAGE + (0 if len(octets) == PAGE else dice.randrange(PAGE - len(octets)))
            content[start : start + len(octets)] = octets

    return damage


def cut(share: float, odd: int = 0) -> Damage:
    def damage(content: bytearray, _dice: random.Random) -> None:
        del content[int(len(content) // PAGE * share) * PAGE + odd :]

    return damage


def flipped(count: int) -> Damage:
    def damage(content: bytearray, dice: random.Random) -> None:
        for _ in range(count):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)

    return damage


def swapped(content: bytearray, dice: random.Random) -> None:
    one, other = (number * PAGE for number in dice.sample(pages_of(content, {0x0D}), 2))
    content[one : one + PAGE], content[other : other + PAGE] = (
        content[other : other + PAGE],
        content[one : one + PAGE],
    )


def block(size: int, octet: int) -> Damage:
    def damage(content: bytearray, dice: random.Random) -> None:
        start = dice.randrange(0, len(content) - size, 512)
        content[start : start + size] = bytes([octet]) * size

    return damage


def line_ends(content: bytearray, _dice: random.Random) -> None:
    """As a copy in text mode does it, here to the last tenth; a leaf begins with a carriage return."""
    start = len(content) // 10 * 9
    content[start:] = content[start:].replace(b"\r", b"\n")


ZEROS, ONES = bytes(PAGE), b"\xff" * PAGE
LEAF, INNER, INDEX = {0x0D}, {0x05}, {0x02, 0x0A}
PATTERNS: Mapping[str, Damage] = {
    "header zeroed": lambda content, _dice: content.__setitem__(slice(0, 100), bytes(100)),
    "header random": lambda content, dice: content.__setitem__(slice(0, 100), dice.randbytes(100)),
    "page size wrong": lambda content, _dice: content.__setitem__(slice(16, 18), b"\x20\x00"),
    "first page zeroed": fill_page(0, ZEROS),
    "first page ones": fill_page(0, ONES),
    "all inner pages zeroed": on_pages(INNER, 10**6, lambda _dice: ZEROS),
    "one inner page random": on_pages(INNER, 1, lambda dice: dice.randbytes(PAGE)),
    "all indexes zeroed": on_pages(INDEX, 10**6, lambda _dice: ZEROS),
    "one index page random": on_pages(INDEX, 1, lambda dice: dice.randbytes(PAGE)),
    "one leaf zeroed": on_pages(LEAF, 1, lambda _dice: ZEROS),
    "one leaf random": on_pages(LEAF, 1, lambda dice: dice.randbytes(PAGE)),
    "one leaf ones": on_pages(LEAF, 1, lambda _dice: ONES),
    "three leaves zeroed": on_pages(LEAF, 3, lambda _dice: ZEROS),
    "five leaves random": on_pages(LEAF, 5, lambda dice: dice.randbytes(PAGE)),
    "one sector zeroed": on_pages(LEAF, 1, lambda _dice: bytes(512)),
    "ten sectors zeroed": on_pages(LEAF, 10, lambda _dice: bytes(512)),
    "one sector random": on_pages(LEAF, 1, lambda dice: dice.randbytes(512)),
    "a word in ten leaves": on_pages(LEAF, 10, lambda dice: dice.randbytes(4)),
    "one bit": flipped(1),
    "ten bits": flipped(10),
    "fifty bits": flipped(50),
    "two leaves swapped": swapped,
    "cut to three quarters": cut(0.75),
    "cut to a half": cut(0.5),
    "cut inside a page": cut(0.9, odd=1234),
    "64 KiB zeroed": block(65_536, 0),
    "64 KiB of ones": block(65_536, 0xFF),
    "16 KiB of text": block(16_384, 0x41),
    "line ends converted": line_ends,
    "garbage after the end": lambda content, dice: content.extend(dice.randbytes(3 * PAGE + 7)),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Of `undamaged` rows, on pages left alone, so many are `saved`, most `placed` in the new journal."""

    name: str
    undamaged: int
    saved: int
    placed: int
    salvage: Salvage
    sound: bool

    @property
    def share(self) -> float:
        """The part that was saved."""
        return self.saved / self.undamaged if self.undamaged else 1.0


def key_of(cell: Cell) -> tuple[object, ...] | None:
    """What makes a row known again in a journal that numbers its facts anew: its content."""
    table = TABLES.get(len(cell.values))
    if table is None or (table == "remark" and not isinstance(cell.values[1], bytes)):
        return None
    # Number and chain of a fact change, and an unknown one may come to light again as a number of reals.
    return (table, *(cell.values[1:-1] if table == "fact" else cell.values[1:]))


def keys_in(path: Path) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            (table, *(row[1:-1] if table == "fact" else row[1:]))
            for table in TABLES.values()
            for row in connection.execute(f"SELECT * FROM {table}")
        }


def keys_beside(told: Salvage) -> set[tuple[object, ...]]:
    """The rows that fitted nowhere any more."""
    if not told.rest or told.damaged is None:
        return set()
    lines = told.damaged.with_name(f"{told.damaged.name}.rest.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == told.rest
    found = set()
    for line in lines:
        row = json.loads(line)
        table = row.pop("table")
        blobs = BLOBS | ({"body"} if table in {"personal", "answer"} else set())
        _key, *values = (
            bytes.fromhex(value) if name in blobs and value is not None else value
            for name, value in row.items()
        )
        found.add((table, *(values[:-1] if table == "fact" else values)))
    return found


def run(consents: int, seed: int, patterns: Mapping[str, Damage] = PATTERNS) -> list[Result]:
    """Try each pattern on a journal of so many consents."""
    results = []
    with tempfile.TemporaryDirectory(prefix="consent-desk-") as folder:
        path = Path(folder) / "journal.sqlite"
        filled(path, consents)
        companion(path).unlink(missing_ok=True)
        whole = path.read_bytes()
        cells = [(key, cell.pages) for cell in read_cells(whole) if (key := key_of(cell)) is not None]
        for number, (name, damage) in enumerate(patterns.items()):
            content = bytearray(whole)
            damage(content, random.Random(f"{seed} {name}"))
            copy = copied(path, Path(folder) / str(number))
            copy.write_bytes(content)
            left_alone = {
                page + 1
                for page in range(len(whole) // PAGE)
                if content[page * PAGE : (page + 1) * PAGE] == whole[page * PAGE : (page + 1) * PAGE]
            }
            undamaged = {key for key, pages in cells if left_alone.issuperset(pages)}
            told = salvage(copy, now=lambda: later(100))
            placed = undamaged & keys_in(copy)
            results.append(
                Result(
                    name=name,
                    undamaged=len(undamaged),
                    saved=len(placed | undamaged & keys_beside(told)),
                    placed=len(placed),
                    salvage=told,
                    sound=verify(copy, head_file(copy)).verdict is Verdict.SOUND,
                )
            )
    return results


def main() -> int:
    """Print the figures; return 0 if all are reached."""
    consents = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    results = run(consents, seed)
    for result in results:
        told = result.salvage
        print(
            f"{result.name:<24} {result.saved:>6} of {result.undamaged:>6} rows on undamaged pages "
            f"({result.share:7.2%}), {result.placed} in place; told: {told.consents} consents, "
            f"{told.consents_lost} lost, {told.facts} facts, "
            f"{told.facts_lost} lost{'' if result.sound else '; NOT SOUND'}"
        )
    good = sum(result.share >= WANTED and result.sound for result in results)
    least = min(result.share for result in results)
    print(f"damaged journals: {good} of {len(results)} with 99 % saved; least {least:.2%} (seed {seed})")
    return good < len(results)


if __name__ == "__main__":
    sys.exit(main())
