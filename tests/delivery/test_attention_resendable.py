"""What is kept because the desk was refused, on the journal in memory."""

from typing import Any

import pytest

from consent_desk.delivery.attention import may_leave, resendable
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.lifecycle.checking import SAW_CUSTOMER
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Answered, Lost
from tests.consents import NOON, a_noted, a_project, claim, go_on, later, write_down
from tests.delivery.desk import CUT, FORBIDDEN
from tests.memory_journal import MemoryJournal

WRONG_ID = Answered(status=400, headers=(), body=b'{"errors": ["At least one id should be specified."]}')


class Desk:
    def __init__(self) -> None:
        self.journal = MemoryJournal()

    def refused(self, outcome: Answered = FORBIDDEN, **changes: Any) -> str:
        return self.left(State.REFUSED, outcome, **changes)

    def left(self, state: State, outcome: Answered | Lost | None, **changes: Any) -> str:
        noted = a_noted(**changes)
        request_id = noted.consent.request_id
        write_down(self.journal, noted)
        claim(self.journal, request_id, NOON)
        go_on(self.journal, request_id, Fact(at=NOON, state=state, outcome=outcome))
        return request_id

    def ids(self, **project: object) -> list[str]:
        return [entry.request_id for entry in resendable(self.journal, a_project(**project))]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opt_in(seconds: float = 0, **changes: Any) -> dict[str, Any]:
    return {
        "action": Action.ACCEPT,
        "valid_until": ValidUntil(),
        "timestamp": later(seconds),
        "noted_at": later(seconds),
        **changes,
    }


def test_what_was_refused_for_the_key_is_kept_in_the_order_of_noting(desk: Desk) -> None:
    ids = [desk.refused(category="newsletter"), desk.refused(**opt_in()), desk.refused(category="phone")]
    desk.refused(WRONG_ID, category="email")
    assert desk.ids() == ids


def test_what_was_learnt_of_its_customer_since_takes_none_away(desk: Desk) -> None:
    request_id = desk.refused()
    go_on(desk.journal, request_id, Fact(at=NOON, state=State.REFUSED, note=SAW_CUSTOMER))
    [entry] = resendable(desk.journal, a_project())
    assert (entry.request_id, entry.status) == (request_id, 403)


def test_what_belongs_to_another_project_or_address_is_not_offered(desk: Desk) -> None:
    request_id = desk.refused()
    assert desk.ids(id="another") == []
    assert desk.ids(base_url=BaseUrl(scheme="https", host="api.uk.exponea.com")) == []
    assert desk.ids(project_token="87654321-1234-1234-1234-123456789abc") == [request_id]


def test_an_opt_in_that_was_overtaken_is_not_offered_and_an_opt_out_is(desk: Desk) -> None:
    opt_out = desk.refused()
    desk.refused(**opt_in(1))
    desk.left(State.DELIVERED, None, timestamp=later(2), noted_at=later(2))
    assert desk.ids() == [opt_out]


def test_an_opt_in_does_not_leave_before_an_opt_out_that_is_not_settled(desk: Desk) -> None:
    accepted = desk.refused(**opt_in(1))
    assert may_leave(desk.journal, accepted)
    desk.left(State.UNCONFIRMED, CUT)
    assert not may_leave(desk.journal, accepted)


def test_an_opt_out_leaves_unless_it_was_sent_meanwhile(desk: Desk) -> None:
    request_id = desk.refused()
    assert may_leave(desk.journal, request_id)
    claim(desk.journal, request_id, NOON)
    assert not may_leave(desk.journal, request_id)
