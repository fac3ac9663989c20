"""Rows read from the pages of an SQLite file directly, without the tree that leads to them.

SQLite gives up where a page of that tree is damaged, and all that lies beyond is out of its reach. Here every
page that is a leaf of a table is read for itself, whatever became of the others. Source: the chapters 1.5,
1.6 and 2.1 of SQLite's "Database File Format".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

Value = int | float | str | bytes | None

_LEAF_OF_TABLE = 0x0D
_USUAL_PAGE = 4096
_FIXED = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""The sizes in bytes of the kinds of integers."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One row as found: its `rowid`, its values, and the numbers of the pages that it lies on."""

    rowid: int
    values: tuple[Value, ...]
    pages: tuple[int, ...]


class _UnreadableError(Exception):
    """A cell makes no sense."""


def read_cells(content: bytes) -> Iterator[Cell]:
    """All rows in the file `content`, of whatever table, page by page. What makes no sense is skipped."""
    # A header that is damaged can say a wrong size, and there is but one that journals are made with.
    sizes = {said for said in (_page_size(content), _USUAL_PAGE) if said}
    found: list[list[Cell]] = [list(_read(_Pages(content, size))) for size in sizes]
    return iter(sorted(found, key=len)[-1])


def _page_size(content: bytes) -> int:
    said = int.from_bytes(content[16:18], "big")
    said = 65_536 if said == 1 else said  # which has no room in two bytes
    return said if content[:16] == b"SQLite format 3\0" and said >= 512 and said & (said - 1) == 0 else 0


def _read(pages: "_Pages") -> Iterator[Cell]:
    for number in range(1, pages.count + 1):
        for start in pages.cells_of(number):
            try:
                yield pages.cell(number, start)
            except (_UnreadableError, IndexError, UnicodeDecodeError, struct.error):
                continue


class _Pages:
    def __init__(self, content: bytes, size: int) -> None:
        self._content = content
        self._size = size  # and no byte of it is set apart: journals are not made so
        self.count = len(content) // size

    def cells_of(self, number: int) -> Iterator[int]:
        """Where the cells of a page begin, none where it is no leaf of a table."""
        page = self._page(number)
        header = 100 if number == 1 else 0
        if page[header] != _LEAF_OF_TABLE:
            return
        count = int.from_bytes(page[header + 3 : header + 5], "big")
        for place in range(header + 8, min(header + 8 + 2 * count, self._size - 1), 2):
            yield int.from_bytes(page[place : place + 2], "big")

    def cell(self, number: int, start: int) -> Cell:
        """The row whose cell begins at `start` of a page."""
        page = self._page(number)
        length, at = _varint(page, start)
        rowid, at = _varint(page, at)
        if not 0 < length <= len(self._content):
            raise _UnreadableError
        local = self._local(length)
        payload = page[at : at + local]
        if len(payload) < local:
            raise _UnreadableError
        pages = [number]
        if local < length:
            follow = int.from_bytes(page[at + local : at + local + 4], "big")
            while len(payload) < length:
                if not 0 < follow <= self.count or follow in pages:
                    raise _UnreadableError
                pages.append(follow)
                more = self._page(follow)
                payload += more[4 : 4 + length - len(payload)]
                follow = int.from_bytes(more[:4], "big")
        return Cell(rowid if rowid < 2**63 else rowid - 2**64, _values(payload), tuple(pages))

    def _page(self, number: int) -> bytes:
        return self._content[(number - 1) * self._size : number * self._size]

    def _local(self, length: int) -> int:
        """How many bytes of a payload lie in the cell itself."""
        most = self._size - 35
        if length <= most:
            return length
        least = (self._size - 12) * 32 // 255 - 23
        size = least + (length - least) % (self._size - 4)
        return size if size <= most else least


def _values(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    if not at <= end <= len(payload):
        raise _UnreadableError
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        size = _FIXED.get(kind, 8 if kind == 7 else max(0, (kind - 12) // 2))
        octets = payload[end : end + size]
        if len(octets) < size or kind in {10, 11}:
            raise _UnreadableError
        values.append(_value(kind, octets))
        end += size
    if end != len(payload):
        raise _UnreadableError
    return tuple(values)


def _value(kind: int, octets: bytes) -> Value:
    if kind == 0:
        return None
    if kind in _FIXED:
        return int.from_bytes(octets, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", octets)[0])
    if kind in {8, 9}:
        return kind - 8
    return octets.decode("utf-8") if kind % 2 else octets


def _varint(octets: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    number = 0
    for place in range(at, at + 8):
        number = number << 7 | octets[place] & 0x7F
        if octets[place] < 0x80:
            return number, place + 1
    return number << 8 | octets[at + 8], at + 9
