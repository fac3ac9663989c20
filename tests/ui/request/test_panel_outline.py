"""What an incomplete body shows."""

import json

from consent_desk.domain.consent.draft import Draft
from consent_desk.ui.request.panel import outline


def test_what_lacks_is_named_where_it_belongs() -> None:
    text = outline(Draft(customer_id_type="registered"))
    assert '{"registered": ‹customer ID›}' in text
    assert '"category": ‹category›' in text
    assert '"timestamp": ‹set when you send›' in text
    assert '"action": "reject"' in text


def test_what_there_is_stands_in_its_place() -> None:
    draft = Draft(customer_id_type="phone", customer_id='"+1', category="a", categories=("b", "c"))
    text = outline(draft).replace("‹set when you send›", "0")
    assert json.loads(text)["customer_ids"] == {"phone": '"+1'}
    assert json.loads(text)["properties"] == {"action": "reject", "category": "b"}


def test_what_nobody_sees_is_seen_and_long_texts_are_cut() -> None:
    text = outline(Draft(customer_id_type="registered", customer_id="a\u202eb\nc" + "x" * 20_000))
    assert "\\u{202e}" in text
    assert len(text) < 600
    assert text.count("\n") == 8
