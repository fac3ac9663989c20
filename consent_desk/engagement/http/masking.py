"""Keep a secret out of the answer of a server that echoes it: answers are shown and written down.

What a server makes of a text is undone layer by layer, and each layer is searched for letters and digits
alone. All of it takes time in proportion to the answer, whatever that is: no pattern can go back.
"""

import re
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from consent_desk.domain.wire.project import Secret

NOT_TOLD = "[Not kept by Consent Desk: this is escaped over and over, so it might repeat the API secret.]"

_SHORTEST = 8
"""Characters: what is shorter stands in many an answer by chance."""

_SHORTEST_BARE = 10
"""Letters and digits that are searched for without what stands between them, and in either case."""

_PART = 24
"""So much of them, at either end, is searched for: a server may cut what it repeats."""

_SHORT, _MOST_PLAIN = 64, 256
"""Characters of a text that is remembered to hold no credentials, and how many are."""

_MOST_LAYERS = 12
_PIECE = 16_384

_BARE = re.compile(rb"[0-9A-Za-z]+")
_NOT_BARE = bytes(set(range(256)) - set(b"".join(_BARE.findall(bytes(range(256))))))
_LOWER = bytes(range(256)).lower()
_URL_SAFE = bytes.maketrans(b"+/", b"-_")

_ESCAPE = re.compile(
    rb"\\(?:u(?:\{[0-9A-Fa-f]{1,6}\}|[0-9A-Fa-f]{4})|x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|.)"  # JSON, languages
    rb"|%(?:u[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})"  # URL
    rb"|&(?:#[0-9]{1,9}|#[xX][0-9A-Fa-f]{1,9}|[A-Za-z][0-9A-Za-z]{1,31});?"  # HTML
    rb"|0[xX][0-9A-Fa-f]{2}(?![0-9A-Fa-f])",
    re.DOTALL,
)
_CONTROL = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\n": b""}
_BREAK = re.compile(rb"\r?\n[0-9A-Fa-f]{1,8}(?:;[^\r\n]{0,64})?\r?\n|<[/!A-Za-z][^<>]{0,64}>")
"""What may stand between two pieces of a secret, with letters or digits of its own: a chunk's size, a tag."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A text to be found: its letters and digits in lower case, and what stands before and after these.

    Where these are too few, `bare` is empty, and `text` is searched for as it is.
    """

    text: bytes = b""
    bare: bytes = b""
    before: bytes = b""
    after: bytes = b""


def _wanted(text: bytes, after: bytes = b"") -> _Wanted:
    bare = _bare(text)
    if len(bare) < _SHORTEST_BARE:
        return _Wanted(text=text)
    runs = list(_BARE.finditer(text))
    return _Wanted(bare=bare, before=text[: runs[0].start()], after=text[runs[-1].end() :] + after)


class Echo:
    """Puts asterisks, as many, in the place of an Authorization value's credentials, however written.

    They are the base64 pair and the API secret; each as it is, in hexadecimal digits, or inside a longer
    base64 text; escaped as in JSON, a URL or HTML, also several times over; broken by lines, chunks, tags
    or signs.
    """

    def __init__(self, authorization: Secret) -> None:
        pair = authorization.reveal().partition(" ")[2].encode("utf-8", "surrogatepass")
        try:
            secret = b64decode(pair, validate=True).partition(b":")[2]
        except ValueError:
            secret = b""
        wanted: set[_Wanted] = set()
        for text, after in ((pair.rstrip(b"="), b"=="), (secret, b"")):
            if len(text) < _SHORTEST:
                continue
            known = {text, *_cores(text), text.hex().encode("ascii")}
            # Its own signs may look like an escape, and are undone where others are.
            while (plainer := _undone(text)) not in known:
                known.add(text := plainer)
            known |= {one.translate(_URL_SAFE) for one in known}
            wanted |= {_wanted(one, after) for one in known if len(one) >= _SHORTEST}
        self._wanted = tuple(wanted)
        # Short texts that hold none: the headers of most answers are the same.
        self._plain: set[str] = set()

    def __call__(self, text: str) -> str:
        """`text` without the credentials."""
        if text in self._plain:
            return text
        masked = self.masked(text.encode("utf-8", "surrogatepass"))
        told = NOT_TOLD if masked is None else masked.decode("utf-8", "surrogatepass")
        if told == text and len(text) <= _SHORT and len(self._plain) < _MOST_PLAIN:
            self._plain.add(text)
        return told

    def masked(self, text: bytes) -> bytes | None:
        """`text` without the credentials; None where it cannot be told whether it holds them."""
        layer, shown = text, False
        for _ in range(_MOST_LAYERS):
            shown = shown or any(map(self._is_in, {layer, _BREAK.sub(b"", layer)}))
            plainer = _undone(layer)
            if plainer == layer:
                return self._starred(text) if shown else text
            layer = plainer
        return None

    def _is_in(self, text: bytes) -> bool:
        bare = _bare(text)
        return any(
            one.bare[:_PART] in bare or one.bare[-_PART:] in bare or _begun(bare, one.bare)
            if one.bare
            else one.text in text
            for one in self._wanted
        )

    def _starred(self, text: bytes) -> bytes:
        starred = bytearray(text)
        layer = _Layer.of(text)
        while True:
            joined = layer.replaced(_BREAK, lambda _: b"")
            for seen in (layer, joined) if joined.text != layer.text else (layer,):
                for start, end in self._spans(seen.text):
                    first, last = seen.starts[start], seen.ends[end - 1]
                    starred[first:last] = b"*" * (last - first)
            plainer = layer.replaced(_ESCAPE, _meaning)
            if plainer.text == layer.text:
                return bytes(starred)
            layer = plainer

    def _spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where the credentials stand in `text`."""
        bare, places = _bare(text), array("L")
        for run in _BARE.finditer(text):
            places += _counted(*run.span())
        for one in self._wanted:
            if not one.bare:
                yield from (found.span() for found in re.finditer(re.escape(one.text), text))
                continue
            for first, last in _parts(bare, one.bare):
                yield _widened(text, places[first], places[last - 1] + 1, one)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A text with some escapes undone, and for each byte where its spelling begins and ends in the answer."""

    text: bytes
    starts: "array[int]"
    ends: "array[int]"

    @classmethod
    def of(cls, text: bytes) -> "_Layer":
        return cls(text, _counted(0, len(text)), _counted(1, len(text) + 1))

    def replaced(self, pattern: re.Pattern[bytes], meaning: Callable[[bytes], bytes]) -> "_Layer":
        pieces, starts, ends, done = [], array("L"), array("L"), 0
        for found in pattern.finditer(self.text):
            start, end = found.span()
            meant = meaning(found[0])
            if start > done:
                pieces.append(self.text[done:start])
                starts += self.starts[done:start]
                ends += self.ends[done:start]
            pieces.append(meant)
            for _ in meant:
                starts.append(self.starts[start])
                ends.append(self.ends[end - 1])
            done = end
        pieces.append(self.text[done:])
        return _Layer(b"".join(pieces), starts + self.starts[done:], ends + self.ends[done:])


