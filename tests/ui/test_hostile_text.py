"""Whatever is pasted: a problem beside the field, or exactly that on the wire, and a window that lives."""

import json
import re
from time import monotonic

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget

from consent_desk.sandbox.server import Sandbox
from consent_desk.ui.widgets.inputs import CUT, Note
from tests.ui import controls
from tests.ui.desks import OpenDesk, events

ON_THE_WIRE = {
    "Customer ID": lambda body: body["customer_ids"]["registered"],
    "Category": lambda body: body["properties"]["category"],
    "Channel": lambda body: body["properties"].get("desk_channel", ""),
    "Ticket": lambda body: body["properties"].get("desk_ticket", ""),
    "Wording read out": lambda body: body["properties"].get("message", ""),
}
HIDDEN = (
    *("\r", "\n", "\0", "\x1b", "\u00a0", "\u2028", "\u200b"),
    *("\u202e", "\u200f", "\ud800", "\ufeff", "\uffff"),
)
SCRIPTS = (
    *("Jörg Åström", "Иван Петров", "محمد علي", "דוד", "山田太郎", "김철수", "สมชาย", "नमस्ते", "🙂👩‍👩‍👧"),
    *("e\u0301", "a&b <i>c</i>", '"\\/', "{{x}}", "%s%n", "'; --", "=1+1"),
)
PATIENCE = 10.0
"""Seconds for which the window may stand after a megabyte was pasted."""
MEGABYTES = {
    "one word": "x" * 1_000_000,
    "words": "x y " * 250_000,
    "lines": "x\n" * 500_000,
    "another script": "ş" * 1_000_000,
}


def problem(desk: OpenDesk, name: str) -> str:
    """What stands in red below a field."""
    around = controls.named(desk.window, name, QWidget).parentWidget()
    note = None if around is None else around.findChild(Note)
    assert note is not None
    return note.text() if note.isVisible() and note.text().startswith("⚠") else ""


def arrives_or_is_refused(desk: OpenDesk, engagement: Sandbox, name: str, text: str) -> None:
    desk.window.consent.forget_all()
    desk.window.consent.offer_id_types(["registered"])
    desk.fill()
    controls.paste(desk.window, name, text)
    controls.named(desk.window, "As sent", QCheckBox).setChecked(True)
    preview = controls.raw_text(desk.window, "Request body")
    before = len(events(engagement))
    if problem(desk, name):
        assert preview == ""
        assert len(events(engagement)) == before
        return
    controls.press(desk.window, "Send")
    question = desk.window.consent.question
    # Asked in a moment where the same was noted just now.
    desk.bot.waitUntil(lambda: question.is_open or len(events(engagement)) > before, timeout=10_000)
    desk.go_on()
    desk.bot.waitUntil(lambda: len(events(engagement)) > before, timeout=10_000)
    desk.bot.waitUntil(lambda: "Delivered" in desk.status or "Recorded" in desk.status, timeout=10_000)
    sent = events(engagement)[-1].body
    assert controls.raw_text(desk.window, "Request body").encode() == sent
    assert ON_THE_WIRE[name](json.loads(sent)) == as_taken(name, text)
    stamped = re.compile(r'"timestamp":[\d.]+')
    assert stamped.sub("", preview) == stamped.sub("", sent.decode())


def as_taken(name: str, text: str) -> str:
    """`text` as Qt takes it: a multi-line field has one kind of line break."""
    text = re.sub("[\ud800-\udfff]", "", text)
    return re.sub("\r\n|[\r\v\u2028\u2029\ufdd0\ufdd1]", "\n", text) if name == "Wording read out" else text


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_a_hidden_character_is_named_or_arrives(acme: OpenDesk, engagement: Sandbox, name: str) -> None:
    for character in HIDDEN:
        arrives_or_is_refused(acme, engagement, name, f"jane{character}doe")


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\u2028", "\u00a0", "\u202e"], ids=ascii)
def test_no_hidden_character_gets_into_an_id(acme: OpenDesk, character: str) -> None:
    acme.fill()
    controls.paste(acme.window, "Customer ID", f"jane{character}doe")
    assert problem(acme, "Customer ID").startswith("⚠ There is a")


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_every_script_arrives_as_it_was_typed(acme: OpenDesk, engagement: Sandbox, name: str) -> None:
    for text in SCRIPTS:
        arrives_or_is_refused(acme, engagement, name, text)
        assert b"jane" in engagement.received[-1].body or name == "Customer ID"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(ON_THE_WIRE)), text=st.text(min_size=1, max_size=40))
@example(name="Wording read out", text="a\r\nb\rc\u2029d")
@example(name="Category", text="SMS_marketing")
def test_any_text_is_refused_or_arrives(acme: OpenDesk, engagement: Sandbox, name: str, text: str) -> None:
    arrives_or_is_refused(acme, engagement, name, text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "one word") for name in (*ON_THE_WIRE, "Taken at", "Valid until")),
        *(
            (name, kind)
            for name in ("Category", "Wording read out")
            for kind in MEGABYTES
            if kind != "one word"
        ),
    ],
)
def test_a_pasted_megabyte_is_a_problem_and_no_wait(acme: OpenDesk, name: str, kind: str) -> None:
    controls.button(acme.window, "Opt in (accept)").click()
    acme.fill()
    before = monotonic()
    controls.paste(acme.window, name, MEGABYTES[kind])
    QApplication.processEvents()
    acme.window.grab()
    assert monotonic() - before < PATIENCE
    assert problem(acme, name)
    if name != "Wording read out":
        assert controls.line(acme.window, name).text() == f"{MEGABYTES[kind][: 17_000 - len(CUT)]}{CUT}"
    controls.press(acme.window, "Send")
    assert controls.cells(acme.window, 0) == []


def test_a_cut_paste_says_so_where_it_was_cut(acme: OpenDesk) -> None:
    controls.paste(acme.window, "Wording read out", "ş" * 1_000_000)
    assert controls.raw_text(acme.window, "Wording read out").endswith(
        " … (cut here: 1,000,000 characters were pasted)"
    )
