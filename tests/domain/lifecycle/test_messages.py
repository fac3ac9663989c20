from dataclasses import replace

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Timestamp, ValidUntil
from consent_desk.domain.lifecycle.judgement import Judgement, judge
from consent_desk.domain.lifecycle.messages import (
    ask_to_send,
    tell_all,
    tell_check,
    tell_failing,
    tell_look,
    tell_plan,
    tell_status,
    why_failing,
)
from consent_desk.domain.lifecycle.policy import Failing, Plan, Step
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.message import say
from consent_desk.domain.wire.customer import CategoryStatus
from consent_desk.domain.wire.outcome import Answered, FailedLook, Look, LookReason, NoLook, Stored
from tests.consents import NOON, later

SINCE = NOON.micros / 1_000_000


def told(state: State, look: Look, action: Action = Action.REJECT, *, practice: bool = False) -> str:
    judgement = tell_look(look, state, action, practice=practice)
    assert judgement.state is state
    return f"{judgement.headline} {judgement.advice}"


def test_the_loudest_alarm_says_what_still_holds_since_when_and_from_where() -> None:
    look = Look(seen=True, later=True, valid=True, since=SINCE, source="page")
    assert told(State.CONTRADICTED, look) == (
        "Recorded, but Engagement still shows consent (accepted 2026-05-31 12:00 UTC, source page). "
        "A later event rules. If the opt-out still stands, use Record again, dated now."
    )


def test_an_opt_in_that_reads_as_revoked_is_the_next() -> None:
    look = Look(seen=True, valid=False, since=SINCE, source="import")
    assert told(State.CONTRADICTED, look, Action.ACCEPT) == (
        "Recorded, but Engagement shows no consent (opted out 2026-05-31 12:00 UTC, source import). "
        "Use Record again, dated now, and tell your administrator."
    )


@pytest.mark.parametrize(
    ("since", "source", "words"),
    [
        (None, "", "shows consent. "),
        (None, "page", "shows consent (source page). "),
        (SINCE, "", "shows consent (accepted 2026-05-31 12:00 UTC). "),
        (-5.0, "", "shows consent. "),
        (1e11, "{what} {0}", "shows consent (source {what} {0}). "),
    ],
)
def test_the_alarm_says_no_more_than_was_told(since: float | None, source: str, words: str) -> None:
    assert words in told(State.CONTRADICTED, Look(seen=True, valid=True, since=since, source=source))


@pytest.mark.parametrize(
    ("state", "look", "words"),
    [
        (State.NEW_PROFILE, Look(unknown=True), "Went to a new, empty profile: Engagement knew no such"),
        (
            State.NO_CATEGORY,
            Look(unlisted=True),
            "Recorded for a category that the project does not",
        ),
        (State.VERIFIED, Look(seen=True, valid=False), "Verified: Engagement shows the opt-out."),
        (State.SEEN, Look(seen=True), "Recorded: the opt-out stands in Engagement's history."),
        (State.NOT_SHOWN, Look(), "Delivered, but the opt-out is not in Engagement's history."),
        (State.NOT_SHOWN, Look(blind=True), "Delivered, but not checked: this desk's key may not read"),
        (
            State.DISCARDED,
            Look(),
            "Not recorded: it was given up, and is not in Engagement's history. It is not",
        ),
        (State.NOT_SEEN, Look(), "Not yet confirmed: the opt-out is not in Engagement's history."),
        (State.NOT_SEEN, Look(blind=True), "Not yet confirmed: this desk's key may not read consents."),
    ],
)
def test_a_look_is_told_in_words(state: State, look: Look, words: str) -> None:
    assert told(state, look).startswith(words)


EVENT = Stored(action="accept", category="sms_marketing", time=str(SINCE), source="page")


@pytest.mark.parametrize("reason", LookReason)
def test_whatever_keeps_it_from_being_verified_is_told_in_a_sentence(reason: LookReason) -> None:
    for event in (EVENT, None):
        seen = told(State.SEEN, Look(seen=True, valid=False, reason=reason, event=event))
        assert seen.startswith("Recorded: the opt-out stands in Engagement's history. ")
        assert "Whether it holds is not known. " not in seen
        assert "{" not in seen


def test_the_event_that_speaks_against_it_is_told_with_its_time() -> None:
    look = Look(seen=True, valid=False, reason=LookReason.OVERRULED, event=EVENT)
    assert told(State.SEEN, look).endswith(
        "It does not rule: a later event does, accept of sms_marketing, time 2026-05-31 12:00 UTC, "
        "source page."
    )
    bare = replace(EVENT, action="", category="", source="", time="")
    assert told(State.SEEN, replace(look, event=bare)).endswith("a later event does, none of none, time .")


def test_the_alarm_names_the_event_in_milliseconds_and_who_ends_it() -> None:
    event = replace(EVENT, time="1780228246370")
    look = Look(
        seen=True, later=True, valid=True, since=1780228246370, reason=LookReason.FAR_AHEAD, event=event
    )
    assert told(State.CONTRADICTED, look) == (
        "Recorded, but Engagement goes by an event dated far in the future (accept of sms_marketing, time "
        "1780228246370, source page). An administrator must expire that event in Engagement. Until then no "
        "decision about this category takes effect, whatever its time: sending this one again is of no use."
    )


