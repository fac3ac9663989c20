from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_desk.domain.consent import values as rules
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import (
    FIRST_MILLISECOND,
    VALUE_LIMIT,
    Consent,
    CustomerId,
    Repair,
    Timestamp,
    ValidUntil,
    ends_after,
)
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.message import Message
from consent_desk.domain.wire.request import event_body
from tests.domain.examples import (
    ANY_TEXT,
    HIDDEN_IN_NAMES,
    HIDDEN_IN_NOTES,
    HIDDEN_IN_PROSE,
    LINES,
    NEEDED,
    REQUEST_ID,
    TUTORIAL,
    TUTORIAL_TIME,
)

LAST = 2**33 * 1_000_000 - 1
TUTORIAL_SECONDS = 1_620_139_769
OPT_IN = replace(TUTORIAL, action=Action.ACCEPT, valid_until=ValidUntil())


@pytest.mark.parametrize("micros", [0, -1, LAST + 1, TUTORIAL_SECONDS * 1_000 * 1_000_000])
def test_an_implausible_time_cannot_be_built(micros: int) -> None:
    with pytest.raises(InvalidError, match="no plausible time"):
        Timestamp(micros)


def test_a_whole_second_is_an_integer_on_the_wire() -> None:
    assert repr(TUTORIAL_TIME.seconds) == "1620139769"


@given(st.integers(1, LAST))
@example(1)
@example(LAST)
@example(1_620_139_769_000_001)
@example(1_620_139_769_100_000)
def test_a_timestamp_on_the_wire_is_exact(micros: int) -> None:
    seconds = Timestamp(micros).seconds
    assert Decimal(repr(seconds)) * 1_000_000 == micros
    assert isinstance(seconds, int) == (micros % 1_000_000 == 0)
    exponent = Decimal(repr(seconds)).as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent >= -6


@pytest.mark.parametrize("seconds", [0, -1, FIRST_MILLISECOND, TUTORIAL_SECONDS * 1_000])
def test_an_implausible_end_cannot_be_built(seconds: int) -> None:
    with pytest.raises(InvalidError, match="no time in seconds"):
        ValidUntil(seconds)


def test_the_end_on_the_wire_is_the_word_or_the_seconds_and_unlimited_ends_after_any_time() -> None:
    assert ValidUntil().wire == "unlimited"
    assert ValidUntil(TUTORIAL_SECONDS).wire == TUTORIAL_SECONDS
    assert ends_after(ValidUntil(), Timestamp(LAST))


@given(st.integers(1, FIRST_MILLISECOND - 1), st.integers(1, LAST))
def test_an_end_is_after_a_time_as_exact_numbers_are(seconds: int, micros: int) -> None:
    assert ends_after(ValidUntil(seconds), Timestamp(micros)) == (seconds > Decimal(micros) / 1_000_000)


# ------------------------------------------------------------------------------------------- customer ID


@pytest.mark.parametrize("value", ["null", "undefined", "", "---", "@.", "   ", "😀", "_", "…"])
def test_an_id_that_engagement_does_not_take_cannot_be_built(value: str) -> None:
    with pytest.raises(InvalidError):
        CustomerId(type="registered", value=value)


@pytest.mark.parametrize(
    "value", ["Null", "nullable", "0", "é", "名前", "+49 30 1", "a'b\"c\\d", "{jane}", "٣"]
)
def test_any_other_id_is_kept_as_it_is(value: str) -> None:
    assert CustomerId(type="registered", value=value).value == value


