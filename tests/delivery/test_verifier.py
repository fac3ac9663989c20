"""Looking up what was sent: in an Engagement in memory, and behind hand-made answers."""

from typing import Any

import pytest

from consent_desk.delivery import reading
from consent_desk.delivery.planned import Due
from consent_desk.delivery.schedule import FIRST_LOOK
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.verifier import KEPT, Failed, Looked, Verifier
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step, look_again_after
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Context
from consent_desk.domain.lifecycle.record import NO_CUSTOMER as SAYS_NO_CUSTOMER
from consent_desk.domain.lifecycle.state import IS_RIGHT, Fact, State
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    FailedLook,
    Look,
    LookReason,
    Lost,
    NoLook,
    Outcome,
    Phase,
    Stored,
)
from consent_desk.engagement.calls import MOST_PAGES, PAGE, Call
from consent_desk.journal.journal import SqliteJournal
from tests.consents import NOON, a_consent, a_project, claim, later
from tests.delivery.desk import BUSY, CUT, DOWN, FORBIDDEN, SUCCESS, Desk, Waited, Wire, look_up
from tests.faulty_engagement import Engagement, ReadFault, told
from tests.faulty_engagement import Fault as Late

JANE = "jane@example.com"
SENT = NOON.micros / 1_000_000
ACCEPT, REJECT = Action.ACCEPT, Action.REJECT
NO_CUSTOMER = told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}})
NO_PERMISSION = told(403, {"success": False, "error": "No permission"})
NEW_PROFILE = Context(is_new_profile=True)
LOOK_UP = Plan(Step.LOOK_UP)


class LookingDesk(Desk):
    """A desk in front of an Engagement in memory."""

    def __init__(self, journal: SqliteJournal) -> None:
        super().__init__(journal)
        self.engagement = Engagement(self.unix)

    def unix(self) -> float:
        return self.now().micros / 1_000_000

    def verifier(self, *answers: Call | Outcome) -> Verifier:
        return Verifier(self.journal, Wire(*answers) if answers else self.engagement, self.now)

    def look(
        self, request_id: str, seconds: float, *answers: Call | Outcome, due: Due | None = None
    ) -> Looked | Failed | None:
        """Look it up at this time, behind `answers` where there are any."""
        self.seconds = seconds
        return look_up(self.verifier(*answers), due or self.due(request_id), a_project())

    def looked(
        self, request_id: str, seconds: float, *answers: Call | Outcome, due: Due | None = None
    ) -> Looked:
        """What a look that was answered came to."""
        looked = self.look(request_id, seconds, *answers, due=due)
        assert isinstance(looked, Looked)
        return looked

    def failed(self, request_id: str, seconds: float, verifier: Verifier) -> Failed:
        """A look that told nothing."""
        self.seconds = seconds
        found = look_up(verifier, self.due(request_id), a_project())
        assert isinstance(found, Failed)
        return found

    def store(self, request_id: str) -> str:
        """Have it stand in Engagement, as it was sent."""
        consent = self.journal.record(request_id).noted.consent
        self.engagement.add(consent.customer.value, consent.category, consent.action)
        self.engagement.events[-1].timestamp = consent.timestamp.micros / 1_000_000
        self.engagement.events[-1].properties |= {"desk_request_id": request_id, "source": "private_api"}
        return request_id

    def due(self, request_id: str, plan: Plan = LOOK_UP, **changes: Any) -> Due:
        record = self.journal.record(request_id)
        values = {"facts": len(record.facts), **changes}
        return Due(request_id, record.noted.project_id, record.noted.consent.action, plan, **values)

    def counts(self, request_id: str) -> list[int]:
        """How many failed looks each written one stands for."""
        outcomes = [fact.outcome for fact in self.facts(request_id)]
        return [one.failed for one in outcomes if isinstance(one, FailedLook)]


@pytest.fixture
def desk(journal: SqliteJournal) -> LookingDesk:
    return LookingDesk(journal)


