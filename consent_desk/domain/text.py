"""Characters that nobody sees but every server compares."""

import unicodedata
from collections.abc import Callable

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
        if character not in allow and (name := _name_if_hidden(before, character)) is not None:
            return name
    return None


def _name_if_hidden(before: str, character: str) -> str | None:
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
        hidden = character not in "\n\t" and _name_if_hidden(before, character) is not None
        shown.append(write(character) if hidden else character)
        before = " " if hidden else character
    return "".join(shown)