@pytest.mark.parametrize(
    ("id_type", "value", "words"),
    [
        *((id_type, "jane", "Choose the kind of customer ID") for id_type in ("", " ", "\t")),
        *(("registered", value, "space at the beginning or the end") for value in (" jane", "jane ")),
    ],
)
def test_an_id_has_a_type_and_no_spaces_around(id_type: str, value: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        CustomerId(type=id_type, value=value)


def test_neither_an_id_nor_its_type_holds_a_hidden_character() -> None:
    for one in HIDDEN_IN_NAMES.values():
        for id_type, value in (("registered", f"jane{one}doe"), (f"regis{one}tered", "jane")):
            with pytest.raises(InvalidError, match="Delete it"):
                CustomerId(type=id_type, value=value)


# ---------------------------------------------------------------------------------------------- the whole


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": "accept"}, "neither accept nor reject"),
        ({"action": None}, "neither accept nor reject"),
        ({"valid_until": ValidUntil()}, "an opt-out has none"),
        ({"action": Action.ACCEPT}, "An opt-in needs an end"),
        ({"action": Action.ACCEPT, "valid_until": ValidUntil(TUTORIAL_SECONDS)}, "end before it began"),
        ({"timestamp": Timestamp(TUTORIAL_TIME.micros + 1)}, "in the future"),
        ({"request_id": ""}, "no UUID"),
        ({"request_id": REQUEST_ID.upper()}, "no UUID"),
        ({"request_id": f"{REQUEST_ID}\n"}, "no UUID"),
        ({"category": ""}, "Choose the consent category"),
        ({"category": " sms_marketing"}, "space at the beginning"),
    ],
)
def test_an_invalid_consent_cannot_be_built(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        replace(TUTORIAL, **changes)


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ((("", "x"),), "Enter the property's name."),
        ((("two\nlines", "x"),), "Delete it."),
        ((("action", "accept"),), "a meaning of its own"),
        ((("desk_agent", "x"),), "a meaning of its own"),
        ((("store", "x"), ("store", "y")), "stands there twice"),
        ((("store", "x" * 16 * 1024),), "too long"),
        ((("store", "\u202e"),), "Delete it."),
        ((("rate", float("nan")),), "This is no number"),
        ((("count", 2**53 + 1),), "too large"),
    ],
)
def test_a_further_property_that_engagement_would_misread_cannot_be_built(
    properties: tuple[tuple[str, Any], ...], words: str
) -> None:
    with pytest.raises(InvalidError, match=words):
        replace(TUTORIAL, properties=properties)


def test_further_properties_have_any_other_name_and_the_types_of_json() -> None:
    properties = (("store", "Graz"), ("count", 2**53), ("rate", -0.5), ("vip", True), ("empty", ""))
    assert replace(TUTORIAL, properties=properties).properties == properties


def test_an_opt_in_that_holds_for_a_second_can_be_built() -> None:
    assert replace(OPT_IN, valid_until=ValidUntil(TUTORIAL_SECONDS + 1)).action is Action.ACCEPT


def test_a_consent_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        TUTORIAL.category = "other"  # type: ignore[misc]  # the attempt is the subject


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("category", HIDDEN_IN_NAMES),
        *((name, HIDDEN_IN_NOTES) for name in ("channel", "ticket", "agent")),
        *((name, HIDDEN_IN_PROSE) for name in ("wording", "properties")),
    ],
)
def test_nothing_holds_what_no_language_needs(name: str, hidden: Mapping[str, str]) -> None:
    for character in hidden.values():
        text = f"a{character}b"
        changes: dict[str, Any] = {name: (("store", text),) if name == "properties" else text}
        with pytest.raises(InvalidError, match="Delete it"):
            replace(TUTORIAL, **changes)


@pytest.mark.parametrize("character", NEEDED.values(), ids=NEEDED)
def test_what_languages_need_is_kept_to_the_byte(character: str) -> None:
    text = f"a{character}b"
    properties = (("store", text),)
    noted = replace(TUTORIAL, wording=text, ticket=text, channel=text, agent=text, properties=properties)
    assert noted.wording == noted.ticket == noted.channel == noted.agent == text
    assert f'"message":"{text}"'.encode() in event_body(noted)
    assert f'"desk_ticket":"{text}"'.encode() in event_body(noted)
    assert f'"store":"{text}"'.encode() in event_body(noted)


@pytest.mark.parametrize(
    "text",
    [
        *("\u202b\u05d0 (a) b\u202c", "\u2067\u05d0\u2069 and \u2066c\u2069", "\u2068a\u202ab\u202cc\u2069"),
        "a\u200f!",
    ],
    ids=ascii,
)
def test_direction_marks_that_are_closed_are_kept(text: str) -> None:
    assert replace(TUTORIAL, wording=text, ticket=text).wording == text


