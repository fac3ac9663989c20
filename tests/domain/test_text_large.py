"""What looks at text goes through it but a few times: else these would take minutes and end in a time-out."""

from collections.abc import Callable
from datetime import UTC

import pytest

from consent_desk.domain.consent import ids
from consent_desk.domain.consent import values as rules
from consent_desk.domain.consent.draft import FieldKind
from consent_desk.domain.consent.parsing import read_value
from consent_desk.domain.dates import read_days, read_taken_at, read_valid_until
from consent_desk.domain.log_query import words_of
from consent_desk.domain.text import hidden_character, refused_in_prose, visible
from consent_desk.domain.wire.address import parse_project_token, read_address
from consent_desk.domain.wire.answer import meaning, pretty, read_answer
from tests.domain.examples import NOW

SIZE = 100_000
TEXTS = {
    "words": "a b " * (SIZE // 4),
    "digits, then a letter": "1" * SIZE + "x",
    "spaces, then a letter": " " * SIZE + "x",
    "marks": "\u0301" * SIZE,
    "quotes": '"' * SIZE,
    "brackets": "<" * (SIZE // 2) + ">" * (SIZE // 2),
    "at signs": "@" * SIZE,
    "open isolates": "\u2067" * SIZE,
    "periods": "1." * (SIZE // 2),
    "dashes": "1 - " * (SIZE // 4),
    "Cyrillic in Latin": "a\u0430" * (SIZE // 2),
    "decomposed": "e\u0301" * (SIZE // 2),
    "escapes": "%41" * (SIZE // 3),
    "semicolons": ";" * SIZE,
    "brackets of JSON": "[" * SIZE,
    "arrays": "[" + "[1]," * (SIZE // 4) + "1]",
    "deep arrays": "[" * 900 + "1," * (SIZE // 4) + "1" + "]" * 900,
}
LOOKS: dict[str, Callable[[str], object]] = {
    "phone": lambda text: ids.is_phone_like("phone", text),
    "unwrapped": ids.unwrapped,
    "alternatives": ids.alternatives,
    "difference": lambda text: ids.difference(text, "x"),
    "plainly": ids.plainly,
    "accident": ids.accident,
    "oddity": ids.oddity,
    "ID": rules.complaint_about_id,
    "wording": rules.complaint_about_wording,
    "repair": rules.repair_of_wording,
    "note": rules.repair_of_note,
    "hidden": hidden_character,
    "refused": refused_in_prose,
    "visible": visible,
    "taken at": lambda text: read_taken_at(text, NOW, UTC),
    "valid until": lambda text: read_valid_until(text, NOW, NOW, UTC),
    "days": lambda text: read_days(text, NOW, UTC),
    "number": lambda text: read_value(FieldKind.NUMBER, text),
    "words": words_of,
    "address": read_address,
    "token": parse_project_token,
    "answer": lambda text: read_answer(text.encode()),
    "meaning": lambda text: meaning(400, (), text.encode()),
    "pretty": lambda text: pretty(text.encode()),
}


@pytest.mark.parametrize("look", LOOKS)
def test_no_text_takes_for_ever(look: str) -> None:
    for text in TEXTS.values():
        LOOKS[look](text)
