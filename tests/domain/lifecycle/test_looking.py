"""What a look shows of one consent: what stands in the history, what holds, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import Consent, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.looking import later_events, look_of, tell_no_look, why_no_page
from consent_desk.domain.wire.customer import CategoryStatus, HistoryEvent
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    Look,
    LookReason,
    Lost,
    NoLook,
    NotSent,
    Outcome,
    Phase,
    Stored,
)
from tests.consents import NOON, a_consent, later

OURS = "4c2f6a8e-0000-4000-8000-000000000001"
SENT = NOON.micros / 1_000_000
MILLIS, MICROS = SENT * 1_000, SENT * 1_000_000
UNTIL = later(86_400 * 365).micros // 1_000_000


def consent_to(action: Action) -> Consent:
    until = ValidUntil() if action is Action.ACCEPT else None
    return a_consent(request_id=OURS, action=action, valid_until=until)


def ours(consent: Consent, timestamp: float | None = SENT, **changes: Any) -> HistoryEvent:
    event = HistoryEvent(
        timestamp=timestamp,
        action=consent.action.value,
        category=consent.category,
        request_id=consent.request_id,
        source="private_api",
        is_opt_in=consent.action is Action.ACCEPT,
        written=str(timestamp),
    )
    return replace(event, **changes)


def others(kind: Action, timestamp: float | None, **changes: Any) -> HistoryEvent:
    return ours(consent_to(kind), timestamp, **{"request_id": None, "source": "page", **changes})


def shown(action: Action, **changes: Any) -> CategoryStatus:
    """What is said where the event of this action rules."""
    until = ValidUntil() if action is Action.ACCEPT else None
    status = CategoryStatus(valid=action is Action.ACCEPT, since=SENT, source="private_api", until=until)
    return replace(status, **changes)


def reason(
    action: Action, events: Sequence[HistoryEvent], status: CategoryStatus | None, at: Timestamp = NOON
) -> LookReason | None:
    look = look_of(consent_to(action), events, status, at)
    assert look.seen
    return look.reason


OPPOSITE = {Action.ACCEPT: Action.REJECT, Action.REJECT: Action.ACCEPT}
BOTH = pytest.mark.parametrize("action", Action)


@BOTH
def test_what_stands_there_as_it_was_sent_and_holds_has_nothing_against_it(action: Action) -> None:
    consent = consent_to(action)
    assert look_of(consent, [ours(consent)], shown(action), NOON) == Look(
        seen=True, valid=action is Action.ACCEPT, since=SENT, source="private_api"
    )


@BOTH
def test_what_does_not_stand_there_is_not_seen(action: Action) -> None:
    consent = consent_to(action)
    assert look_of(consent, [], None, NOON) == Look()
    assert look_of(consent, [others(action, SENT - 1)], None, NOON) == Look()
    assert look_of(consent, [others(action, SENT + 1)], None, NOON) == Look(later=True)


@BOTH
@pytest.mark.parametrize("off", [-0.5, 0.25, 0.999999])
def test_of_its_time_the_second_counts(action: Action, off: float) -> None:
    consent = replace(consent_to(action), timestamp=later(-10), noted_at=NOON)
    stored = ours(consent, SENT - 10 + off)
    assert look_of(consent, [stored], shown(action, since=SENT - 10), NOON).reason is None


def cases(action: Action) -> dict[str, tuple[Sequence[HistoryEvent], dict[str, Any], LookReason | None]]:
    """Histories with an event of ours, what is said beside what we wished, and what speaks against it."""
    mine, other = ours(consent_to(action)), OPPOSITE[action]
    is_opt_in = action is Action.REJECT
    copy = replace(mine, timestamp=SENT + 5, action=other.value, is_opt_in=is_opt_in)
    far = others(other, MILLIS, category="newsletter")
    return {
        **{
            f"the same by somebody else, {by} s later": (
                [others(action, SENT + by), mine],
                {"since": SENT + by},
                None,
            )
            for by in (0, 1e-6, 1, MILLIS)
        },
        "sent twice": ([mine, mine], {}, None),
        "the opposite before it": ([mine, others(other, SENT - 1e-6)], {}, None),
        "a copy elsewhere": ([replace(mine, timestamp=SENT + 5, category="newsletter"), mine], {}, None),
        "the opposite elsewhere": (
            [far, others(other, SENT + 1e-6, category="newsletter"), mine],
            {},
            None,
        ),
        "the opposite at a time that cannot be read": ([others(other, None), mine], {}, None),
        "a copy without a time": ([replace(mine, timestamp=None), mine], {}, None),
        "a copy before": ([replace(mine, timestamp=SENT - 9), mine], {}, None),
        "a copy after": ([replace(mine, timestamp=SENT + 9), mine], {}, None),
        "a later copy with the other action": ([copy, mine], {}, LookReason.OVERRULED),
        "the opposite at the same time": ([mine, others(other, SENT)], {}, LookReason.SAME_TIME),
        "in the other order": ([others(other, SENT), mine], {}, LookReason.SAME_TIME),
        **{
            f"both at {time}": (
                [others(action, time), others(other, time), mine],
                {"since": time},
                LookReason.SAME_TIME,
            )
            for time in (SENT + 1, MILLIS)
        },
        "changed and changed back": (
            [others(action, SENT + 2), others(other, SENT + 1), mine],
            {"since": SENT + 2},
            LookReason.CHANGED_SINCE,
        ),
        "no time of its own": ([replace(mine, timestamp=None)], {}, LookReason.NO_TIME),
        **{
            f"at another time, {time}": ([replace(mine, timestamp=time)], {}, LookReason.OTHER_TIME)
            for time in (SENT - 1, SENT + 1, MILLIS)
        },
        "said of no event": ([mine], {"since": None}, LookReason.NO_EVENT),
        "said of an older one": ([mine], {"since": SENT - 1}, LookReason.OLDER),
        "the opposite said of none": ([mine], {"since": None, "valid": is_opt_in}, LookReason.NO_EVENT),
        "the opposite said of an older one": (
            [mine],
            {"since": SENT - 1, "valid": is_opt_in},
            LookReason.OLDER,
        ),
    }


@BOTH
@pytest.mark.parametrize("case", cases(Action.ACCEPT))
def test_what_speaks_against_it_is_named_and_nothing_else(action: Action, case: str) -> None:
    events, said, expected = cases(action)[case]
    assert reason(action, events, shown(action, **said)) is expected


@BOTH
def test_what_was_sent_twice_is_not_later_than_itself(action: Action) -> None:
    consent = consent_to(action)
    assert not look_of(consent, [ours(consent)] * 2, shown(action), NOON).later


# ------------------------------------------------------------------------------------ stored otherwise


@BOTH
def test_our_id_with_the_other_action_was_stored_otherwise(action: Action) -> None:
    consent = consent_to(action)
    other = ours(consent, action=OPPOSITE[action].value, is_opt_in=action is Action.REJECT)
    look = look_of(consent, [other], shown(action), NOON)
    assert look.reason is LookReason.STORED_OTHERWISE
    assert look.event == Stored(
        action=OPPOSITE[action].value, category=consent.category, time=str(SENT), source="private_api"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "newsletter"},
        {"category": ""},
        {"action": "Accept", "is_opt_in": False},
        {"action": "", "is_opt_in": False},
        # Without its end it is none: it revokes.
        {"is_opt_in": False},
    ],
)
def test_our_opt_in_with_another_category_or_none_was_stored_otherwise(changes: dict[str, Any]) -> None:
    consent = consent_to(Action.ACCEPT)
    assert (
        reason(Action.ACCEPT, [ours(consent, **changes)], shown(Action.ACCEPT)) is LookReason.STORED_OTHERWISE
    )


# ------------------------------------------------------------------------------------------ overruled


@BOTH
@pytest.mark.parametrize("later_by", [1e-6, 1, 86_400])
@pytest.mark.parametrize("told", ["lags", "follows", "not told"])
def test_a_later_event_of_the_other_action_rules(action: Action, later_by: float, told: str) -> None:
    consent, other = consent_to(action), OPPOSITE[action]
    follows = shown(other, since=SENT + later_by)
    status = {"lags": shown(action), "follows": follows, "not told": None}[told]
    look = look_of(consent, [others(other, SENT + later_by), ours(consent)], status, NOON)
    assert look.reason is LookReason.OVERRULED
    assert look.event is not None
    assert (look.event.action, look.event.source) == (other.value, "page")


def test_an_action_that_is_misspelt_revokes() -> None:
    misspelt = others(Action.REJECT, SENT + 1, action="Accept")
    assert reason(Action.ACCEPT, [misspelt, ours(consent_to(Action.ACCEPT))], shown(Action.ACCEPT)) is (
        LookReason.OVERRULED
    )
    assert reason(Action.REJECT, [misspelt, ours(consent_to(Action.REJECT))], shown(Action.REJECT)) is None


# ------------------------------------------------------------------------------------------ far ahead


@BOTH
@pytest.mark.parametrize("timestamp", [1e11, MILLIS, MICROS, MICROS * 1_000])
@pytest.mark.parametrize("lags", [True, False])
def test_milliseconds_against_it_rule_until_they_are_expired(
    action: Action, timestamp: float, lags: bool
) -> None:
    consent, other = consent_to(action), OPPOSITE[action]
    status = shown(action) if lags else shown(other, since=timestamp)
    far = others(other, timestamp, written="1780228246370")
    look = look_of(consent, [far, others(other, SENT + 1), ours(consent)], status, NOON)
    assert look.reason is LookReason.FAR_AHEAD
    assert look.event == Stored(
        action=other.value, category="sms_marketing", time="1780228246370", source="page"
    )


def test_milliseconds_that_agree_are_an_alarm_only_where_they_do_not_hold() -> None:
    events = [others(Action.ACCEPT, MILLIS), ours(consent_to(Action.ACCEPT))]
    assert reason(Action.ACCEPT, events, shown(Action.ACCEPT, since=MILLIS)) is None
    assert reason(Action.ACCEPT, events, None) is None
    assert reason(Action.ACCEPT, events, shown(Action.REJECT, since=MILLIS)) is LookReason.FAR_AHEAD


def test_an_opt_in_whose_end_is_past_does_not_hold() -> None:
    mine = [ours(consent_to(Action.ACCEPT))]
    past = ValidUntil(NOON.micros // 1_000_000)
    assert reason(Action.ACCEPT, mine, shown(Action.ACCEPT, until=past)) is LookReason.PAST_END
    assert (
        reason(Action.ACCEPT, mine, shown(Action.ACCEPT, since=SENT + 5, until=past)) is LookReason.PAST_END
    )


def test_our_opt_in_has_our_end() -> None:
    mine = [ours(consent_to(Action.ACCEPT))]
    assert reason(Action.ACCEPT, mine, shown(Action.ACCEPT, until=ValidUntil(UNTIL))) is LookReason.OTHER_END
    # Not told, or that of a later opt-in.
    assert reason(Action.ACCEPT, mine, shown(Action.ACCEPT, until=None)) is None
    later_one = [others(Action.ACCEPT, SENT + 5), *mine]
    status = shown(Action.ACCEPT, since=SENT + 5, until=ValidUntil(UNTIL))
    assert reason(Action.ACCEPT, later_one, status) is None


@pytest.mark.parametrize("until", [ValidUntil(), ValidUntil(UNTIL), ValidUntil(1)])
def test_an_opt_out_has_no_end_that_counts(until: ValidUntil) -> None:
    assert reason(Action.REJECT, [ours(consent_to(Action.REJECT))], shown(Action.REJECT, until=until)) is None


# --------------------------------------------------------------------------------------- later events


def test_later_events_are_those_of_others_for_the_same_category() -> None:
    consent = consent_to(Action.REJECT)
    events = (
        others(Action.ACCEPT, SENT + 200, category="newsletter"),
        others(Action.ACCEPT, SENT + 100),
        others(Action.ACCEPT, None),
        others(Action.REJECT, SENT + 50, request_id="another"),
        ours(consent),
        others(Action.ACCEPT, SENT),
        others(Action.ACCEPT, SENT - 1),
    )
    assert later_events(events, consent) == (events[1], events[3], events[5])


# ------------------------------------------------------------------------------------- no look at all


def answered(status: int, body: bytes, *, truncated: bool = False) -> Answered:
    return Answered(status=status, headers=(("x-request-id", "1"),), body=body, truncated=truncated)


@pytest.mark.parametrize(
    ("outcome", "why", "words"),
    [
        (NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE), NoLook.NO_ANSWER, "cannot be reached"),
        (Lost(phase=Phase.READING, cause=Cause.DEADLINE), NoLook.NO_ANSWER, "did not answer in time"),
        (answered(500, b"<html>"), NoLook.REFUSED, "had trouble"),
        (answered(429, b"Too Many Requests"), NoLook.REFUSED, "too many calls"),
        (answered(403, b"<html>Blocked</html>"), NoLook.REFUSED, "permission"),
        (answered(200, b'{"success": false}'), NoLook.REFUSED, "did not take the call"),
        (answered(200, b'{"success": true', truncated=True), NoLook.TOO_LARGE, "too long to read"),
        (answered(200, b'{"success": true}'), NoLook.UNREADABLE, "could not be understood"),
    ],
)
def test_why_there_was_no_look_is_told_in_true_words(outcome: Outcome, why: NoLook, words: str) -> None:
    assert why_no_page(outcome) is why
    assert words in str(tell_no_look(why, outcome).why)


@pytest.mark.parametrize("why", NoLook)
def test_every_reason_has_its_words_without_the_answer_too(why: NoLook) -> None:
    told = tell_no_look(why, None)
    assert str(told.why)
    assert str(told.advice)
