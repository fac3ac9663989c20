"""The preview is the request."""

import json
from base64 import b64encode
from time import perf_counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QScrollArea, QWidget

from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.snippets import Language
from consent_desk.sandbox.project import KEY_ID, SECRET
from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.conftest import OpenAcme, OpenOne
from tests.ui.desks import CANARY, MemoryKeyring, OpenDesk, keep, real

PARTS = ("Request URL", "Authorization header", "Other headers", "Request body")
PAIR = b64encode(f"{KEY_ID}:{SECRET}".encode()).decode()


def body(desk: OpenDesk, *, as_sent: bool) -> str:
    controls.button(desk.window, "As sent").setChecked(as_sent)
    return controls.raw_text(desk.window, "Request body")


def copy(desk: OpenDesk, what: str) -> str:
    menu = desk.window.preview.copy.menu()
    assert menu is not None
    action = next(action for action in menu.actions() if action.text() == what)
    assert action.isEnabled()
    action.trigger()
    return QGuiApplication.clipboard().text()


def copy_as(desk: OpenDesk, language: Language) -> str:
    menu = next(one.menu() for one in desk.window.preview.menu.actions() if one.text() == "Copy as…")
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == language).trigger()
    return QGuiApplication.clipboard().text()


def test_the_request_shows_before_anything_is_typed_and_its_body_with_the_last_field(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    assert controls.raw_text(acme.window, "Request URL") == (
        f"{engagement.project.base_url}/track/v2/projects/{engagement.project.project_token}/customers/events"
    )
    headers = controls.raw_text(acme.window, "Other headers")
    assert headers.splitlines()[:2] == ["Content-Type: application/json", "Accept: application/json"]
    controls.write(acme.window, "Customer ID", "jane@example.com")
    assert body(acme, as_sent=False) == ""
    assert (
        "Categories: Choose the consent category."
        in controls.long_text(acme.window, "Request body").placeholderText()
    )
    controls.choose_category(acme.window, "sms_marketing")
    assert json.loads(body(acme, as_sent=False))["properties"]["category"] == "sms_marketing"
    assert acme.window.preview.stamp.text() == "· timestamp is set when you send"


def test_laid_out_and_as_sent_are_the_same_json(acme: OpenDesk) -> None:
    acme.fill("Jörg <b>&amp;\\ 漢字")
    controls.write(acme.window, "Wording read out", "Dürfen wir?\nJa\u00a0!")
    laid_out, exact = body(acme, as_sent=False), body(acme, as_sent=True)
    assert json.loads(laid_out) == json.loads(exact)
    assert laid_out.count("\n") > 5
    assert exact == json.dumps(json.loads(exact), ensure_ascii=False, separators=(",", ":"))
    assert acme.window.preview.byte_count.text() == f"{len(exact.encode()):,} bytes"


def test_a_no_break_space_that_became_a_space_shows_as_one(acme: OpenDesk) -> None:
    acme.fill()
    controls.paste(acme.window, "Wording read out", "a\u00a0b")
    assert "a\u00a0b" in body(acme, as_sent=True)
    controls.paste(acme.window, "Wording read out", "a b")
    assert "a b" in body(acme, as_sent=True)
    assert "\u00a0" not in body(acme, as_sent=True)


def test_the_stamped_bytes_are_those_that_arrive_and_stay_until_something_is_typed(
    acme: OpenDesk, engagement: Sandbox
) -> None:
    body(acme, as_sent=True)
    acme.fill()
    controls.write(acme.window, "Wording read out", "Ja\u00a0?")
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    acme.wait_for_line("Delivered, checking")
    sent = engagement.received[-1]
    assert body(acme, as_sent=True).encode() == sent.body
    assert acme.window.preview.stamp.text().startswith("· stamped ")
    assert acme.window.preview.stamp.text().endswith(" UTC")
    controls.choose_category(acme.window, "sms_marketing")
    controls.write(acme.window, "Customer ID", "o")
    assert json.loads(body(acme, as_sent=True))["customer_ids"] == {"registered": "o"}


def test_a_time_of_the_past_is_shown_with_its_zone(acme: OpenDesk) -> None:
    acme.fill()
    controls.write(acme.window, "Taken at", "2026-01-05 10:40")
    assert acme.window.preview.stamp.text() == "· taken at 2026-01-05 10:40:00 UTC"


def test_the_headers_that_arrive_are_those_of_the_preview(acme: OpenDesk, engagement: Sandbox) -> None:
    acme.fill()
    shown = acme.window.preview.headers.text().splitlines()
    controls.press(acme.window, "Send")
    acme.wait_for_status("Delivered")
    sent = [f"{name}: {value}" for name, value in engagement.received[-1].headers]
    ours = [line for line in sent if line.split(":")[0] not in {"Host", "Content-Length", "Authorization"}]
    assert sorted(ours) == sorted(shown)
    assert f"Authorization: Basic {PAIR}" in sent


def test_the_key_of_a_real_project_is_nowhere_in_the_window(
    open_desk: OpenOne, keyring: MemoryKeyring, engagement: Sandbox, tmp_path: object, folders: object
) -> None:
    project = real(engagement, secret=Secret(CANARY))
    keep(folders, keyring, project)  # type: ignore[arg-type]  # the fixture's folders
    desk = open_desk(keyring).ready()
    desk.fill()
    pair = b64encode(f"{project.key_id}:{CANARY}".encode()).decode()
    assert controls.raw_text(desk.window, "Authorization header") == "Basic •••••••• (172 characters)"
    controls.press(desk.window, "Send")
    desk.wait_for_status("Not accepted")
    desk.wait_for_line("Refused")
    controls.press(desk.window, "Project settings")
    for what in ("Request body, exact bytes", "URL", "Whole request, without the key"):
        copied = copy(desk, what)
        assert CANARY not in copied
        assert pair not in copied
    said = controls.everything_said(desk.window)
    details = "".join(
        desk.details(tab) for tab in ("Explanation", "Answer", "As received", "Headers", "Request")
    )
    assert CANARY not in said + details
    assert pair not in said + details


def test_the_sandbox_shows_its_published_key_in_full(demo: OpenDesk) -> None:
    assert controls.raw_text(demo.window, "Authorization header") == f"Basic {PAIR}"


def test_changing_from_the_sandbox_to_a_real_project_masks_the_key(acme: OpenDesk) -> None:
    acme.choose_project("Sandbox (practice)")
    acme.bot.waitUntil(lambda: PAIR in controls.raw_text(acme.window, "Authorization header"))
    acme.choose_project("Acme production")
    acme.bot.waitUntil(
        lambda: controls.raw_text(acme.window, "Authorization header") == "Basic •••••••• (172 characters)"
    )
    assert PAIR not in controls.everything_said(acme.window)


def test_copies_are_exact(acme: OpenDesk) -> None:
    acme.fill("Jörg")
    controls.paste(acme.window, "Wording read out", "a\u00a0b\nc")
    exact = body(acme, as_sent=True)
    body(acme, as_sent=False)
    assert copy(acme, "Request body, exact bytes") == exact
    url = controls.raw_text(acme.window, "Request URL")
    assert copy(acme, "URL") == url
    whole = copy(acme, "Whole request, without the key")
    assert whole.startswith(f"POST {url}\nAuthorization: Basic •••••••• (172 characters)\n")
    assert whole.endswith(f"\n\n{exact}")


def test_what_is_selected_is_copied_to_the_character(acme: OpenDesk) -> None:
    acme.fill()
    controls.paste(acme.window, "Wording read out", "a\u00a0b")
    exact = body(acme, as_sent=True)
    shown = controls.long_text(acme.window, "Request body")
    shown.setFocus()
    shown.selectAll()
    shown.copy()
    assert QGuiApplication.clipboard().text() == exact
    body(acme, as_sent=False)
    shown.selectAll()
    shown.copy()
    assert QGuiApplication.clipboard().text() == controls.raw_text(acme.window, "Request body")


def test_what_is_shown_can_be_read_and_not_changed(acme: OpenDesk) -> None:
    acme.fill()
    for name in (*PARTS, "Response details"):
        field = controls.long_text(acme.window, name)
        assert (field.isReadOnly(), field.isEnabled()) == (True, True)


def test_nothing_is_shown_while_no_project_is_usable(open_acme: OpenAcme, keyring: MemoryKeyring) -> None:
    keyring.lines.clear()
    desk = open_acme()
    desk.wait_for_state("does not show them now")
    assert controls.raw_text(desk.window, "Request URL") == ""
    assert not controls.named(desk.window, "Copy", type(desk.window.preview.copy)).isEnabled()


def test_an_empty_form_shows_what_belongs_where_and_none_of_it_is_copied(acme: OpenDesk) -> None:
    shown = controls.long_text(acme.window, "Request body")
    controls.choose_category(acme.window, "")
    for quiet in ("‹customer ID›", "‹category›", "‹set when you send›"):
        assert quiet in shown.placeholderText()
    controls.write(acme.window, "Customer ID", 'Jörg "x"')
    assert '{"registered": "Jörg \\"x\\""}' in shown.placeholderText()
    shown.setFocus()
    shown.selectAll()
    QGuiApplication.clipboard().setText("before")
    shown.copy()
    assert QGuiApplication.clipboard().text() == "before"
    menu = acme.window.preview.menu
    enabled = {action.text() for action in menu.actions() if action.isEnabled() and action.isVisible()}
    assert enabled == {"URL", "Whole request, without the key"}


def test_an_id_of_any_length_makes_no_long_outline(acme: OpenDesk) -> None:
    controls.choose_category(acme.window, "")
    controls.paste(acme.window, "Customer ID", "x" * 16_000)
    assert len(controls.long_text(acme.window, "Request body").placeholderText()) < 1_000


def test_tab_passes_the_parts_by_until_one_of_them_is_chosen(acme: OpenDesk) -> None:
    window, key = acme.window, Qt.Key.Key_Tab
    controls.button(window, "Copy").setFocus()
    acme.key(key)
    assert controls.focused_name(window) not in PARTS
    controls.long_text(window, "Request URL").setFocus(Qt.FocusReason.MouseFocusReason)
    passed = []
    while controls.focused_name(window) in PARTS:
        passed.append(controls.focused_name(window))
        acme.key(key)
    assert passed == [*PARTS]
    controls.button(window, "Copy").setFocus()
    acme.key(key)
    assert controls.focused_name(window) not in PARTS


def test_ctrl_2_leads_to_the_body(acme: OpenDesk) -> None:
    acme.key(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert controls.focused_name(acme.window) == "Request body"


def test_the_pane_is_open_at_first_and_remembers_being_closed(open_acme: OpenAcme) -> None:
    first = open_acme().ready()
    assert controls.named(first.window, "Request body", QWidget).isVisible()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    first.key(Qt.Key.Key_I, both)
    first.bot.waitUntil(lambda: not first.window.preview.isVisible())
    first.window.close()
    second = open_acme().ready()
    assert not second.window.preview.isVisible()
    second.fill()
    second.key(Qt.Key.Key_I, both)
    second.bot.waitUntil(second.window.preview.isVisible)
    assert "sms_marketing" in controls.raw_text(second.window, "Request body")


def test_a_part_without_room_says_how_much_there_is_and_shows_it_when_it_is_chosen(acme: OpenDesk) -> None:
    headers = acme.window.preview.headers
    acme.bot.waitUntil(lambda: headers.toolTip() != "")
    assert headers.accessibleDescription() == headers.text()
    before = headers.height()
    headers.setFocus()
    assert headers.height() == headers.high(5) > before
    assert headers.toolTip() == ""
    controls.named(acme.window, "Customer ID", QWidget).setFocus()
    assert headers.height() == before


def test_in_a_low_window_the_body_is_seen_and_nothing_scrolls_around_it(acme: OpenDesk) -> None:
    acme.fill()
    preview = acme.window.preview
    acme.window.resize(1024, 640)
    acme.bot.waitUntil(lambda: preview.height() < 300)
    assert preview.findChild(QScrollArea) is None
    assert preview.url.height() == preview.url.high(1)
    assert preview.body.height() >= preview.body.high(2)
    preview.url.setFocus()
    assert preview.url.height() == preview.url.high(2)


@pytest.mark.parametrize(
    "text", ["x" * 16_000, "word " * 3_200, "x\n" * 8_000], ids=["one word", "words", "lines"]
)
def test_sixteen_kilobytes_show_at_once(acme: OpenDesk, text: str) -> None:
    acme.fill()
    preview = acme.window.preview
    controls.paste(acme.window, "Wording read out", text)
    for as_sent in (True, False):
        started = perf_counter()
        preview.as_sent.setChecked(as_sent)
        preview.repaint()
        assert perf_counter() - started < 1
    assert len(controls.raw_text(acme.window, "Request body")) > 16_000
