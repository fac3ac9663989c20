"""Whatever is pasted: a problem beside the field, or exactly that on the wire, and a window that lives."""

import json
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import OpenDesk, events

ON_THE_WIRE = {
    "Customer ID": lambda body: body["customer_ids"]["registered"],
    "Other category ID": lambda body: body["properties"]["category"],
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


def problem(desk: OpenDesk, name: str) -> str:
    """What stands in red below a field."""
    note = desk.note("Categories" if name == "Other category ID" else name)
    return note if note.startswith("⚠") else ""


def arrives_or_is_refused(desk: OpenDesk, engagement: Sandbox, name: str, text: str) -> None:
    desk.window.consent.forget_all()
    desk.window.consent.offer_id_types(["registered"])
    desk.fill()
    if name == "Other category ID":
        controls.choose_category(desk.window, "")
    controls.paste(desk.window, name, text)
    controls.button(desk.window, "As sent").setChecked(True)
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


@pytest.mark.parametrize("name", ["Customer ID", "Wording read out"])
def test_a_hidden_character_is_named_or_arrives(acme: OpenDesk, engagement: Sandbox, name: str) -> None:
    for character in HIDDEN:
        arrives_or_is_refused(acme, engagement, name, f"jane{character}doe")


@pytest.mark.parametrize("name", ["Customer ID", "Wording read out"])
def test_every_script_arrives_as_it_was_typed(acme: OpenDesk, engagement: Sandbox, name: str) -> None:
    for text in SCRIPTS:
        arrives_or_is_refused(acme, engagement, name, text)
        assert b"jane" in engagement.received[-1].body or name == "Customer ID"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(ON_THE_WIRE)), text=st.text(min_size=1, max_size=40))
@example(name="Wording read out", text="a\r\nb\rc\u2029d")
@example(name="Other category ID", text="SMS_marketing")
def test_any_text_is_refused_or_arrives(acme: OpenDesk, engagement: Sandbox, name: str, text: str) -> None:
    arrives_or_is_refused(acme, engagement, name, text)
