import socket
import subprocess
import sys

import pytest

from consent_desk.engagement.customer_ids import international, is_possible, mail_complaint


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0660 123 45 67", "AT", "+436601234567"),
        ("0660/1234567", "AT", "+436601234567"),
        ("0043 660 1234567", "AT", "+436601234567"),
        ("+43 660 1234567", "", "+436601234567"),
        ("(212) 555-0100", "US", "+12125550100"),
        # Possible by its length, and given out nowhere.
        ("(555) 010-0101", "US", None),
        ("0660 12", "AT", None),
        ("06601234567", "", None),
        ("12", "AT", None),
        ("999999999999999999", "AT", None),
        ("+999 123456789", "AT", None),
        ("4" * 1_000, "AT", None),
        ("06601234567", "??", None),
    ],
)
def test_a_number_is_written_internationally_or_is_none(text: str, country: str, number: str | None) -> None:
    assert international(text, country) == number


@pytest.mark.parametrize(
    ("text", "country", "possible"),
    [("0660 1234567", "AT", True), ("(555) 010-0101", "US", True), ("12", "AT", False), ("0660", "", False)],
)
def test_a_number_may_be_possible(text: str, country: str, possible: bool) -> None:
    assert is_possible(text, country) is possible


@pytest.mark.parametrize("text", ["jane@example.com", "omar@example.org", "jané@exämple.at", "a+b@c.de"])
def test_an_address_that_somebody_may_have_has_no_complaint(text: str) -> None:
    assert mail_complaint(text) is None


@pytest.mark.parametrize("text", ["jane@example", "jane", "jane..x@a.com", "a@b@c.com", "@", "x" * 9_000])
def test_an_address_that_nobody_can_have_has_one(text: str) -> None:
    assert mail_complaint(text)


def test_no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: object, **named: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    assert mail_complaint("jane@no-such-domain-4711.com") is None


def test_the_libraries_load_with_the_first_question_and_dns_never() -> None:
    code = (
        "import sys\n"
        "from consent_desk.engagement.customer_ids import *\n"
        "both = {'phonenumbers', 'email_validator'}\n"
        "assert not both & set(sys.modules)\n"
        "international('1', 'AT')\n"
        "mail_complaint('jane@example.com')\n"
        "assert both <= set(sys.modules) and 'dns' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
