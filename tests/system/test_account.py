import getpass
import sys

import pytest

from consent_desk.system.account import account_name, full_name

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the account database is that of POSIX")

if sys.platform != "win32":
    import pwd


def entry(name: str, gecos: str) -> "pwd.struct_passwd":
    return pwd.struct_passwd((name, "x", 1000, 1000, gecos, "/", "/bin/sh"))


@pytest.mark.parametrize(
    ("gecos", "name"),
    [
        ("Ada Lovelace,,,", "Ada Lovelace"),
        ("Ada Lovelace", "Ada Lovelace"),
        ("& Lovelace", "Ada Lovelace"),
        ("Jörg Müller,Room 1", "Jörg Müller"),
        ("", "ada"),
        (" ,,,", "ada"),
        ("Ada\u202eecalevoL", ""),
        ("Ada\udce9", ""),
    ],
)
def test_the_agent_is_who_the_account_belongs_to(
    gecos: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda number: entry("ada", gecos))
    assert full_name() == name


def test_the_account_is_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    told = account_name()
    monkeypatch.setenv("LOGNAME", "somebody")
    assert getpass.getuser() == "somebody"
    assert account_name() == told


def test_an_account_that_nobody_knows_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> "pwd.struct_passwd":
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert (account_name(), full_name()) == ("", "")
