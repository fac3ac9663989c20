from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.errors import (
    DeskError,
    InvalidError,
    JournalError,
    KeyringFailureError,
    NoKeyringError,
)
from consent_desk.domain.message import Message, say


def test_values_fill_the_template() -> None:
    assert str(say("tests", "{count} of {all}").format(count=1, all="two")) == "1 of two"


def test_a_message_can_stand_in_a_message() -> None:
    assert str(
        say("tests", "Not accepted: {why}.").format(
            why=say("tests", "the key {which} is wrong").format(which="A")
        )
    ) == ("Not accepted: the key A is wrong.")


def test_a_message_keeps_template_and_values_apart() -> None:
    message = say("tests", "{template}!").format(template="hello")
    assert (message.template, dict(message.values)) == ("{template}!", {"template": "hello"})
    assert Message("plain") == say("tests", "plain")


@given(st.text() | st.text("{}:!0.[]a"))
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    assert (
        str(say("tests", "<{why}>").format(why=say("tests", "({text})").format(text=text))) == f"<({text})>"
    )


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = JournalError(
        say("tests", "The disk is full."), say("tests", "Free {what}.").format(what="some space")
    )
    assert str(error) == "The disk is full. Free some space."
    assert (error.title, error.advice) == error.args


def test_every_expected_error_is_a_desk_error() -> None:
    for kind in (InvalidError, KeyringFailureError, JournalError, DeskError):
        assert issubclass(kind, DeskError)
    assert issubclass(KeyringFailureError, KeyringFailureError)
    assert issubclass(NoKeyringError, KeyringFailureError)
