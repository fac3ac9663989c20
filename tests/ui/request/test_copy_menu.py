"""What a request, or a line of the log, is copied as."""

import pytest
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from consent_desk.domain.wire.request import PublicRequest, noted_request, prepare
from consent_desk.domain.wire.snippets import Language, snippet
from consent_desk.ui.request.copy_menu import CopyMenu
from tests.domain.examples import PROJECT, SECRET, TOKEN, TUTORIAL

BODY = '{"a":"Zoë\u00a0\u2028\\n"}'
NOTED = noted_request(str(PROJECT.base_url), TOKEN, BODY.encode())


@pytest.fixture
def button(qtbot: QtBot) -> QPushButton:
    made = QPushButton()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def menu(button: QPushButton) -> CopyMenu:
    return CopyMenu(button)


def offered(menu: QMenu) -> dict[str, QAction]:
    return {one.text(): one for one in menu.actions() if one.isVisible() and one.isEnabled()}


def code(menu: CopyMenu) -> QMenu:
    inner = next(one.menu() for one in menu.actions() if one.text() == "Copy as…")
    assert isinstance(inner, QMenu)
    inner.aboutToShow.emit()
    return inner


def copied(action: QAction) -> str:
    QGuiApplication.clipboard().clear()
    action.trigger()
    return QGuiApplication.clipboard().text()


def test_a_lines_own_request_is_copied_to_the_byte(menu: CopyMenu) -> None:
    menu.offer(NOTED)
    assert copied(offered(menu)["Request body, exact bytes"]) == BODY
    assert copied(offered(menu)["URL"]) == NOTED.url
    whole = copied(offered(menu)["Whole request, without the key"])
    assert whole.startswith(f"POST {NOTED.url}\nAuthorization: Basic ••••••••\nContent-Type")
    assert whole.endswith(f"\n\n{BODY}")
    assert "All requests, without the key" not in offered(menu)


@pytest.mark.parametrize("language", Language)
def test_it_is_copied_as_code(menu: CopyMenu, language: Language) -> None:
    menu.offer(NOTED)
    assert copied(offered(code(menu))[language]) == snippet(language, NOTED)


def test_no_copy_has_the_key(menu: CopyMenu) -> None:
    request = prepare(PROJECT, TUTORIAL)
    menu.offer(request, (request, request))
    every = {**offered(menu), **offered(code(menu))}
    assert len(every) == 5 + len(Language)
    for action in every.values():
        if action.menu() is None:
            text = copied(action)
            assert text
            assert SECRET not in text
            assert request.authorization.reveal().removeprefix("Basic ") not in text


def test_what_cannot_be_written_as_code_is_not_offered_and_says_why(menu: CopyMenu) -> None:
    menu.offer(noted_request(str(PROJECT.base_url), TOKEN, b'{"a":"\xed\xa0\xbd"}'))
    inner = code(menu)
    assert offered(inner) == {}
    for action, language in zip(inner.actions(), Language, strict=True):
        why = "Not to be written as code: character 7 of the body is half a character (U+D83D)."
        assert action.text() == f"{language}: {why}"
    menu.offer(NOTED)
    assert [*offered(code(menu))] == [*Language]


@pytest.mark.parametrize("request_", [None, noted_request(str(PROJECT.base_url), TOKEN, b"")])
def test_without_a_body_there_is_no_code(menu: CopyMenu, request_: PublicRequest | None) -> None:
    menu.offer(NOTED)
    menu.offer(request_)
    assert {"Request body, exact bytes", "Copy as…"}.isdisjoint(offered(menu))