def test_the_alarm_says_that_it_was_stored_otherwise() -> None:
    look = Look(seen=True, valid=True, since=SINCE, reason=LookReason.STORED_OTHERWISE, event=EVENT)
    assert told(State.CONTRADICTED, look) == (
        "Recorded, but otherwise than sent: Engagement has accept of sms_marketing, time 2026-05-31 12:00 "
        "UTC, source page. Use Record again, dated now, and tell your administrator."
    )


@pytest.mark.parametrize("valid", [False, None])
def test_the_alarm_says_no_more_than_the_history_where_what_holds_does_not_follow(valid: bool | None) -> None:
    look = Look(seen=True, later=True, valid=valid, reason=LookReason.OVERRULED, event=EVENT)
    assert told(State.CONTRADICTED, look) == (
        "Recorded, but a later event in Engagement's history says otherwise (accept of sms_marketing, time "
        "2026-05-31 12:00 UTC, source page). A later event rules. If the opt-out still stands, use Record "
        "again, dated now."
    )
    follows = replace(look, valid=True, since=SINCE, source="page")
    assert told(State.CONTRADICTED, follows).startswith(
        "Recorded, but Engagement still shows consent (accepted "
    )


def test_nothing_that_practice_shows_is_recorded_in_engagement() -> None:
    verified = told(State.VERIFIED, Look(seen=True, valid=False), practice=True)
    assert verified.startswith("Shown by the Sandbox. Not recorded in Engagement.")
    assert told(State.NOT_SEEN, Look(), practice=True).startswith("Practice: Not yet confirmed")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(Step.LOOK_UP, NOON), "Checking at 2026-05-31 12:00 UTC."),
        (Plan(Step.LOOK_UP), "It is being looked up now."),
        (Plan(Step.SEND, NOON), "Next try at 2026-05-31 12:00 UTC."),
        (Plan(Step.SEND), "It is sent in its turn."),
        (Plan(Step.SEND, second=True), "It was not seen there, and is sent a second time."),
        (Plan(Step.REST), None),
    ],
)
def test_what_comes_next_is_told(plan: Plan, words: str | None) -> None:
    found = tell_plan(plan, Action.REJECT)
    assert (None if found is None else str(found)) == words


def test_what_an_opt_in_waits_for_is_told() -> None:
    assert "decide what is to become of the opt-in" in str(tell_plan(Plan(Step.ASK), Action.ACCEPT))
    assert "earlier opt-out" in str(tell_plan(Plan(Step.SEND), Action.ACCEPT, waits=True))
    assert "not checked yet" in str(tell_plan(Plan(Step.SEND), Action.ACCEPT, held=True))


DELIVERED = Answered(status=200, headers=(), body=b'{"success": true}')


def test_delivered_and_that_it_is_checked_is_one_sentence() -> None:
    outlook = tell_plan(Plan(Step.LOOK_UP, NOON), Action.REJECT)
    assert str(tell_all(judge(DELIVERED, Action.REJECT), outlook)).startswith(
        "Delivered: Engagement has queued it; it is being looked up. Engagement shows it"
    )


def test_practice_is_never_told_as_queued_by_engagement() -> None:
    outlook = tell_plan(Plan(Step.LOOK_UP, NOON), Action.REJECT)
    told = str(tell_all(judge(DELIVERED, Action.REJECT, practice=True), outlook))
    assert told.startswith("Delivered to the Sandbox only. Not recorded in Engagement.")
    assert told.endswith("It is looked up by itself.")


FAILING = Failing(4, NOON, FailedLook(why=NoLook.TOO_LARGE), lasted=9)


@pytest.mark.parametrize("at", [None, NOON])
@pytest.mark.parametrize("failing", [None, FAILING])
@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.NOT_SHOWN])
def test_what_stands_in_view_names_no_time_that_may_pass(
    at: Timestamp | None, failing: Failing | None, state: State
) -> None:
    outlook = tell_plan(Plan(Step.LOOK_UP, at, failing=failing), Action.REJECT)
    told = str(
        tell_all(Judgement(state, say("tests", "Head."), say("tests", "It is looked up by itself.")), outlook)
    )
    assert told.startswith("Head. It is looked up by itself.")
    assert "12:00" not in told
    retry = tell_plan(Plan(Step.SEND, at), Action.REJECT) if at is not None else None
    assert (
        str(tell_all(Judgement(State.RETRY_WAIT, say("tests", "Head."), say("tests", "Advice.")), retry))
        == "Head. Advice."
    )


def test_looks_that_fail_are_told_with_their_reason_and_the_next_one() -> None:
    told = str(tell_plan(Plan(Step.LOOK_UP, later(60), failing=FAILING), Action.REJECT))
    assert told == (
        "It could not be looked up: 4 looks have failed since 2026-05-31 12:00 UTC, the last one because the "
        "answer was too long to read. Checking at 2026-05-31 12:01 UTC."
    )
    now = str(tell_plan(Plan(Step.LOOK_UP, failing=replace(FAILING, count=1)), Action.REJECT))
    assert "one look has failed since" in now
    assert now.endswith("It is being looked up now.")


