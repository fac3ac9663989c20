"""Characters that nobody sees but every server compares."""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

_NAMES = {
    "\r": "a carriage return",
    "\n": "a line break",
    "\t": "a tab",
    "\0": "a NUL character",
    "\u00a0": "a no-break space",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
    "\ufeff": "a byte order mark",
    "\u200b": "a zero-width space",
}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Drawn as nothing or as a gap, although Unicode counts them as letters, marks or symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Joiners and variation selectors are part of the spelling in several scripts, and of emoji. After a plain
# letter they are not: there they only make an ID that looks like another one.
_ATTACHED = frozenset(
    "\u200c\u200d\u180b\u180c\u180d\u180f"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
# What languages need to be written well: spaces of every width, soft hyphens, places to break and not to.
_IN_PROSE = _ATTACHED | frozenset(
    "\u00a0\u00ad\u061c\u1680\u200b\u200e\u200f\u202f\u205f\u2060\u3000"
    + "".join(map(chr, range(0x2000, 0x200B)))
)
_PASSING = re.compile(f"[{''.join(sorted(_IN_PROSE))}]+")
_CLOSED_BY = {
    **dict.fromkeys("\u202a\u202b", "\u202c"),
    **dict.fromkeys("\u2066\u2067\u2068", "\u2069"),
}


def hidden_character(text: str, *, allow: str = "") -> str | None:
    """Name the first character of `text` that cannot be seen or told apart, or None.

    Control, bidi, format and separator characters but the plain space, lone surrogates and
    non-characters; those in `allow` pass.
    """
    rest = text
    for character in allow:
        rest = rest.replace(character, "")
    # Nearly always the whole answer, and fast: text is looked at with every key press.
    if rest.isprintable() and (rest.isascii() or (_BLANK.isdisjoint(rest) and _ATTACHED.isdisjoint(rest))):
        return None
    for before, character in zip(" " + text, text, strict=False):
        if character not in allow and (name := hidden_name(character, before)) is not None:
            return name
    return None


def refused_in_prose(text: str, *, allow: str = "") -> tuple[int, ...]:
    """Where in `text`, which people read, stands what no language needs: controls, halves, non-characters.

    Every kind of space, soft hyphens and joiners pass, and so do direction marks that are closed; overrides,
    which show letters in another order, do not. Those in `allow` pass.
    """
    rest = text
    for character in allow:
        rest = rest.replace(character, "")
    # Fast, as above; and what is printable needs nothing taken out.
    if not rest.isprintable():
        rest = _PASSING.sub("", rest)
    if rest.isprintable() and (rest.isascii() or _BLANK.isdisjoint(rest)):
        return ()
    refused: list[int] = []
    opened: list[tuple[int, str]] = []
    for at, character in enumerate(text):
        if character in _CLOSED_BY:
            opened.append((at, _CLOSED_BY[character]))
        elif opened and opened[-1][1] == character:
            opened.pop()
        elif character not in _IN_PROSE and character not in allow and hidden_name(character) is not None:
            refused.append(at)
    return tuple(sorted((*refused, *(at for at, _ in opened))))


def hidden_name(character: str, before: str = " ") -> str | None:
    """Name `character`, which follows `before`, if it cannot be seen or told apart, else None."""
    if " " <= character <= "~":
        return None
    if character in _NAMES:
        return _NAMES[character]
    code = f"U+{ord(character):04X}"
    if character in _BIDI:
        return f"an invisible direction mark ({code})"
    if character in _ATTACHED:
        return f"an invisible character ({code})" if before <= "~" or before == character else None
    category = unicodedata.category(character)
    if category == "Cs":
        return f"half a character ({code})"
    if category in {"Cc", "Cf", "Zs", "Zl", "Zp"} or character in _BLANK or _is_noncharacter(ord(character)):
        return f"an invisible character ({code})"
    return None


def _is_noncharacter(code: int) -> bool:
    # Unassigned code points pass: they may be next year's emoji. These 66 never will.
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _code(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def cut(text: str, most: int = 60) -> str:
    """`text`, or its first `most` characters: an ID may have sixteen thousand."""
    return text if len(text) <= most else f"{text[:most]}…"


def inert(text: str, most: int = 60) -> str:
    """What somebody else wrote, as a part of a line: its first `most` characters, all of them visible."""
    return visible(" ".join(text[:most].split()))


def visible(text: str, write: Callable[[str], str] = _code) -> str:
    """`text` with every hidden character written out, so that it cannot disguise anything.

    Line breaks and tabs stay. `write` spells a hidden character: as its code, if nothing else is said.
    """
    if hidden_character(text, allow="\n\t") is None:
        return text
    shown = []
    before = " "
    for character in text:
        hidden = character not in "\n\t" and hidden_name(character, before) is not None
        shown.append(write(character) if hidden else character)
        before = " " if hidden else character
    return "".join(shown)


def narrow(text: str) -> str:
    """`text` with accents in one character with their letter, and signs of full or half width made plain."""
    if text.isascii():
        return text
    plain = "".join(
        unicodedata.normalize("NFKC", one)
        if unicodedata.decomposition(one).startswith(("<wide>", "<narrow>"))
        else one
        for one in text
    )
    return unicodedata.normalize("NFC", plain)


def half_written(text: str) -> str | None:
    """The first letter of `text` whose accent stands in a character of its own although one has both."""
    for pair in () if text.isascii() else map("".join, pairwise(text)):
        if len(unicodedata.normalize("NFC", pair)) == 1:
            return pair
    return None
