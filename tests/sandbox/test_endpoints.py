"""The endpoints of the reference's section 4, over real sockets."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.category import read_categories
from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.request import PreparedRequest, prepare, prepare_history, prepare_system_time
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, BASIC, BATCH, CATEGORIES, HISTORY, JANE, SEED, TIME, Client, Reply
from tests.sandbox.conftest import Clock

EVENT = {
    "customer_ids": JANE,
    "event_type": "consent",
    "timestamp": 1_620_139_769,
    "properties": {"action": "reject", "category": "sms_marketing"},
}
ACCEPTED = {"success": True, "errors": []}
NEW = {"registered": "new@example.com"}


@pytest.fixture
def late(clock: Clock) -> Iterator[Client]:
    """A client of a sandbox whose writes become visible after 5 seconds."""
    with Sandbox(SEED, delay=5.0, now=clock) as sandbox:
        yield Client(sandbox)


def call(client: Client, request: PreparedRequest) -> Reply:
    path = request.url.removeprefix(f"http://127.0.0.1:{client.port}")
    headers = {"Authorization": request.authorization.reveal(), **dict(request.headers)}
    return client.call(request.method, path, request.body, headers=headers)


def consent(action: Action, micros: int) -> Consent:
    return Consent(
        request_id=str(uuid4()),
        customer=CustomerId(type="registered", value="jane@example.com"),
        category="sms_marketing",
        action=action,
        valid_until=ValidUntil() if action is Action.ACCEPT else None,
        timestamp=Timestamp(micros),
        noted_at=Timestamp(micros),
    )


def test_system_time_is_the_sandbox_clock(client: Client) -> None:
    reply = client.call("GET", TIME)
    assert (reply.status, reply.json) == (200, {"success": True, "errors": [], "time": 1_700_000_000.25})


def test_the_tutorial_case_is_accepted_and_opts_jane_out(client: Client, clock: Clock) -> None:
    assert client.read(JANE, "sms_marketing", "valid") == [True]
    reply = client.call("POST", ADD, EVENT | {"timestamp": clock.time})
    assert (reply.status, reply.json) == (200, ACCEPTED)
    assert client.read(JANE, "sms_marketing", "valid") == [False]


def test_what_the_desk_prepares_is_received_byte_for_byte_and_judged_delivered(
    sandbox: Sandbox, client: Client, clock: Clock
) -> None:
    request = prepare(sandbox.project, consent(Action.REJECT, int(clock.time * 1_000_000)))
    reply = call(client, request)
    assert sandbox.received[-1].body == request.body
    assert sandbox.received[-1].header("authorization") == BASIC
    answered = Answered(status=reply.status, headers=tuple(reply.headers.items()), body=reply.body)
    assert judge(answered, Action.REJECT, practice=True).state is State.DELIVERED


def test_the_desk_reads_back_what_it_wrote(sandbox: Sandbox, client: Client, clock: Clock) -> None:
    written = consent(Action.ACCEPT, int(clock.time * 1_000_000))
    call(client, prepare(sandbox.project, written))
    seen = call(client, prepare_history(sandbox.project, written.customer, limit=1)).json["data"]
    assert [event["properties"]["desk_request_id"] for event in seen] == [written.request_id]
    assert call(client, prepare_system_time(sandbox.project)).status == 200


def test_categories_are_those_of_the_seed_and_one_is_not_meant_for_this_api(client: Client) -> None:
    reply = client.call("GET", CATEGORIES)
    assert reply.json == {"success": True, "results": SEED["categories"]}
    categories = read_categories(reply.body) or ()
    assert {category.id: category.label for category in categories}["sms_marketing"] == "SMS marketing"
    assert [each.id for each in categories if not each.by_private_api] == ["catalogue_by_post"]


NOW = 1_700_000_000
NOTHING = dict.fromkeys(("timestamp", "until", "source", "message"))
KOFI = {"registered": "kofi.mensah@example.org"}


@pytest.mark.parametrize(
    ("customer", "category", "told"),
    [
        (JANE, "sms_marketing", {"valid": True, "timestamp": NOW - 412 * 86_400, "until": "unlimited"}),
        (JANE, "sms_marketing", {"source": "page", "message": "Yes, send me offers by text message."}),
        (JANE, "newsletter", {"until": "unlimited", "valid": True}),
        (
            JANE,
            "partner_offers",
            {"valid": False} | NOTHING,
        ),
        ({"phone": "+15550100102"}, "newsletter", {"valid": True, "until": NOW + 640 * 86_400}),
        (KOFI, "personal_offers", {"valid": False}),
    ],
    ids=["two modes", "texts", "another order", "no events", "an end", "expired"],
)
def test_the_modes_of_a_consent_read_the_last_event_in_the_order_asked_for(
    client: Client, customer: object, category: str, told: dict[str, object]
) -> None:
    assert client.read(customer, category, *told) == [*told.values()]


def test_an_opt_in_whose_end_has_passed_is_not_valid(client: Client, clock: Clock) -> None:
    client.add(JANE, action="accept", category="sms_marketing", valid_until=int(clock.time) + 60)
    assert client.read(JANE, "sms_marketing", "valid") == [True]
    end = int(clock.time) + 60
    clock.time += 61
    assert client.read(JANE, "sms_marketing", "valid", "until") == [False, end]


def test_the_last_event_by_timestamp_rules(client: Client, clock: Clock) -> None:
    client.add(JANE, clock.time, action="reject", category="newsletter")
    client.add(JANE, clock.time - 1, action="accept", category="newsletter", valid_until="unlimited")
    assert client.read(JANE, "newsletter", "valid") == [False]


@pytest.mark.parametrize(
    "properties",
    [
        {"action": "Accept", "valid_until": "unlimited"},
        {"action": "subscribe", "valid_until": "unlimited"},
        {"action": "accept"},
        {"action": "accept", "valid_until": None},
        {"action": "accept", "valid_until": True},
        {"action": "accept", "valid_until": "1800000000"},
        {"action": "accept", "valid_until": 1_800_000_000_000},
        {"action": "accept", "valid_until": 1},
        {"valid_until": "unlimited"},
    ],
)
def test_a_bad_consent_event_is_accepted_and_revokes(client: Client, properties: dict[str, object]) -> None:
    assert client.add(JANE, category="newsletter", **properties).json == ACCEPTED
    until = properties.get("valid_until")
    assert client.read(JANE, "newsletter", "valid", "until") == [False, until]


@pytest.mark.parametrize("until", ["unlimited", 1_900_000_000, 5, None])
def test_an_opt_out_shows_the_end_that_it_names(client: Client, until: object) -> None:
    named = {} if until is None else {"valid_until": until}
    client.add(JANE, action="reject", category="newsletter", **named)
    assert client.read(JANE, "newsletter", "valid", "until") == [False, until]


def test_a_timestamp_in_milliseconds_revokes_and_goes_on_ruling(client: Client, clock: Clock) -> None:
    accept = {"action": "accept", "category": "newsletter", "valid_until": "unlimited"}
    assert client.add(JANE, int(clock.time * 1000), **accept).json == ACCEPTED
    client.add(JANE, clock.time, **accept)
    assert client.read(JANE, "newsletter", "valid") == [False]


def test_properties_that_are_none_are_accepted_and_change_no_category(client: Client) -> None:
    assert client.call("POST", ADD, EVENT | {"properties": [1, 2]}).json == ACCEPTED
    assert client.read(JANE, "sms_marketing", "valid") == [True]


def test_an_event_without_a_timestamp_gets_the_time_of_its_arrival(client: Client, clock: Clock) -> None:
    client.add(JANE, action="reject", category="newsletter")
    assert client.read(JANE, "newsletter", "timestamp") == [clock.time]


def test_an_unknown_customer_is_created(client: Client) -> None:
    assert client.history(NEW).status == 404
    assert client.add(NEW, action="reject", category="newsletter").json == ACCEPTED
    assert len(client.history(NEW).json["data"]) == 1


def test_hard_ids_are_case_sensitive(client: Client) -> None:
    assert client.history({"registered": "Jane@example.com"}).status == 404


def test_all_ids_of_a_customer_lead_to_the_same_history(client: Client) -> None:
    client.add({"registered": "jane@example.com", "loyalty": "L-1"}, action="reject", category="newsletter")
    histories = [client.history(ids).body for ids in (JANE, {"phone": "+15550100101"}, {"loyalty": "L-1"})]
    assert histories[0] == histories[1] == histories[2]


def test_consent_events_are_never_de_duplicated(client: Client) -> None:
    before = len(client.history(JANE).json["data"])
    client.call("POST", ADD, EVENT)
    client.call("POST", ADD, EVENT)
    assert len(client.history(JANE).json["data"]) == before + 2


def test_a_write_and_the_customer_that_it_makes_are_visible_only_after_the_delay(
    late: Client, clock: Clock
) -> None:
    for customer in (JANE, NEW):
        late.add(customer, action="reject", category="sms_marketing")
    reply = late.history(NEW)
    assert (reply.status, reply.json["errors"]) == (404, {"_global": ["Customer does not exist"]})
    assert late.read(JANE, "sms_marketing", "valid") == [True]
    clock.time += 5
    assert late.read(JANE, "sms_marketing", "valid") == [False]
    assert late.history(NEW).status == 200


def test_history_holds_what_was_sent_and_the_platforms_own_source(client: Client) -> None:
    client.call("POST", ADD, EVENT | {"customer_ids": NEW})
    properties = {"action": "reject", "category": "sms_marketing", "source": "private_api"}
    event = {"type": "consent", "timestamp": 1_620_139_769, "properties": properties}
    assert client.history(NEW).json == {"success": True, "data": [event]}


def test_history_is_ordered_and_paged(client: Client) -> None:
    for timestamp in (30, 10, 20):
        client.add(NEW, timestamp, action="reject", category="newsletter")

    def timestamps(**more: object) -> list[float]:
        return [event["timestamp"] for event in client.history(NEW, **more).json["data"]]

    assert timestamps() == timestamps(order="asc") == [10, 20, 30]
    assert timestamps(order="desc") == [30, 20, 10]
    assert timestamps(order="desc", limit=2) == [30, 20]
    assert timestamps(order="desc", limit=2, skip=2) == [10]
    assert timestamps(skip=3) == []


@pytest.mark.parametrize(
    ("name", "value"), [("order", "up"), ("limit", -1), ("limit", "5"), ("limit", True), ("skip", 0.5)]
)
def test_history_refuses_an_unusable_page(client: Client, name: str, value: object) -> None:
    reply = client.history(JANE, **{name: value})
    assert (reply.status, list(reply.json["errors"])) == (400, [name])


def test_a_batch_answers_in_the_order_of_its_commands(client: Client) -> None:
    commands: list[object] = [
        {"name": "customers/events", "command_id": str(at), "data": EVENT | {"customer_ids": ids}}
        for at, ids in enumerate((NEW, {}, {"registered": "null"}))
    ]
    commands += [{"name": "customers", "command_id": "3", "data": {}}, "nothing"]
    reply = client.call("POST", BATCH, {"commands": commands})
    assert reply.status == 200
    assert reply.json["success"] is True
    assert reply.json["start_time"] <= reply.json["end_time"]
    assert reply.json["results"] == [
        {"success": True},
        {"success": False, "errors": ["At least one id should be specified."]},
        {"success": False, "errors": ["At least one valid id should be specified"]},
        {"success": False, "errors": ["Unknown command."]},
        {"success": False, "errors": ["Unknown command."]},
    ]
    assert len(client.history(NEW).json["data"]) == 1


def test_a_batch_of_fifty_is_taken_and_one_of_fifty_one_is_not(client: Client) -> None:
    command = {"name": "customers/events", "command_id": "0", "data": EVENT | {"customer_ids": NEW}}
    assert client.call("POST", BATCH, {"commands": [command] * 51}).status == 400
    assert client.history(NEW).status == 404
    assert client.call("POST", BATCH, {"commands": [command] * 50}).status == 200
    assert len(client.history(NEW, limit=100).json["data"]) == 50


def test_a_query_after_the_path_changes_nothing(client: Client) -> None:
    assert client.call("GET", f"{TIME}?x=1").status == 200


def test_only_consents_can_be_read(client: Client) -> None:
    assert client.call("POST", HISTORY, {"customer_ids": JANE, "event_types": ["purchase"]}).status == 403
