"""Whatever is sent: received as it was, answered in JSON, and the sandbox lives."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, ATTRIBUTES, BATCH, HISTORY, SEED, Client


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(SEED) as sandbox:
        yield sandbox


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
IDS = st.dictionaries(st.text(), VALUES, max_size=2) | st.just({"registered": "jane@example.com"}) | VALUES
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["accept", "reject"]) | VALUES,
        "category": st.just("sms_marketing") | VALUES,
        "valid_until": st.just("unlimited") | VALUES,
    },
)
EVENTS = st.fixed_dictionaries(
    {"customer_ids": IDS, "event_type": st.just("consent") | VALUES, "properties": PROPERTIES | VALUES},
    optional={"timestamp": VALUES},
)
COMMANDS = st.fixed_dictionaries({"name": st.just("customers/events"), "data": EVENTS}) | VALUES
WISHES = st.fixed_dictionaries(
    {"type": st.just("consent"), "mode": st.sampled_from(["valid", "until"]) | VALUES, "category": VALUES}
)
DOCUMENTS = EVENTS | st.fixed_dictionaries(
    {"customer_ids": IDS},
    optional={
        "commands": st.lists(COMMANDS, max_size=3) | VALUES,
        "attributes": st.lists(WISHES | VALUES, max_size=3) | VALUES,
        "event_types": st.just(["consent"]) | VALUES,
        "order": st.sampled_from(["asc", "desc"]) | VALUES,
        "limit": VALUES,
        "skip": VALUES,
    },
)
PATHS = st.sampled_from([ADD, BATCH, ATTRIBUTES, HISTORY])


@given(path=PATHS, body=st.binary(max_size=2000))
def test_any_bytes_are_received_as_sent_and_answered_in_json(
    running: Sandbox, path: str, body: bytes
) -> None:
    reply = Client(running).call("POST", path, body)
    assert running.received[-1].body == body
    assert isinstance(reply.json["success"], bool)


@given(path=PATHS, document=DOCUMENTS)
def test_any_json_is_answered_in_json(running: Sandbox, path: str, document: object) -> None:
    client = Client(running)
    reply = client.call("POST", path, document)
    assert isinstance(reply.json["success"], bool)
    assert reply.status == 200 or reply.json["success"] is False
    # What was stored can be read again.
    assert client.history({"registered": "jane@example.com"}, limit=1000).json["success"] is True
