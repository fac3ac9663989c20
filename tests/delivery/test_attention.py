"""The alarms, and what is kept because the desk was refused, on the journal in memory."""

from typing import Any

import pytest

from consent_desk.delivery.attention import Alarms, may_leave, resendable
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.record import SAW_CUSTOMER, Context
from consent_desk.domain.lifecycle.state import DISMISSED, Fact, State
from consent_desk.domain.message import Message
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, Look, LookReason, Lost, Stored
from consent_desk.domain.wire.server_clock import Moment
from tests.consents import NOON, a_consent, a_noted, a_project, claim, go_on, later, write_down
from tests.delivery.desk import CUT, FORBIDDEN
from tests.memory_journal import MemoryJournal

NEW = "3f2c1d4e-0000-4000-8000-00000000abcd"
STILL_VALID = Look(seen=True, later=True, valid=True, since=NOON.micros / 1e6, source="page")
SHOWN = CategoryStatus(valid=True, since=NOON.micros / 1e6, source="page")
REVOKED = Look(seen=True, later=True, valid=False)
WRONG_ID = Answered(status=400, headers=(), body=b'{"errors": ["At least one id should be specified."]}')


class Desk:
    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.now = later(700)
        self.alarms = Alarms(self.journal, lambda: self.now)

    def contradicted(self, **changes: object) -> str:
        noted = a_noted(**changes)
        request_id = noted.consent.request_id
        write_down(self.journal, noted)
        claim(self.journal, request_id, NOON)
        look = STILL_VALID if noted.consent.action is Action.REJECT else REVOKED
        go_on(self.journal, request_id, Fact(at=NOON, state=State.DELIVERED))
        go_on(self.journal, request_id, Fact(at=later(600), state=State.CONTRADICTED, outcome=look))
        return request_id

    def ringing(self) -> list[str]:
        return [alarm.entry.request_id for alarm in self.alarms.standing()]

    def refused(self, outcome: Answered = FORBIDDEN, **changes: Any) -> str:
        return self.left(State.REFUSED, outcome, **changes)

    def left(self, state: State, outcome: Answered | Lost | None, **changes: Any) -> str:
        noted = a_noted(**changes)
        request_id = noted.consent.request_id
        write_down(self.journal, noted)
        claim(self.journal, request_id, NOON)
        go_on(self.journal, request_id, Fact(at=NOON, state=state, outcome=outcome))
        return request_id

    def kept(self, **project: object) -> list[str]:
        return [entry.request_id for entry in resendable(self.journal, a_project(**project))]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opt_in(seconds: int | None = None) -> dict[str, object]:
    return {"action": Action.ACCEPT, "valid_until": ValidUntil(seconds)}


def test_an_alarm_says_what_holds_whose_it_is_and_how_far_the_clock_was_off(desk: Desk) -> None:
    request_id = desk.contradicted(context=Context(clock_off=-7_200))
    [alarm] = desk.alarms.standing()
    assert (alarm.entry.request_id, alarm.entry.state) == (request_id, State.CONTRADICTED)
    assert str(alarm.judgement.headline).startswith("Recorded, but Engagement still shows consent (accepted")
    assert (alarm.clock_off, alarm.can_renew) == (-7_200, True)


def test_opt_outs_ring_first_and_the_oldest_of_them(desk: Desk) -> None:
    accepted = desk.contradicted(category="email", **opt_in())
    rejected = [desk.contradicted(category=category) for category in ("newsletter", "phone")]
    assert desk.ringing() == [*rejected, accepted]


def test_nothing_rings_for_what_holds(desk: Desk) -> None:
    write_down(desk.journal, a_noted())
    assert desk.ringing() == []


def test_a_dismissed_alarm_rings_no_more_and_says_so_in_the_journal(desk: Desk) -> None:
    request_id = desk.contradicted()
    desk.alarms.dismiss(request_id)
    assert desk.ringing() == []
    facts = desk.journal.record(request_id).facts
    assert facts[-1] == Fact(at=desk.now, state=State.CONTRADICTED, note=DISMISSED)
    desk.now = later(800)
    desk.alarms.dismiss(request_id)
    assert desk.journal.record(request_id).facts == facts


def test_a_later_decision_that_was_noted_here_ends_it(desk: Desk) -> None:
    desk.contradicted()
    write_down(desk.journal, a_noted(timestamp=later(1), noted_at=later(1), category="newsletter"))
    assert len(desk.ringing()) == 1
    write_down(desk.journal, a_noted(timestamp=later(1), noted_at=later(1)))
    assert desk.ringing() == []


def test_a_later_decision_that_was_withdrawn_before_it_left_ends_nothing(desk: Desk) -> None:
    request_id = desk.contradicted()
    later_one = a_noted(timestamp=later(1), noted_at=later(1))
    write_down(desk.journal, later_one)
    withdrawn = Fact(at=later(2), state=State.DISCARDED, note="typed wrong")
    go_on(desk.journal, later_one.consent.request_id, withdrawn)
    assert desk.ringing() == [request_id]
    assert isinstance(desk.alarms.renewed(request_id, NEW, Moment(desk.now)), tuple)


