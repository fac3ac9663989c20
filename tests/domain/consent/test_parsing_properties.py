import json
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.draft import Draft, Field, FieldKind, PropertyDraft
from consent_desk.domain.consent.parsing import parse, read_value
from consent_desk.domain.consent.values import Consent, PropertyValue, Timestamp
from consent_desk.domain.message import Message
from consent_desk.domain.wire.request import event_body

TUTORIAL = Draft(customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing")
NOW = Timestamp(1_780_000_000_000_000)


def with_properties(*properties: PropertyDraft) -> object:
    draft = replace(TUTORIAL, properties=properties)
    return parse(draft, request_id="0b0e7a0e-0d6c-4a55-8d39-7f7a3c8e7a01", now=NOW, zone=UTC)


def sent(*properties: PropertyDraft) -> str:
    consent = with_properties(*properties)
    assert isinstance(consent, Consent)
    return event_body(consent).decode()


def problems(*properties: PropertyDraft) -> list[tuple[Field, int]]:
    found = with_properties(*properties)
    assert isinstance(found, tuple)
    return [(problem.field, problem.row) for problem in found]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.TEXT, "3", "3"),
        (FieldKind.TEXT, " two\nlines ", " two\nlines "),
        (FieldKind.NUMBER, "3", 3),
        (FieldKind.NUMBER, "3.0", 3.0),
        (FieldKind.NUMBER, "-12.5", -12.5),
        (FieldKind.NUMBER, "0", 0),
        (FieldKind.NUMBER, "9007199254740992", 2**53),
        (FieldKind.YES_NO, "yes", True),
        (FieldKind.YES_NO, "no", False),
    ],
)
def test_text_becomes_a_value_of_its_type(kind: FieldKind, text: str, value: PropertyValue) -> None:
    read = read_value(kind, text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (FieldKind.TEXT, "", "remove this property"),
        (FieldKind.TEXT, "a\x1bb", "U+001B"),
        (FieldKind.TEXT, "x" * 16_384, "too long"),
        (FieldKind.NUMBER, "", "remove this property"),
        (FieldKind.NUMBER, "3,5", "Write 3.5 or 35"),
        (FieldKind.NUMBER, "-1,000", "Write -1.000 or -1000"),
        (FieldKind.NUMBER, "1,000,000", "no number"),
        (FieldKind.NUMBER, "nan", "no number"),
        (FieldKind.NUMBER, "1e3", "no number"),
        (FieldKind.NUMBER, "٣", "no number"),
        (FieldKind.NUMBER, ".5", "no number"),
        (FieldKind.NUMBER, "007", "leading zeros"),
        (FieldKind.NUMBER, "9" * 5_000, "too long"),
        (FieldKind.NUMBER, "9007199254740993", "too large"),
        (FieldKind.NUMBER, "0.1000000000000000055", "too many digits"),
        (FieldKind.YES_NO, "", "Choose yes or no"),
        (FieldKind.YES_NO, "true", "Choose yes or no"),
    ],
)
def test_text_that_is_no_such_value_is_told_what_to_do(kind: FieldKind, text: str, words: str) -> None:
    read = read_value(kind, text)
    assert isinstance(read, Message)
    assert words in str(read)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_is_taken_arrives_as_it_was_typed(number: float) -> None:
    text = f"{number:f}"
    read = read_value(FieldKind.NUMBER, text)
    if not isinstance(read, Message):
        assert f"{json.loads(json.dumps(read)):f}" == text


def test_properties_go_out_typed_and_an_empty_row_is_none() -> None:
    empty = PropertyDraft(kind=FieldKind.NUMBER)
    assert sent(PropertyDraft(), empty) == sent()
    rating, recorded = (
        PropertyDraft("rating", FieldKind.NUMBER, "3.0"),
        PropertyDraft("rec", FieldKind.YES_NO, "no"),
    )
    assert sent(rating, empty, recorded).endswith(',"rating":3.0,"rec":false}}')


def test_each_problem_belongs_to_its_row() -> None:
    assert problems(
        PropertyDraft("", FieldKind.TEXT, "value"),
        PropertyDraft("shop", FieldKind.TEXT, "Wien"),
        PropertyDraft("shop", FieldKind.NUMBER, "x"),
        PropertyDraft("action", FieldKind.TEXT, "accept"),
        PropertyDraft("desk_agent", FieldKind.TEXT, "me"),
    ) == [
        (Field.PROPERTY_NAME, 0),
        (Field.PROPERTY_NAME, 2),
        (Field.PROPERTY_VALUE, 2),
        (Field.PROPERTY_NAME, 3),
        (Field.PROPERTY_NAME, 4),
    ]