def missed(found: object) -> tuple[NoLook, Outcome | None]:
    """Why a look told nothing, and what the call came to that it failed at."""
    assert isinstance(found, Failed)
    assert isinstance(found.failing.last, FailedLook)
    return found.failing.last.why, found.failing.last.outcome


def event(timestamp: object, request_id: str | None = None, action: str = "reject", **more: object) -> object:
    """One event of a history."""
    properties = {"action": action, "category": "sms_marketing", "desk_request_id": request_id, **more}
    return {"timestamp": timestamp, "properties": properties}


def page(*events: object) -> Answered:
    return told(200, {"success": True, "data": list(events)})


def status(valid: bool = False, since: float | None = SENT, source: str | None = "private_api") -> Answered:
    values = (valid, since, None, source, None)
    return told(200, {"success": True, "results": [{"success": True, "value": value} for value in values]})


ENDLESS = [page(event(SENT + 9 + MOST_PAGES - number)) for number in range(MOST_PAGES)]


# ------------------------------------------------------------------------------------------- what is seen


@pytest.mark.parametrize("outcome", [CUT, SUCCESS], ids=["unconfirmed", "delivered"])
@pytest.mark.parametrize("action", Action)
def test_what_stands_there_and_holds_is_verified(desk: LookingDesk, outcome: Outcome, action: Action) -> None:
    request_id = desk.store(desk.sent(outcome, action))
    looked = desk.looked(request_id, 30)
    assert looked.entry == desk.journal.entry(request_id)
    assert looked.entry.state is looked.judgement.state is State.VERIFIED
    assert str(looked.judgement.headline).startswith("Verified: Engagement shows the opt-")
    seen = Look(seen=True, valid=action is ACCEPT, since=SENT, source="private_api")
    assert desk.last(request_id) == Fact(at=later(30), state=State.VERIFIED, outcome=seen)