@pytest.mark.parametrize(
    "text",
    [
        *("\u202ba", "a\u202c", "\u2067a\u202c", "\u2069a\u2067", "\u202ea\u202c", "\u202da"),
        "\u2066\u202aa\u2069\u202c",
    ],
    ids=ascii,
)
def test_direction_marks_that_are_open_or_override_are_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="direction mark"):
        replace(TUTORIAL, wording=text)


@pytest.mark.parametrize("character", LINES.values(), ids=LINES)
def test_a_wording_has_lines(character: str) -> None:
    wording = f" Do you agree?{character}{character}– 10\u00a0% off{character}"
    assert replace(TUTORIAL, wording=wording).wording == wording


# ----------------------------------------------------------------------------------------------- repairs


WORDING = rules.repair_of_wording, rules.complaint_about_wording
NOTE = rules.repair_of_note, rules.complaint_about_note
Rules = tuple[Callable[[str], Repair | None], Callable[[str], Message | None]]


@pytest.mark.parametrize(
    ("of", "text", "repair"),
    [
        *((of, text, None) for of in (WORDING, NOTE) for text in ("", "T-1")),
        (WORDING, "a\u3000b", None),
        (WORDING, "a\0b", Repair(1, "ab")),
        (WORDING, "\u202ea\u202c\x1b", Repair(0, "a")),
        (WORDING, "a\n\ud800\u2067b", Repair(2, "a\nb")),
        (WORDING, "\0" * VALUE_LIMIT, None),
        (NOTE, "T\n1", Repair(1, "T1")),
        (NOTE, " T-1", Repair(0, "T-1")),
        (NOTE, "T-1\u3000", Repair(3, "T-1")),
        (NOTE, " \0T-1 ", Repair(1, "T-1")),
        (NOTE, " " * VALUE_LIMIT, Repair(0, "")),
        (NOTE, " " + "x" * VALUE_LIMIT, None),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, str) else None,
)
def test_what_is_refused_is_found_and_left_out(of: Rules, text: str, repair: Repair | None) -> None:
    mend, complaint = of
    assert mend(text) == repair
    assert repair is None or complaint(repair.text) is None


@given(ANY_TEXT)
def test_what_is_mended_is_taken(text: str) -> None:
    for mend, complaint in (WORDING, NOTE):
        assert (mend(text) is None) == (complaint(text) is None)
        if (repair := mend(text)) is not None:
            assert complaint(repair.text) is None


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
@pytest.mark.parametrize("name", ["category", "channel", "ticket", "agent", "wording"])
def test_a_value_is_shorter_than_16_kb_of_utf_8(name: str, letter: str) -> None:
    size = len(letter.encode())
    most: dict[str, Any] = {name: letter * ((VALUE_LIMIT - 1) // size)}
    assert replace(TUTORIAL, **most) != TUTORIAL
    too_long: dict[str, Any] = {name: letter * (VALUE_LIMIT // size)}
    with pytest.raises(InvalidError, match=r"16,384 bytes is too long"):
        replace(TUTORIAL, **too_long)


@given(ANY_TEXT)
@example("a" * (VALUE_LIMIT - 1))
def test_what_is_not_complained_about_can_be_built(text: str) -> None:
    if rules.complaint_about_id(text) is None:
        assert CustomerId(type="registered", value=text).value == text
    else:
        with pytest.raises(InvalidError):
            CustomerId(type="registered", value=text)
    for name, complaint in (
        ("category", rules.complaint_about_category(text)),
        ("ticket", rules.complaint_about_note(text)),
        ("wording", rules.complaint_about_wording(text)),
    ):
        changes: dict[str, Any] = {name: text}
        if complaint is None:
            assert isinstance(replace(TUTORIAL, **changes), Consent)
        else:
            assert str(complaint)
            with pytest.raises(InvalidError):
                replace(TUTORIAL, **changes)
