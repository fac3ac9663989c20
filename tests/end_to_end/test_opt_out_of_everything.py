"""Somebody wants nothing any more: one press opts them out of every category, in the Sandbox."""

import json
from pathlib import Path
from typing import Any

from tests.end_to_end.desk import Desk, linux

pytestmark = linux

CATEGORIES = [
    *("sms_marketing", "newsletter", "personal_offers"),
    *("order_updates", "catalogue_by_post", "partner_offers"),
]


def requests(desk: Desk) -> list[dict[str, Any]]:
    """The bodies as the preview's *Copy* gives all of them."""
    desk.tell("pick", "Copy", "All requests, without the key")
    return [json.loads(line) for line in desk.tell("clipboard")[0].splitlines() if line.startswith("{")]


def test_one_press_opts_out_of_every_category(home: Path) -> None:
    with Desk(home) as desk:
        desk.wait("Practice", "PRACTICE: nothing sent here reaches Engagement")
        desk.type_tutorial()
        desk.wait("Send", "SMS marketing")
        desk.press("Several categories")
        desk.wait("All categories", "All categories")
        desk.press("All categories")
        desk.wait("Category", "6 categories")
        desk.wait("Page of the preview", "1 of 6")
        desk.press("Send")
        desk.wait("Status", "6 opt-outs for jane@example.com, Sandbox: 6 practised.")
        assert desk.text("Category") == "sms_marketing"
        sent = requests(desk)
        lines = desk.wait("Response log", "partner_offers").splitlines()
        desk.tell("end", "close button")
        assert (desk.ended(), desk.said) == (0, "")
    assert [body["properties"]["category"] for body in sent] == CATEGORIES
    assert {body["properties"]["action"] for body in sent} == {"reject"}
    assert len({body["properties"]["desk_request_id"] for body in sent}) == len(CATEGORIES)
    times = [body["timestamp"] for body in sent]
    assert [round((at - times[0]) * 1e6) for at in times] == [*range(len(CATEGORIES))]
    assert [line.split(" | ")[5] for line in reversed(lines)] == CATEGORIES
