"""What the receipt says of one press of Send, whatever becomes of it, and when it gives way."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import ValidUntil
from consent_desk.domain.lifecycle.record import NO_CONTEXT, Entry, Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.ui.form.submission import Submission
from consent_desk.ui.outcomes.receipt import CallInHand, NotNoted, Press
from consent_desk.ui.states import called
from consent_desk.ui.widgets.tones import Tone
from tests.consents import NOON, a_consent, a_project, later

JANE, OMAR = Draft(customer_id="jane@example.com"), Draft(customer_id="omar@example.com")
BLANK = Draft(category="sms_marketing")
NAMES = {"sms_marketing": "SMS", "newsletter": "Newsletter", "push_messages": "Push"}
NO_WORKSPACE: Any = SimpleNamespace(practice=False)


def a_press(*categories: str, practice: bool = False, left_out: tuple[str, ...] = ()) -> Press:
    noted = (Noted.of(a_project(), a_consent(category=one)) for one in categories or ("sms_marketing",))
    entries = tuple(Entry.of(one, State.QUEUED) for one in noted)
    return Press(entries, "jane · opt-out", practice, left_out, lambda one: NAMES[one])


def go_on(press: Press, *states: State, tone: Tone = Tone.NEUTRAL, text: str = "Why.") -> list[str]:
    """What is said below the first two lines when the consents of `press` are in these states."""
    for entry, state in zip(press.last, states, strict=True):
        press.take(replace(entry, state=state), tone, text)
    return press.told(NOON).text.split("\n")[2:]


def submission(draft: Draft = JANE) -> Submission:
    return Submission(NO_WORKSPACE, a_project(), draft, ((a_consent(), NO_CONTEXT),))


def failure(draft: Draft = JANE) -> NotNoted:
    return NotNoted(submission(draft), "who", "where", "The disk is full.", "slip")


# -- what it says -----------------------------------------------------------------------------------


def test_what_was_noted_waits_then_leaves_then_arrives_and_is_verified() -> None:
    press = a_press()
    assert press.told(NOON).text.split("\n") == [
        "✓ Noted. You can end the call.",
        "jane · opt-out",
        "✓ On this computer — ○ Waits to be sent",
    ]
    press.take_sending(replace(press.last[0], state=State.IN_FLIGHT))
    assert press.told(NOON).steps == ("✓ On this computer", "○ Sending")
    assert not press.is_news
    press.verified_by = later(30)
    assert go_on(press, State.DELIVERED) == ["✓ On this computer — ✓ Delivered — ○ Verified in about 30 s"]
    assert press.told(later(30)).steps[-1] == "○ Being verified"
    assert go_on(press, State.VERIFIED, tone=Tone.GOOD) == ["✓ On this computer — ✓ Delivered — ✔ Verified"]
    assert press.told(NOON).tone is Tone.GOOD


def test_practice_is_verified_sooner_and_says_so() -> None:
    press = a_press(practice=True)
    press.verified_by = later(6)
    go_on(press, State.DELIVERED)
    assert press.told(NOON).steps[-1] == "○ Verified in a few seconds"
    assert press.told(later(6)).steps[-1] == "○ Being verified"


@pytest.mark.parametrize("state", [*State])
def test_no_state_is_called_verified_or_delivered_that_is_not(state: State) -> None:
    press = a_press()
    steps = "".join(go_on(press, state, tone=Tone.WARNING))
    assert ("Verified" in steps) == (state is State.VERIFIED)
    assert ("Delivered" in steps) == ("Delivered" in str(called(press.last[0], practice=False).word))


def test_what_did_not_leave_says_why_and_that_it_may_end_the_call() -> None:
    press = a_press()
    told = go_on(press, State.RETRY_WAIT, tone=Tone.WARNING, text="Not sent yet: no network.")
    assert told == [
        f"✓ On this computer — ▲ {called(press.last[0], practice=False).word}",
        "Not sent yet: no network.",
    ]
    assert press.told(NOON).head == "✓ Noted. You can end the call."
    # A tenth failed try is no news.
    press.take_sending(replace(press.last[0], state=State.IN_FLIGHT))
    assert press.last[0].state is State.RETRY_WAIT


def test_what_was_cancelled_is_red_and_no_more_called_noted() -> None:
    press = a_press()
    press.take(replace(press.last[0], state=State.DISCARDED, to_acknowledge=True), Tone.BAD, "Cancelled.")
    assert press.told(NOON).text == "✖ Not recorded\njane · opt-out\nCancelled."
    press.take(replace(press.last[0], to_acknowledge=False), Tone.NEUTRAL, "Acknowledged.")
    assert press.told(NOON).head == str(called(press.last[0], practice=False).word)


def test_practice_is_amber_and_nobody_may_take_it_for_real() -> None:
    press = a_press(practice=True)
    told = go_on(press, State.DELIVERED, text="Not recorded in Engagement.")
    assert told[-1] == "Not recorded in Engagement."
    assert (press.told(NOON).head, press.told(NOON).tone) == ("◆ Noted for practice.", Tone.PRACTICE)
    go_on(press, State.VERIFIED, tone=Tone.PRACTICE, text="Shown by the Sandbox.")
    assert press.told(NOON).tone is Tone.PRACTICE
    assert "✔" not in press.told(NOON).text


def test_several_of_different_outcome_are_counted_and_the_odd_ones_named() -> None:
    press = a_press(*NAMES)
    first, second, third = press.last
    press.take(replace(first, state=State.VERIFIED), Tone.GOOD, "Verified.")
    press.take(replace(second, state=State.VERIFIED), Tone.GOOD, "Verified.")
    press.take(replace(third, state=State.REFUSED), Tone.BAD, "Not accepted. Use Send again.")
    told = press.told(NOON)
    assert told.steps == ("✓ On this computer", "✖ 2 verified · 1 refused: Push")
    assert (told.tone, told.note) == (Tone.BAD, "Not accepted. Use Send again.")
    press.take(replace(third, state=State.VERIFIED), Tone.GOOD, "Verified.")
    assert press.told(NOON).steps == ("✓ On this computer", "✓ 3 delivered", "✔ 3 verified")


def test_it_is_green_only_when_all_are_verified() -> None:
    press = a_press("sms_marketing", "newsletter")
    first, second = press.last
    press.take(replace(first, state=State.VERIFIED), Tone.GOOD, "Verified.")
    press.take(replace(second, state=State.DELIVERED), Tone.NEUTRAL, "Delivered.")
    told = press.told(NOON)
    assert (told.tone, told.steps[-1]) == (Tone.NEUTRAL, "✓ 1 verified · 1 delivered")


def test_after_something_unexpected_it_is_not_called_on_its_way() -> None:
    press = a_press()
    assert "— ✖ Not settled" in go_on(press, State.QUEUED, tone=Tone.BAD)[0]


def test_what_was_left_out_is_named() -> None:
    press = a_press(left_out=("newsletter", "push_messages"))
    assert press.told(NOON).note == "Left as it was: Newsletter, Push."


# -- when it gives way ------------------------------------------------------------------------------


@pytest.fixture
def call() -> CallInHand:
    call = CallInHand()
    call.change_form(JANE)
    call.begin(submission())
    return call


def shown(call: CallInHand) -> object:
    """What stands under the form."""
    return call.shown


def noted(call: CallInHand, *, left_by: Draft = BLANK) -> Press:
    press = a_press()
    call.take_noted(press, left_by=left_by, blank=BLANK)
    return press


def test_it_yields_to_the_first_change_of_the_form_and_returns_when_that_is_emptied(call: CallInHand) -> None:
    press = noted(call)
    call.change_form(BLANK)
    assert shown(call) is press
    call.change_form(OMAR)
    assert shown(call) is None
    call.change_form(BLANK)
    assert shown(call) is press


def test_what_was_typed_for_the_next_caller_meanwhile_hides_it_with_the_next_key(call: CallInHand) -> None:
    press = noted(call, left_by=OMAR)
    call.change_form(OMAR)
    assert shown(call) is press
    call.change_form(replace(OMAR, ticket="1"))
    call.change_form(OMAR)
    assert shown(call) is None


def test_a_slow_disk_is_told_of_until_it_ends_whatever_is_typed(call: CallInHand) -> None:
    assert shown(call) is None
    call.is_slow = True
    call.change_form(OMAR)
    assert shown(call) is call.noting is not None
    call.end_noting()
    assert shown(call) is None


def test_what_is_not_noted_stays_with_its_caller_and_steps_aside_for_the_next(call: CallInHand) -> None:
    failed = failure()
    call.take_failure(failed, JANE)
    call.change_form(replace(JANE, ticket="4711"))
    assert shown(call) is failed
    call.change_form(OMAR)
    assert call.beside == [failed]
    call.change_form(JANE)
    assert (call.beside, call.only_here) == ([failed], (failed,))
    assert shown(call) is not failed


def test_what_is_not_noted_while_the_next_caller_is_typed_stands_aside_at_once(call: CallInHand) -> None:
    failed = failure()
    call.take_failure(failed, OMAR)
    assert (shown(call), call.beside) == (None, [failed])


def test_an_opt_in_that_waited_for_its_customer_is_not_tried_again_beside_another_call() -> None:
    waited = replace(submission(), hold=20.0)
    accept = a_consent(action=Action.ACCEPT, valid_until=ValidUntil())
    opt_in = replace(waited, all=((accept, NO_CONTEXT),))
    for one, can_try in ((waited, True), (opt_in, False), (replace(opt_in, hold=0.0), True)):
        assert NotNoted(one, "who", "where", "why", "slip").can_try_aside == can_try
    assert not NotNoted(waited, "who", "where", "why", "slip", can_try=False).can_try_aside


def test_what_was_tried_again_without_its_first_category_is_noted(call: CallInHand) -> None:
    sms, newsletter = str(uuid4()), str(uuid4())
    both = tuple((a_consent(request_id=one), NO_CONTEXT) for one in (sms, newsletter))
    call.take_failure(replace(failure(), submission=replace(submission(), all=both)), JANE)
    call.begin(replace(submission(), all=both[1:]))
    assert call.beside == []
    assert call.settle(newsletter)
    assert call.only_here == ()


def test_what_was_dismissed_in_its_place_is_told_until_the_form_or_what_is_noted_is_anothers(
    call: CallInHand,
) -> None:
    for ends in (
        lambda: call.change_form(OMAR),
        lambda: noted(call),
        lambda: call.take_failure(failure(replace(JANE, ticket="4711")), JANE),
        call.leave_project,
    ):
        failed = failure()
        call.take_failure(failed, JANE)
        call.dismiss(failed)
        call.change_form(replace(JANE, ticket="4711"))
        assert (shown(call), call.dismissed) == (None, JANE)
        ends()
        assert call.dismissed is None
        call.leave_project()
    call.dismiss(call.beside[0])
    assert call.dismissed is None


def test_of_practice_nothing_is_kept_for_later(call: CallInHand) -> None:
    practised = replace(failure(), submission=replace(submission(), project=a_project(practice=True)))
    call.take_failure(practised, JANE)
    assert (shown(call), call.only_here) == (practised, ())
    call.change_form(OMAR)
    assert (shown(call), call.beside) == (None, [])


def test_what_was_copied_gives_way_to_the_next_caller(call: CallInHand) -> None:
    failed = failure()
    call.take_failure(failed, JANE)
    failed.is_copied = True
    assert (shown(call), call.only_here) == (failed, ())
    call.change_form(OMAR)
    assert (shown(call), call.beside) == (None, [])


def test_what_is_tried_again_in_vain_keeps_its_place(call: CallInHand) -> None:
    first, second = failure(), failure(OMAR)
    for one in (first, second):
        call.take_failure(one, None)
    again = replace(first, why="Still full.")
    call.take_failure(again, None)
    assert call.beside == [again, second]
    assert call.settle(first.submission.consent.request_id)
    assert not call.settle(first.submission.consent.request_id)
    assert call.beside == [second]


def test_of_a_caller_who_is_on_the_line_again_it_stands_in_place_once_more(call: CallInHand) -> None:
    first, other = failure(), failure(replace(JANE, ticket="4711"))
    call.take_failure(first, JANE)
    call.change_form(OMAR)
    call.take_failure(other, JANE)
    again = replace(first, why="Still full.")
    call.take_failure(again, JANE)
    assert (shown(call), call.beside) == (again, [other])


def test_a_failure_of_another_call_leaves_that_in_hand_where_it_is(call: CallInHand) -> None:
    in_hand, other = failure(), failure(OMAR)
    call.take_failure(in_hand, JANE)
    call.take_failure(other, None)
    assert (shown(call), call.beside) == (in_hand, [other])


def test_what_is_noted_for_the_same_caller_leaves_what_is_not_in_view(call: CallInHand) -> None:
    failed = failure()
    call.take_failure(failed, JANE)
    press = noted(call)
    assert (shown(call), call.beside) == (press, [failed])


def test_with_another_project_nothing_is_said_of_the_last_call_but_what_is_nowhere_else(
    call: CallInHand,
) -> None:
    noted(call)
    failed = failure(BLANK)
    call.take_failure(failed, BLANK)
    call.leave_project()
    assert (shown(call), call.beside) == (None, [failed])
    call.change_form(BLANK)
    assert shown(call) is None


def test_of_several_what_was_given_up_when_it_may_have_left_is_not_said_to_be_unrecorded() -> None:
    press = a_press("sms_marketing", "newsletter")
    first, second = press.last
    press.take(replace(first, state=State.DISCARDED, may_have_left=True), Tone.WARNING, "Why.")
    press.take(replace(second, state=State.SEEN), Tone.NEUTRAL, "Why.")
    assert press.outcome() == "1 given up, perhaps recorded: SMS · 1 in the history"
    press.take(replace(first, state=State.DISCARDED), Tone.WARNING, "Why.")
    press.take(replace(second, state=State.DISCARDED, may_have_left=True), Tone.WARNING, "Why.")
    assert press.told(NOON).head == "Given up, perhaps recorded"