def test_an_opt_in_that_came_to_its_end_rings_no_more(desk: Desk) -> None:
    until = NOON.micros // 1_000_000 + 701
    desk.contradicted(**opt_in(until))
    assert len(desk.ringing()) == 1
    desk.now = later(701)
    assert desk.ringing() == []


def test_a_renewed_decision_is_the_same_but_for_its_time_and_request_id(desk: Desk) -> None:
    told = {"channel": "phone", "ticket": "4711", "wording": "May we?", "agent": "amy"}
    renewed = desk.alarms.renewed(desk.contradicted(**told), NEW, Moment(later(9_000), -7_200))
    consent = a_consent(request_id=NEW, timestamp=later(9_000), noted_at=later(9_000), **told)
    assert renewed == (consent, Context(before=SHOWN, existed=True, listed=True, clock_off=-7_200))


def test_what_a_look_did_not_tell_is_not_known_before_what_is_renewed(desk: Desk) -> None:
    request_id = desk.contradicted(context=Context(existed=True, listed=True))
    untold = Look(seen=True, later=True)
    go_on(desk.journal, request_id, Fact(at=later(650), state=State.CONTRADICTED, outcome=untold))
    renewed = desk.alarms.renewed(request_id, NEW, Moment(desk.now))
    assert isinstance(renewed, tuple)
    # That there are such a customer and such a category is known still.
    assert renewed[1] == Context(existed=True, listed=True)


def test_nothing_is_renewed_while_the_clock_shows_a_time_long_ago(desk: Desk) -> None:
    told = desk.alarms.renewed(desk.contradicted(), NEW, Moment(Timestamp(1)))
    assert str(told).startswith("This computer's clock is wrong")


def test_what_an_event_far_ahead_rules_is_not_renewed(desk: Desk) -> None:
    request_id = desk.contradicted()
    event = Stored(action="accept", category="sms_marketing", time="1780228246370")
    look = Look(seen=True, later=True, valid=True, reason=LookReason.FAR_AHEAD, event=event)
    go_on(desk.journal, request_id, Fact(at=later(601), state=State.CONTRADICTED, outcome=look))
    [alarm] = desk.alarms.standing()
    assert not alarm.can_renew
    for _ in range(2):
        renewed = desk.alarms.renewed(request_id, NEW, Moment(desk.now))
        assert isinstance(renewed, Message)
        assert "An administrator must expire that event" in str(renewed)
        desk.alarms.dismiss(request_id)


def test_an_opt_in_is_never_renewed_by_the_alarm(desk: Desk) -> None:
    request_id = desk.contradicted(**opt_in())
    assert not desk.alarms.standing()[0].can_renew
    renewed = desk.alarms.renewed(request_id, NEW, Moment(desk.now))
    assert "the form asks what it rests on" in str(renewed)


def test_what_a_later_decision_overtook_is_not_renewed(desk: Desk) -> None:
    request_id = desk.contradicted()
    write_down(desk.journal, a_noted(timestamp=later(1), noted_at=later(2)))
    assert "A later decision" in str(desk.alarms.renewed(request_id, NEW, Moment(desk.now)))


# ---------------------------------------------------------------------------- what is kept to be sent


def opt_in_at(seconds: float = 0) -> dict[str, Any]:
    return {
        "action": Action.ACCEPT,
        "valid_until": ValidUntil(),
        "timestamp": later(seconds),
        "noted_at": later(seconds),
    }


def test_what_was_refused_for_the_key_is_kept_in_the_order_of_noting(desk: Desk) -> None:
    ids = [desk.refused(category="newsletter"), desk.refused(**opt_in_at()), desk.refused(category="phone")]
    desk.refused(WRONG_ID, category="email")
    assert desk.kept() == ids


def test_what_was_learnt_of_its_customer_since_takes_none_away(desk: Desk) -> None:
    request_id = desk.refused()
    go_on(desk.journal, request_id, Fact(at=NOON, state=State.REFUSED, note=SAW_CUSTOMER))
    [entry] = resendable(desk.journal, a_project())
    assert (entry.request_id, entry.status) == (request_id, 403)


def test_what_belongs_to_another_project_or_address_is_not_offered(desk: Desk) -> None:
    request_id = desk.refused()
    assert desk.kept(id="another") == []
    assert desk.kept(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com")) == []
    assert desk.kept(project_token="87654321-1234-1234-1234-123456789abc") == [request_id]


def test_an_opt_in_that_was_overtaken_is_not_offered_and_an_opt_out_is(desk: Desk) -> None:
    opt_out = desk.refused()
    desk.refused(**opt_in_at(1))
    desk.left(State.DELIVERED, None, timestamp=later(2), noted_at=later(2))
    assert desk.kept() == [opt_out]


def test_an_opt_in_does_not_leave_before_an_opt_out_that_is_not_settled(desk: Desk) -> None:
    accepted = desk.refused(**opt_in_at(1))
    assert may_leave(desk.journal, accepted)
    desk.left(State.UNCONFIRMED, CUT)
    assert not may_leave(desk.journal, accepted)


def test_an_opt_out_leaves_unless_it_was_sent_meanwhile(desk: Desk) -> None:
    request_id = desk.refused()
    assert may_leave(desk.journal, request_id)
    claim(desk.journal, request_id, NOON)
    assert not may_leave(desk.journal, request_id)