def test_a_customer_who_does_not_exist_yet_shows_nothing(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    assert desk.looked(request_id, 30).entry.state is State.NOT_SEEN
    assert desk.last(request_id).outcome == Look()


@pytest.mark.parametrize(("action", "other"), [(REJECT, "accept"), (ACCEPT, "reject")])
def test_a_later_decision_elsewhere_is_an_alarm(desk: LookingDesk, action: Action, other: str) -> None:
    request_id = desk.store(desk.sent(SUCCESS, action))
    desk.seconds = 20
    desk.engagement.add(JANE, "sms_marketing", other)
    looked = desk.looked(request_id, 30)
    assert looked.entry.state is State.CONTRADICTED
    assert str(looked.judgement.headline).startswith("Recorded, but Engagement ")


@pytest.mark.parametrize("then", [None, "withdrawn", "on its way"])
def test_a_later_decision_of_this_desk_is_no_alarm(desk: LookingDesk, then: str | None) -> None:
    opt_out = desk.store(desk.sent(SUCCESS))
    desk.seconds = 20
    opt_in = desk.store(desk.sent(SUCCESS, ACCEPT))
    if then is None:
        assert desk.looked(opt_in, 50).entry.state is State.VERIFIED
    else:
        desk.seconds = 40
        last = desk.sent(DOWN)
        if then == "withdrawn":
            desk.append(last, 40, State.DISCARDED, note="typed wrong")
    assert desk.looked(opt_out, 50).entry.state is State.SEEN


def test_a_later_decision_of_this_desk_that_is_not_there_excuses_nothing(desk: LookingDesk) -> None:
    opt_out = desk.store(desk.sent(SUCCESS))
    desk.seconds = 20
    desk.engagement.add(JANE, "sms_marketing", "accept")
    desk.seconds = 21
    desk.sent(DOWN, ACCEPT)
    assert desk.looked(opt_out, 50).entry.state is State.CONTRADICTED


def test_an_opt_in_that_has_come_to_its_end_is_no_alarm(desk: LookingDesk) -> None:
    ending = ValidUntil(seconds=later(60).micros // 1_000_000)
    request_id = desk.sent(SUCCESS, ACCEPT, valid_until=ending)
    ours = page(event(SENT, request_id, "accept", valid_until=ending.seconds))
    for seconds in (86_400, 86_430):
        assert desk.looked(request_id, seconds, ours, status()).entry.state is State.SEEN


def test_what_speaks_against_it_is_an_alarm_that_names_it(desk: LookingDesk) -> None:
    request_id = desk.sent(SUCCESS)
    ahead = event(1780228246370, None, "accept", valid_until="unlimited", source="page")
    looked = desk.looked(request_id, 30, page(ahead, event(SENT, request_id)), status())
    assert looked.entry.state is State.CONTRADICTED
    assert "accept of sms_marketing, time 1780228246370, source page" in str(looked.judgement.headline)
    last = desk.last(request_id).outcome
    assert isinstance(last, Look)
    assert last.reason is LookReason.FAR_AHEAD
    assert last.event == Stored(
        action="accept", category="sms_marketing", time="1780228246370", source="page"
    )


# ------------------------------------------------------------------------------------ how far it is read


def test_a_history_is_read_back_past_our_own_time(desk: LookingDesk) -> None:
    request_id = desk.store(desk.sent(CUT))
    for seconds in range(PAGE * 3):
        desk.seconds = 1 + seconds / 10
        desk.engagement.add(JANE, "newsletter", "accept")
    assert desk.looked(request_id, 30).entry.state is State.VERIFIED
    assert desk.engagement.calls == 5


@pytest.mark.parametrize("shorter", [event(SENT + 9), "no event"], ids=["later", "what can be nobody's"])
def test_a_page_shorter_than_asked_for_is_not_the_end(desk: LookingDesk, shorter: object) -> None:
    request_id = desk.sent(CUT)
    wire = Wire(page(shorter), page(event(SENT, request_id)), status(since=SENT + 9))
    desk.seconds = 30
    looked = look_up(Verifier(desk.journal, wire, desk.now), desk.due(request_id), a_project())
    assert isinstance(looked, Looked)
    assert looked.entry.state is State.VERIFIED
    assert b'"skip":1' in wire.requests[1].body


def test_an_event_of_ours_that_is_not_as_sent_is_not_the_end(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    pages = page(event("yesterday", request_id)), page(event(SENT, request_id))
    assert desk.looked(request_id, 30, *pages, status()).entry.state is State.VERIFIED


def test_the_end_of_a_history_is_an_empty_page(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    looked = desk.looked(request_id, 30, page(event(SENT + 9)), page())
    assert looked.entry.state is State.NOT_SEEN
    assert desk.last(request_id).outcome == Look(later=True)


def test_older_events_need_no_further_page(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    desk.looked(request_id, 30, page(event(SENT - 9)))
    assert desk.last(request_id).outcome == Look()


def test_a_history_without_an_end_shows_nothing(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    assert missed(desk.look(request_id, 30, *ENDLESS)) == (NoLook.TOO_LONG, None)
    assert desk.state(request_id) is State.UNCONFIRMED


def test_a_server_that_answers_the_same_page_again_shows_nothing(desk: LookingDesk) -> None:
    same = page(event(SENT + 9), event(SENT + 8))
    assert missed(desk.look(desk.sent(CUT), 30, same, same)) == (NoLook.NOT_ADVANCING, same)


# ------------------------------------------------------------------------------- looks that show nothing


@pytest.mark.parametrize(
    ("outcome", "reason", "wait"),
    [
        (DOWN, NoLook.NO_ANSWER, 0),
        (BUSY, NoLook.REFUSED, 40_000_000),
        (told(200, {"success": True, "data": {}}), NoLook.UNREADABLE, 0),
        (
            Answered(status=200, headers=(), body=b'{"success": true, "data": []}', truncated=True),
            NoLook.TOO_LARGE,
            0,
        ),
    ],
)
def test_a_look_that_is_not_complete_changes_no_state(
    desk: LookingDesk, outcome: Outcome, reason: NoLook, wait: int
) -> None:
    request_id = desk.sent(CUT)
    before = desk.facts(request_id)
    found = desk.look(request_id, 30, outcome)
    assert missed(found) == (reason, outcome)
    assert isinstance(found, Failed)
    assert found.wait == max(wait, look_again_after(request_id, 1))
    last = Fact(at=later(30), state=State.UNCONFIRMED, outcome=found.failing.last)
    assert desk.facts(request_id) == (*before, last)


@pytest.mark.parametrize(
    "outcome",
    [
        DOWN,
        NO_CUSTOMER,
        Answered(status=200, headers=(), body=status().body, truncated=True),
        told(200, {"success": True, "results": []}),
    ],
    ids=["not reached", "no customer", "truncated", "not told"],
)
def test_what_stands_there_is_written_down_though_nobody_knows_what_holds(
    desk: LookingDesk, outcome: Outcome
) -> None:
    request_id = desk.sent(CUT)
    ours = page(event(SENT, request_id))
    assert desk.looked(request_id, 30, ours, outcome).entry.state is State.SEEN
    # The next one is no look until it tells what holds.
    assert isinstance(desk.look(request_id, 120, ours, outcome), Failed)
    assert desk.looked(request_id, 150, ours, status()).entry.state is State.VERIFIED


def test_without_the_permission_a_look_is_blind(desk: LookingDesk) -> None:
    request_id = desk.store(desk.sent(CUT))
    desk.engagement.may_read = False
    assert desk.looked(request_id, 30).entry.state is State.NOT_SEEN
    assert desk.last(request_id).outcome == Look(blind=True)


def test_without_the_permission_for_what_holds_it_is_seen_all_the_same(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    refused = told(200, {"success": True, "results": [{"success": False, "error": "No permission"}] * 3})
    for seconds in (30, 120):
        looked = desk.looked(request_id, seconds, page(event(SENT, request_id)), refused)
        assert looked.entry.state is State.SEEN


# ------------------------------------------------------------------------------------- to be checked


def test_what_went_to_a_new_profile_is_no_green_line_until_somebody_says_that_it_is_right(
    desk: LookingDesk,
) -> None:
    request_id = desk.store(desk.sent(SUCCESS, context=NEW_PROFILE))
    looked = desk.looked(request_id, 30)
    assert looked.entry.state is looked.judgement.state is State.NEW_PROFILE
    assert looked.entry.checked
    desk.append(request_id, 40, State.NEW_PROFILE, note=IS_RIGHT)
    assert desk.looked(request_id, 60).entry.state is State.VERIFIED


def test_that_a_later_look_up_saw_the_customer_does_not_tell_who_made_the_profile(desk: LookingDesk) -> None:
    first = desk.store(desk.sent(SUCCESS, context=Context(listed=True)))
    desk.store(desk.sent(SUCCESS, seconds=20, category="newsletter"))
    assert desk.looked(first, 30).entry.state is State.NEW_PROFILE


def test_a_failed_look_bears_on_what_somebody_said_of_the_id(desk: LookingDesk) -> None:
    request_id = desk.sent(SUCCESS, context=NEW_PROFILE)
    desk.append(request_id, 40, State.NEW_PROFILE, note=IS_RIGHT)
    assert isinstance(desk.look(request_id, 60, DOWN), Failed)
    assert desk.last(request_id).note == IS_RIGHT
    desk.store(request_id)
    assert desk.looked(request_id, 120).entry.state is State.VERIFIED


# ------------------------------------------------------------------------------- looks that fail for long


def test_a_failed_look_is_written_where_it_is_the_first_or_news_or_an_hour_later(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    error = Answered(status=500, headers=(), body=b"<html>")
    verifier = desk.verifier(*[DOWN] * 3, *[error] * 2, BUSY, *[DOWN] * 3)
    times = (30, 60, 90, 120, 1_100, 2_100, 3_100, 6_699, 6_700)
    found = [desk.failed(request_id, at, verifier) for at in times]
    assert [one.is_written for one in found] == [True, False, False, True, False, True, True, False, True]
    assert [one.failing.count for one in found] == list(range(1, 10))
    assert desk.counts(request_id) == [1, 3, 2, 1, 2]
    assert {one.failing.since for one in found} == {later(30)}
    assert found[-1].wait >= found[0].wait


def test_a_history_that_is_too_long_each_time_is_no_news(desk: LookingDesk) -> None:
    request_id, verifier = desk.sent(CUT), desk.verifier(*ENDLESS, *ENDLESS)
    found = [desk.failed(request_id, at, verifier) for at in (30, 60)]
    assert [one.is_written for one in found] == [True, False]


def test_an_hour_is_one_by_the_monotonic_seconds_too(desk: LookingDesk) -> None:
    request_id, seconds = desk.sent(CUT), [0.0]
    verifier = Verifier(desk.journal, Wire(DOWN, DOWN), desk.now, lambda: seconds[0])
    desk.failed(request_id, 30, verifier)
    seconds[0], desk.seconds = 3_600.0, -5_000
    planned = desk.due(request_id, Plan(Step.LOOK_UP, later(-5_000)), since=0.0)
    found = look_up(verifier, planned, a_project())
    assert isinstance(found, Failed)
    assert found.is_written


def test_a_look_that_worked_ends_the_count(desk: LookingDesk) -> None:
    request_id, verifier = desk.sent(CUT), desk.verifier(DOWN, DOWN, page(), DOWN)
    for seconds in (30, 60):
        desk.failed(request_id, seconds, verifier)
    desk.seconds = 120
    assert isinstance(look_up(verifier, desk.due(request_id), a_project()), Looked)
    last = FailedLook(why=NoLook.NO_ANSWER, outcome=DOWN)
    assert desk.failed(request_id, 600, verifier).failing == Failing(1, later(600), last)
    assert desk.counts(request_id) == [1, 1]


def test_where_the_key_may_not_read_any_more_for_two_hours_a_person_is_told(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    assert desk.looked(request_id, 30).entry.state is State.NOT_SEEN
    desk.engagement.may_read = False
    found = [desk.look(request_id, 1_000 * number) for number in range(1, 10)]
    assert [type(one) for one in found] == [Looked] * 8 + [Failed]
    assert isinstance(found[-1], Failed)
    assert (found[-1].failing.is_given_up, found[-1].is_written) == (True, True)
    assert desk.look(request_id, 10_000) is None


@pytest.mark.parametrize(
    "outcome",
    [
        Answered(status=200, headers=(), body=b"x" * 100_000),
        Lost(phase=Phase.READING, cause=Cause.CUT, status=200, headers=(), body=b"x" * 100_000),
    ],
)
def test_of_an_answer_that_told_nothing_the_beginning_is_kept(
    desk: LookingDesk, outcome: Answered | Lost
) -> None:
    request_id = desk.sent(CUT)
    desk.look(request_id, 30, outcome)
    kept = desk.last(request_id).outcome
    assert isinstance(kept, FailedLook)
    assert isinstance(kept.outcome, Answered | Lost)
    assert kept.outcome.body == b"x" * KEPT


def test_what_was_settled_meanwhile_is_not_written_upon(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)

    def discard() -> Outcome:
        desk.append(request_id, 30, State.DISCARDED, note="typed wrong")
        return DOWN

    found = desk.look(request_id, 30, Waited(discard))
    assert isinstance(found, Failed)
    assert not found.is_written
    assert desk.counts(request_id) == []


# ------------------------------------------------------------------------------------- by which time


@pytest.mark.parametrize(
    ("changes", "steady"),
    [({"since": 5.0}, 31.5), ({"since": None}, None), ({"since": 5.0, "facts": 2}, 0.0)],
    ids=["of this run", "of another", "something happened since"],
)
@pytest.mark.parametrize("outcome", [DOWN, NO_CUSTOMER], ids=["failed", "complete"])
def test_a_look_bears_the_monotonic_seconds_since_the_fact_before_it(
    desk: LookingDesk, outcome: Outcome, changes: dict[str, Any], steady: float | None
) -> None:
    request_id = desk.sent(CUT)
    desk.seconds = 30
    planned = desk.due(request_id, Plan(Step.LOOK_UP, later(30)), **changes)
    verifier = Verifier(desk.journal, Wire(outcome), desk.now, lambda: 36.5)
    look_up(verifier, planned, a_project())
    look = desk.last(request_id).outcome
    assert isinstance(look, Look | FailedLook)
    assert look.steady == steady


def test_what_only_looks_of_earlier_runs_settled_is_looked_up_once_more(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    for seconds in (30, 120, 600):
        desk.looked(request_id, seconds)
    assert desk.look(request_id, 700) is None
    planned = desk.due(request_id, Plan(Step.LOOK_UP, later(630)), left=len(desk.facts(request_id)))
    desk.looked(request_id, 700, due=planned)


# ------------------------------------------------------------------------------------ before it leaves

FIRST = Plan(Step.LOOK_UP, unsent=True)


@pytest.mark.parametrize("action", Action)
def test_what_an_earlier_run_had_sent_after_all_is_seen_and_not_sent(
    desk: LookingDesk, action: Action
) -> None:
    request_id = desk.store(desk.note(action))
    looked = desk.looked(request_id, 30, due=desk.due(request_id, FIRST, left=1))
    assert looked.entry.state is State.VERIFIED
    assert claim(desk.journal, request_id, desk.now()) is None


@pytest.mark.parametrize(
    ("context", "said", "state"),
    [
        (Context(is_new_profile=True, listed=True), None, State.NEW_PROFILE),
        (Context(existed=True, listed=True), SAYS_NO_CUSTOMER, State.NEW_PROFILE),
        (NO_CONTEXT, None, State.NEW_PROFILE),
        (Context(existed=True, listed=False), None, State.NO_CATEGORY),
    ],
    ids=["a new profile", "said to be one", "nobody looked", "no such category"],
)
def test_what_an_earlier_run_had_sent_after_all_is_verified_for_nobody(
    desk: LookingDesk, context: Context, said: str | None, state: State
) -> None:
    request_id = desk.store(desk.note(context=context))
    if said is not None:
        desk.outbox.learn(request_id, said)
    planned = desk.due(request_id, FIRST, left=len(desk.facts(request_id)))
    assert desk.looked(request_id, 30, due=planned).entry.state is State.SEEN
    assert desk.looked(request_id, 700).entry.state is state


def test_where_it_cannot_be_read_whether_somebody_was_there_nothing_is_verified_yet(
    desk: LookingDesk,
) -> None:
    request_id = desk.note(context=NO_CONTEXT)
    Sender(desk.journal, desk.engagement, desk.now).send(request_id, a_project())
    # History and what holds are told, as they are under a fault of a sending; then no more is.
    desk.engagement.read_faults = [Late.LATE, Late.LATE, ReadFault.SILENCE]
    assert desk.looked(request_id, 30).entry.state is State.SEEN
    assert desk.looked(request_id, 120).entry.state is State.NEW_PROFILE


@pytest.mark.parametrize(
    ("odd", "pages", "state"), [([], 1, State.SEEN), (["no event"], MOST_PAGES, State.VERIFIED)]
)
def test_a_history_of_our_own_that_goes_on_verifies_nothing_and_what_cannot_be_read_is_by_somebody_else(
    desk: LookingDesk, monkeypatch: pytest.MonkeyPatch, odd: list[object], pages: int, state: State
) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", pages)
    desk.engagement.odd = odd
    request_id = desk.note(context=NO_CONTEXT)
    Sender(desk.journal, desk.engagement, desk.now).send(request_id, a_project())
    assert desk.looked(request_id, 30).entry.state is state


def test_where_an_event_of_somebody_else_stands_the_profile_is_not_ours(desk: LookingDesk) -> None:
    desk.engagement.add(JANE, "newsletter", "accept")
    request_id = desk.note(context=NO_CONTEXT)
    Sender(desk.journal, desk.engagement, desk.now).send(request_id, a_project())
    assert desk.looked(request_id, 30).entry.state is State.VERIFIED


def test_what_stands_there_and_does_not_hold_is_seen_first(desk: LookingDesk) -> None:
    request_id = desk.store(desk.note())
    desk.seconds = 20
    desk.engagement.add(JANE, "sms_marketing", "accept")
    looked = desk.looked(request_id, 20, due=desk.due(request_id, FIRST, left=1))
    assert looked.entry.state is State.SEEN


@pytest.mark.parametrize(
    ("outcome", "look"),
    [(NO_CUSTOMER, Look()), (NO_PERMISSION, Look(blind=True))],
    ids=["not there", "blind"],
)
def test_what_is_not_there_waits_on_with_that_written_down(
    desk: LookingDesk, outcome: Outcome, look: Look
) -> None:
    request_id = desk.note(ACCEPT)
    looked = desk.looked(request_id, 0, outcome, due=desk.due(request_id, FIRST, left=1))
    assert looked.entry.state is State.QUEUED
    assert desk.last(request_id) == Fact(at=NOON, state=State.QUEUED, outcome=look)


def test_what_has_left_meanwhile_is_not_written_upon(desk: LookingDesk) -> None:
    request_id = desk.note()

    def meanwhile() -> Outcome:
        claim(desk.journal, request_id, NOON)
        return NO_CUSTOMER

    planned = desk.due(request_id, FIRST, left=1, since=0.0)
    verifier = Verifier(desk.journal, Wire(Waited(meanwhile)), desk.now, lambda: 1.0)
    for _ in range(2):
        assert look_up(verifier, planned, a_project()) is None
        assert desk.state(request_id) is State.IN_FLIGHT


def test_an_opt_out_that_waits_no_more_is_not_looked_up(desk: LookingDesk) -> None:
    request_id = desk.note()
    planned = desk.due(request_id, FIRST, left=1, since=0.0)
    verifier = Verifier(desk.journal, Wire(), desk.now, lambda: FIRST_LOOK)
    assert look_up(verifier, planned, a_project()) is None


# ----------------------------------------------------------------------------------- what is looked up


def test_nothing_is_looked_up_before_its_time(desk: LookingDesk) -> None:
    assert desk.look(desk.sent(CUT), 29) is None


@pytest.mark.parametrize("outcome", [DOWN, FORBIDDEN], ids=["kept", "refused"])
def test_what_did_not_leave_is_not_looked_up(desk: LookingDesk, outcome: Outcome) -> None:
    request_id = desk.sent(outcome)
    assert desk.look(request_id, 3600) is None


def test_nobody_is_looked_up_in_another_project(desk: LookingDesk) -> None:
    request_id = desk.sent(CUT)
    desk.seconds = 3600
    other = a_project(project_token="87654321-1234-1234-1234-123456789abc")
    assert look_up(desk.verifier(), desk.due(request_id), other) is None


def test_an_erased_customer_is_not_looked_up(desk: LookingDesk) -> None:
    request_id = desk.sent(SUCCESS)
    desk.journal.erase(a_project().id, a_consent().customer, b"k" * 32, later(1))
    assert desk.look(request_id, 60) is None
    assert desk.engagement.calls == 0


def test_practice_is_verified_as_practice(desk: LookingDesk) -> None:
    request_id = desk.store(desk.sent(SUCCESS))
    desk.seconds = 30
    looked = look_up(desk.verifier(), desk.due(request_id), a_project(practice=True))
    assert isinstance(looked, Looked)
    assert str(looked.judgement.headline) == "Shown by the Sandbox. Not recorded in Engagement."