def _undone(text: bytes) -> bytes:
    """`text` with one layer of escapes undone."""
    return _ESCAPE.sub(lambda found: _meaning(found[0]), text)


@lru_cache(4096)
def _meaning(written: bytes) -> bytes:
    if written[:1] == b"&":
        return unescape(written.decode("ascii")).encode("utf-8", "surrogatepass")
    mark, rest = written[1:2].lower(), written[2:].strip(b"{}")
    if written[:1] == b"%":
        return _character(rest, 16) if mark == b"u" else _byte(written[1:], 16)
    if written[:1] == b"0":
        return _byte(rest, 16)
    if not rest:
        return _CONTROL.get(written[1:], written[1:])
    if mark == b"u":
        return _character(rest, 16)
    return _byte(rest, 16) if mark == b"x" else _byte(written[1:], 8)


def _byte(digits: bytes, base: int) -> bytes:
    return bytes((int(digits, base),))


def _character(digits: bytes, base: int) -> bytes:
    number = int(digits, base)
    return chr(number).encode("utf-8", "surrogatepass") if number <= 0x10FFFF else b""


def _counted(start: int, end: int) -> "array[int]":
    numbers = array("L")
    for first in range(start, end, _PIECE):
        # All at once would keep the window from its thread.
        numbers.extend(range(first, min(first + _PIECE, end)))
    return numbers


def _bare(text: bytes) -> bytes:
    return text.translate(_LOWER, _NOT_BARE)


def _cores(text: bytes) -> Iterator[bytes]:
    """What of `text` in base64 does not depend on what is around it, for each place where it may begin."""
    for before in range(3):
        whole = b64encode(bytes(before) + text)
        bits = 8 * (before + len(text))
        yield whole[-(-8 * before // 6) : bits // 6]


def _parts(text: bytes, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Where `wanted` stands in `text`, or how much of its beginning or its end does where it was cut."""
    yield from _beginnings(text, wanted)
    if size := _begun(text, wanted):
        yield len(text) - size, len(text)
    for start, end in _beginnings(text[::-1], wanted[::-1]):
        yield len(text) - end, len(text) - start


def _beginnings(text: bytes, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Where the beginning of `wanted` stands in `text`, with so much more of it as follows."""
    size = min(_PART, len(wanted))
    end = 0
    while (start := text.find(wanted[:size], end)) >= 0:
        end = start + size
        if text.startswith(wanted, start):
            end = start + len(wanted)
        while end < len(text) and end - start < len(wanted) and text[end] == wanted[end - start]:
            end += 1
        yield start, end


def _begun(text: bytes, wanted: bytes) -> int:
    """So much of the beginning of `wanted` ends `text`: an answer may break off within it."""
    if wanted[:_SHORTEST] not in text[-_PART:]:
        return 0
    for size in range(min(_PART, len(wanted)) - 1, _SHORTEST - 1, -1):
        if text.endswith(wanted[:size]):
            return size
    return 0


def _widened(text: bytes, start: int, end: int, wanted: _Wanted) -> tuple[int, int]:
    """From the letters and digits that were found to the signs before and after them that belong to it."""
    for sign in reversed(wanted.before):
        if not start or text[start - 1] != sign:
            break
        start -= 1
    for sign in wanted.after:
        if end == len(text) or text[end] != sign:
            break
        end += 1
    return start, end
