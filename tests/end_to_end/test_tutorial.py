"""The main job from end to end: set up once, send, and send again after a restart."""

import json
from pathlib import Path
from time import time
from uuid import UUID

from consent_desk import __version__
from consent_desk.domain.lifecycle.state import State
from consent_desk.system.account import full_name
from tests.end_to_end.desk import TOKEN, Desk, Engagement, keyring_session, linux, states

pytestmark = linux

PAIR = "a2V5LWlkOnNlY3JldA=="  # key-id:secret


def as_previewed(desk: Desk) -> bytes:
    """The request as the preview shows it, with the key pair in its place."""
    assert desk.text("Authorization header") == f"Basic •••••••• ({len(PAIR)} characters)"
    desk.tell("tick", "As sent")
    lines = (
        f"POST {desk.text('Request URL')}",
        f"Authorization: Basic {PAIR}",
        *desk.text("Other headers").split("\n"),
        "",
        desk.text("Request body"),
    )
    return "\r\n".join(lines).encode()


def as_received(request: bytes, authority: str) -> bytes:
    """A request in the form of the preview, which leaves out Host and Content-Length."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    for line in (f"Host: {authority}", f"Content-Length: {len(body)}"):
        headers.remove(line.encode())
    method, path, version = first.split(b" ")
    assert version == b"HTTP/1.1"
    return b"\r\n".join((b"%s http://%s%s" % (method, authority.encode(), path), *headers, b"", body))


def test_the_tutorials_call_arrives_as_previewed_and_again_after_a_restart(
    home: Path, engagement: Engagement
) -> None:
    project = engagement.project("secret", key_id="key-id")
    authority = project.base_url.authority
    with keyring_session() as session:
        with Desk(home, env=session) as desk:
            desk.wait("Practice", "Practice. Nothing here reaches Engagement.")
            desk.set_up(project, says="saved in GNOME Keyring")
            assert desk.tell("title") == "Consent Desk – Acme production"
            desk.type_tutorial()
            desk.tell("keys", "Ctrl+Return")
            received = engagement.next()
            desk.wait("Receipt", "✓ Delivered — ○ ")
            assert as_received(received, authority) == as_previewed(desk)
            desk.close()

        with Desk(home, env=session) as desk:
            desk.wait("Project state", "key from the keyring")
            assert desk.text("Project") == "Acme production"
            desk.wait("Response log", "Delivered")
            desk.send_tutorial("john@example.com")
            again = engagement.next()
            desk.wait("Receipt", "john@example.com")
            desk.wait("Receipt", "✓ Delivered — ○ ")
            assert as_received(again, authority) == as_previewed(desk)
            assert states(desk.journal) == [State.DELIVERED, State.DELIVERED]
            desk.close()

    head, _, body = as_received(received, authority).decode().partition("\r\n\r\n")
    assert head.split("\r\n") == [
        f"POST http://{authority}/track/v2/projects/{TOKEN}/customers/events",
        f"Authorization: Basic {PAIR}",
        "Content-Type: application/json",
        "Accept: application/json",
        "Accept-Encoding: identity",
        f"User-Agent: consent-desk/{__version__}",
        "Connection: close",
    ]
    first, second = json.loads(body), json.loads(again.partition(b"\r\n\r\n")[2])
    assert body == json.dumps(first, separators=(",", ":"))
    # The tutorial's keys in the tutorial's order, and the number by which it is found again.
    assert list(first) == ["customer_ids", "event_type", "timestamp", "properties"]
    assert first["customer_ids"] == {"registered": "jane@example.com"}
    assert first["event_type"] == "consent"
    assert abs(first["timestamp"] - time()) < 600
    request_id = first["properties"].pop("desk_request_id")
    # Beside them, who recorded it: for a real project that is whoever the operating system names.
    assert first["properties"].pop("desk_agent", "") == full_name()
    assert first["properties"] == {"action": "reject", "category": "sms_marketing"}
    assert second["customer_ids"] == {"registered": "john@example.com"}
    assert second["properties"]["desk_request_id"] != request_id == str(UUID(request_id))