def test_what_could_not_be_looked_up_is_a_persons_to_decide() -> None:
    told = str(tell_plan(Plan(Step.ASK, failing=FAILING), Action.ACCEPT))
    assert told.startswith("It could not be looked up: 4 looks have failed since")
    assert told.endswith("decide what is to become of the opt-in.")
    # What an earlier run left, and nobody may look up.
    left = str(tell_plan(Plan(Step.ASK, unsent=True), Action.ACCEPT))
    assert "in an earlier run" in left
    assert "this desk's key may not read consents" in left


@pytest.mark.parametrize(
    ("state", "practice", "words"),
    [
        (
            State.UNCONFIRMED,
            False,
            "Not confirmed: looks have failed since 2026-05-31 12:00 UTC, the last one",
        ),
        (State.SEEN, False, "Recorded, but not checked: looks have failed since"),
        (State.NOT_SHOWN, False, "Delivered, but not checked: looks have failed since"),
        (State.DELIVERED, True, "Practice: Delivered, but not checked: looks have failed since"),
    ],
)
def test_how_it_stands_says_that_the_looks_fail(state: State, practice: bool, words: str) -> None:
    judgement = tell_failing(FAILING, state, Action.REJECT, practice=practice)
    assert judgement.state is state
    assert str(judgement.headline).startswith(words)
    assert "the answer was too long to read" in str(judgement.headline)


def test_a_key_that_may_not_read_any_more_is_a_reason() -> None:
    assert str(why_failing(Failing(1, NOON, Look(blind=True))).why) == "this desk's key may not read consents"


def test_nobody_sends_again_what_may_be_there_without_being_asked() -> None:
    unsure = Plan(Step.ASK, failing=FAILING)
    assert "It may have been recorded. Look" in str(ask_to_send(unsure, State.UNCONFIRMED, Action.REJECT))
    assert "overrules an opt-out" in str(ask_to_send(unsure, State.UNCONFIRMED, Action.ACCEPT))
    assert "overrules" in str(ask_to_send(Plan(Step.LOOK_UP, unsent=True), State.QUEUED, Action.ACCEPT))
    assert ask_to_send(unsure, State.DELIVERED, Action.REJECT) is None
    assert ask_to_send(Plan(Step.ASK), State.NOT_SEEN, Action.REJECT) is None
    assert ask_to_send(Plan(Step.LOOK_UP, failing=FAILING), State.NOT_SEEN, Action.REJECT) is None


@pytest.mark.parametrize(("outlook", "words"), [(None, "Head. Advice."), ("Next.", "Head. Advice. Next.")])
def test_all_is_told_one_after_the_other(outlook: str | None, words: str) -> None:
    judgement = Judgement(State.UNCONFIRMED, say("tests", "Head."), say("tests", "Advice."))
    assert str(tell_all(judgement, None if outlook is None else say("tests", outlook))) == words


YES = CategoryStatus(valid=True, since=SINCE, source="crm")
NO = replace(YES, valid=False)
END = ValidUntil(1_800_000_000)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (replace(NO, since=None, source=""), "never asked"),
        (replace(NO, since=None, source="", until=ValidUntil()), "never asked"),
        (replace(YES, since=None, source=""), "accepted"),
        (replace(YES, source=""), "accepted since 2026-05-31 12:00 UTC"),
        (replace(YES, until=ValidUntil()), "accepted since 2026-05-31 12:00 UTC, source crm, unlimited"),
        (
            replace(YES, source="", until=END),
            "accepted since 2026-05-31 12:00 UTC, until 2027-01-15 08:00 UTC",
        ),
        *(
            (replace(NO, until=until), "opted out since 2026-05-31 12:00 UTC, source crm")
            for until in (None, END, ValidUntil())
        ),
        (replace(NO, since=1e12, source="{told}"), "opted out, source {told}"),
        (
            replace(NO, until=END, ended=True),
            "accepted since 2026-05-31 12:00 UTC, source crm, ended 2027-01-15 08:00 UTC",
        ),
        (
            replace(NO, until=END, ended=None),
            "opted out, or accepted and ended (not known which) since 2026-05-31 12:00 UTC, source crm, "
            "its end was 2027-01-15 08:00 UTC",
        ),
    ],
)
def test_what_holds_is_told_as_far_as_it_is_known(status: CategoryStatus, words: str) -> None:
    assert str(tell_status(status)) == words


@pytest.mark.parametrize("state", [State.NEW_PROFILE, State.NO_CATEGORY])
def test_what_is_to_be_checked_is_told_in_practice_as_practice(state: State) -> None:
    told = tell_check(state, needed=False, practice=True)
    assert str(told.headline).startswith("Practice: ")
    assert str(told.advice) == "You were asked about that, and sent it."
