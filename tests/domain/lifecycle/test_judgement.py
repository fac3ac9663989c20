import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Field
from consent_desk.domain.lifecycle.judgement import Judgement, decision, judge, noun, was_refused_for_settings
from consent_desk.domain.lifecycle.state import (
    ACCEPTED_STATES,
    OPEN_STATES,
    SENDABLE_STATES,
    TO_CHECK_STATES,
    UNSENT_STATES,
    Fact,
    State,
)
from consent_desk.domain.text import hidden_character
from consent_desk.domain.wire.answer import Headers
from consent_desk.domain.wire.outcome import (
    Answered,
    Cause,
    Lost,
    NotSent,
    Outcome,
    Phase,
    Way,
    why_no_answer,
)
from tests.consents import NOON
from tests.domain.wire.test_answer import BODIES, HEADERS, OURS, mutated

TAKEN = b'{"success": true, "errors": []}'
DO_NOT = "Do not enter it again."
LOOK = "It may be there, or may come within a minute: it is looked up by itself."
OUTCOMES: st.SearchStrategy[Outcome] = (
    st.builds(
        Answered,
        status=st.integers(0, 999) | st.sampled_from([200, 302, 400, 403, 429, 500]),
        headers=HEADERS,
        body=BODIES,
        truncated=st.booleans(),
    )
    | st.builds(NotSent, phase=st.sampled_from(Phase), cause=st.sampled_from(Cause), detail=st.text())
    | st.builds(Lost, phase=st.sampled_from(Phase), cause=st.sampled_from(Cause), detail=st.text())
)


def answered(status: int, body: bytes, *, truncated: bool = False, headers: Headers = OURS) -> Judgement:
    return judge(Answered(status=status, headers=headers, body=body, truncated=truncated), Action.REJECT)


def sentence(judgement: Judgement) -> str:
    return str(judgement.headline)


# ----------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("changes", "headline", "advice"),
    [
        ({}, "Delivered: Engagement has queued it.", "does not check the customer ID"),
        ({"known": True}, "Delivered: Engagement has queued it.", "Engagement shows it within a minute."),
        (
            {"practice": True},
            "Delivered to the Sandbox only. Not recorded in Engagement.",
            "This was practice. Choose a real project to record a decision.",
        ),
    ],
    ids=["nobody looked", "a known customer", "practice"],
)
def test_delivered_is_queued_and_no_more(changes: dict[str, bool], headline: str, advice: str) -> None:
    judgement = judge(Answered(status=200, headers=OURS, body=TAKEN), Action.REJECT, **changes)
    assert (judgement.state, judgement.field) == (State.DELIVERED, None)
    assert sentence(judgement) == headline
    assert advice in str(judgement.advice)
    assert ("customer ID" in str(judgement.advice)) is not bool(changes)


@pytest.mark.parametrize(
    "body",
    [b'{"success": true, "errors": {}}', b'{"success": true, "errors": null, "error": "", "message": null}'],
)
def test_success_without_an_error_is_delivered(body: bytes) -> None:
    assert answered(200, body).state is State.DELIVERED


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"<html>ok</html>", b'{"success": 1}', b'[{"success": true}]', TAKEN + b"x"),
        *(b'{"results": [{"success": true}]}', b'{"success": true, "success": true}'),
        *(b'{"success": true, "errors": [{"code": 5}]}', b'{"success": true, "errors": [null]}'),
        *(b'{"success": true, "errors": true}', b'{"success": true, "error": "Anything"}'),
        *(b'{"success": true, "message": "Anything"}', b'{"success": true, "error": {"code": 5}}'),
        b'{"success": true, "errors": [[[[[[[["deep"]]]]]]]]}',
    ],
)
def test_an_answer_that_does_not_say_it_clearly_is_unconfirmed(body: bytes) -> None:
    judgement = answered(200, body)
    assert judgement.state is State.UNCONFIRMED
    assert sentence(judgement).endswith(DO_NOT)
    assert str(judgement.advice).startswith(LOOK)


@pytest.mark.parametrize("body", [b"", TAKEN, b'{"success": false}', b"<html>"])
@pytest.mark.parametrize("headers", [(), OURS])
@pytest.mark.parametrize("truncated", [False, True])
def test_another_status_is_unconfirmed_whatever_the_body_says(
    body: bytes, headers: Headers, truncated: bool
) -> None:
    for status in (0, 100, 101, 201, 202, 204, 206, 299, 500, 502, 503, 504, 599, 999):
        judgement = answered(status, body, headers=headers, truncated=truncated)
        assert judgement.state is State.UNCONFIRMED
        assert sentence(judgement).endswith(DO_NOT)
        assert str(judgement.advice).startswith(LOOK)


@pytest.mark.parametrize("body", [TAKEN, b'{"success": false}'])
def test_a_truncated_answer_is_unconfirmed(body: bytes) -> None:
    judgement = answered(200, body, truncated=True)
    assert judgement.state is State.UNCONFIRMED
    assert "too long to read" in sentence(judgement)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"success": false, "error": "Too Many Requests"}'])
@pytest.mark.parametrize("truncated", [False, True])
def test_over_the_rate_limit_nothing_was_stored(body: bytes, truncated: bool) -> None:
    judgement = answered(429, body, truncated=truncated)
    assert judgement.state is State.RETRY_WAIT
    assert sentence(judgement) == (
        "Not sent yet: Engagement is taking too many calls at the moment. "
        "The opt-out is kept on this computer. Do not enter it again."
    )
    assert str(judgement.advice) == "It is tried again by itself."


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("body", [b"", b'{"success": false}', b"<html>"])
def test_any_other_3xx_or_4xx_is_refused(body: bytes, truncated: bool) -> None:
    for status in {*range(300, 500)} - {429}:
        assert answered(status, body, truncated=truncated).state is State.REFUSED


@pytest.mark.parametrize("body", [TAKEN, b'{"success": true, "error": "Too Many Requests"}'])
@pytest.mark.parametrize("truncated", [False, True])
def test_an_answer_that_contradicts_itself_is_unconfirmed(body: bytes, truncated: bool) -> None:
    for status in range(300, 500):
        judgement = answered(status, body, truncated=truncated)
        assert judgement.state is State.UNCONFIRMED
        assert sentence(judgement) == (
            f"Not yet confirmed: the answer contradicts itself: HTTP {status}, and success. {DO_NOT}"
        )


@pytest.mark.parametrize("body", [b'{"success": false}', b'{"success": false, "errors": []}'])
def test_a_failure_within_a_200_is_refused(body: bytes) -> None:
    assert answered(200, body).state is State.REFUSED


def test_a_refusal_says_why_in_both_words_and_that_the_decision_is_kept() -> None:
    judgement = answered(403, b'{"success": false, "error": "invalid secret"}')
    assert sentence(judgement) == (
        "Not accepted: this desk's key is wrong (403 invalid secret). "
        "The opt-out is kept. Do not enter it again."
    )
    assert judgement.field is Field.API_SECRET
    assert str(judgement.advice) == (
        "Tell your administrator: the API secret does not belong to the API key ID. Then use Send again."
    )


def test_a_refused_customer_id_is_entered_again() -> None:
    judgement = answered(200, b'{"success": false, "errors": ["At least one valid id should be specified"]}')
    assert sentence(judgement) == (
        "Not accepted: Engagement does not take this customer ID "
        "(200 At least one valid id should be specified). The opt-out was not recorded."
    )
    assert str(judgement.advice) == "Check the customer ID and its type. Then enter the opt-out again."


def test_a_redirect_says_where_to() -> None:
    judgement = answered(302, b"", headers=(("location", "https://evil.example/login"),))
    assert judgement.state is State.REFUSED
    assert "to evil.example; nothing was sent there (302)" in sentence(judgement)


def test_braces_in_an_answer_stay_braces() -> None:
    body = json.dumps({"success": False, "errors": ["{noun} {0} {x!r} {"]}).encode()
    assert "(400 {noun} {0} {x!r} {)" in sentence(answered(400, body))


@pytest.mark.parametrize(
    ("action", "word", "words"),
    [(Action.REJECT, "opt-out", "opt-out of sms"), (Action.ACCEPT, "opt-in", "opt-in to sms")],
)
def test_a_decision_is_called_what_a_person_calls_it(action: Action, word: str, words: str) -> None:
    assert str(noun(action)) == word
    assert str(decision(action, "sms")) == words
    refusal = Answered(status=400, headers=(), body=b'{"success": false}')
    assert f"The {word} is kept" in sentence(judge(refusal, action))


# --------------------------------------------------------------------------------------------- no answers


@pytest.mark.parametrize("cause", Cause)
def test_what_was_not_sent_is_kept_unless_it_was_cancelled(cause: Cause) -> None:
    judgement, *others = (judge(NotSent(phase=phase, cause=cause), Action.ACCEPT) for phase in Phase)
    assert others == [judgement] * len(others)
    if cause is Cause.CANCELLED:
        assert judgement.state is State.DISCARDED
        assert sentence(judgement) == "Not recorded: it was cancelled, and Engagement has not taken it."
    elif cause is Cause.OVERTAKEN:
        assert judgement.state is State.DISCARDED
        assert sentence(judgement) == "Overtaken by a later decision: this opt-in is not sent."
    elif cause not in {Cause.HELD, Cause.REMOVED}:
        is_ours = cause is Cause.PROGRAM_ENDED
        assert judgement.state is (State.QUEUED if is_ours else State.RETRY_WAIT)
        assert sentence(judgement).startswith("Not sent yet: ")
        assert sentence(judgement).endswith("The opt-in is kept on this computer. Do not enter it again.")
        assert ("It is tried again by itself." in str(judgement.advice)) is not is_ours


@pytest.mark.parametrize(
    ("cause", "state", "words", "end", "unsaid"),
    [
        (
            Cause.HELD,
            State.QUEUED,
            "its project now leads elsewhere. The opt-out is kept",
            "Enter the opt-out again only if it was noted for a wrong base URL.",
            "next start",
        ),
        (
            Cause.REMOVED,
            State.REFUSED,
            "its project was removed from this computer. The opt-out was not recorded.",
            "Enter the opt-out again.",
            "Send again",
        ),
    ],
)
def test_what_has_no_way_any_more_says_when_to_enter_it_again(
    cause: Cause, state: State, words: str, end: str, unsaid: str
) -> None:
    judgement = judge(NotSent(phase=Phase.RESOLVING, cause=cause), Action.REJECT)
    told = f"{judgement.headline} {judgement.advice}"
    assert judgement.state is state
    assert words in told
    assert end in told
    assert DO_NOT not in told
    assert unsaid not in told


@pytest.mark.parametrize("cause", Cause)
def test_what_was_lost_is_unconfirmed(cause: Cause) -> None:
    for phase in Phase:
        judgement = judge(Lost(phase=phase, cause=cause), Action.REJECT)
        assert judgement.state is State.UNCONFIRMED
        if cause is Cause.CANCELLED:
            too_late = "Cancelled too late: Engagement may have it. It will be looked up, not sent again."
            assert (sentence(judgement), str(judgement.advice)) == (too_late, DO_NOT)
        else:
            assert sentence(judgement).endswith(DO_NOT), phase
            assert str(judgement.advice).startswith(LOOK)


@pytest.mark.parametrize(
    ("cause", "why", "field"),
    [
        (Cause.UNKNOWN_HOST, "was not found", Field.BASE_URL),
        (Cause.CONNECTION_REFUSED, "nothing answers", Field.BASE_URL),
        (Cause.UNREACHABLE, "cannot be reached", None),
        (Cause.CERTIFICATE, "could not prove", Field.BASE_URL),
        (Cause.CERTIFICATE_ISSUER, "does not trust the issuer", Field.BASE_URL),
        (Cause.CERTIFICATE_NAME, "is for another name", Field.BASE_URL),
        (Cause.CERTIFICATE_DATE, "has expired or is not valid yet", None),
        (Cause.CLIENT_CERTIFICATE, "wants a client certificate", Field.BASE_URL),
        (Cause.NO_COMMON_TLS, "no version or cipher of TLS", Field.BASE_URL),
        (Cause.HANDSHAKE, "did not agree to a secure connection", Field.BASE_URL),
        (Cause.NOT_TLS, "does not speak https", Field.BASE_URL),
        (Cause.PROXY, "did not let it through", None),
        (Cause.PROXY_CREDENTIALS, "user name and password", None),
        (Cause.PROXY_SETTING, "whose address cannot be read", None),
        (Cause.PROXY_KIND, "does not support, such as SOCKS", None),
        (Cause.DEADLINE, "in time", None),
        (Cause.HELD, "leads elsewhere", Field.BASE_URL),
        (Cause.REMOVED, "was removed from this computer", None),
        (Cause.UNEXPECTED, "could not be made", None),
        (Cause.CUT, "could not be made", None),
        (Cause.CANCELLED, "could not be made", None),
    ],
)
def test_what_was_not_sent_says_why(cause: Cause, why: str, field: Field | None) -> None:
    told = why_no_answer(NotSent(phase=Phase.CONNECTING, cause=cause))
    assert why in str(told.why)
    assert told.field is field


def test_an_issuer_is_named_where_it_is_known() -> None:
    untrusted = NotSent(
        phase=Phase.CONNECTING, cause=Cause.CERTIFICATE_ISSUER, way=Way(issuer="Acme {Interception}")
    )
    named = "this computer does not trust the issuer of the server's certificate, Acme {Interception}"
    assert str(why_no_answer(untrusted).why) == named


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (Way(), ""),
        (Way(proxy="proxy:3128"), "through the proxy proxy:3128"),
        (
            Way(proxy="proxy:3128", named_by="all_proxy"),
            "through the proxy proxy:3128; named by all_proxy",
        ),
        (Way(direct_by="no_proxy"), "without a proxy because of no_proxy"),
        (
            Way(issuer="Acme", ends="2027-01-31"),
            "certificate issued by Acme; it ends on 2027-01-31",
        ),
        (
            Way(trust=(("SSL_CERT_FILE", "/a"), ("SSL_CERT_DIR", "/b"))),
            "trusted is what is named by SSL_CERT_FILE and SSL_CERT_DIR",
        ),
    ],
)
def test_a_way_is_told_for_the_details(way: Way, told: str) -> None:
    assert str(way) == told


def test_two_outcomes_are_one_whatever_their_ways() -> None:
    assert Lost(phase=Phase.WAITING, cause=Cause.CUT) == Lost(
        phase=Phase.WAITING, cause=Cause.CUT, way=Way(proxy="proxy:3128")
    )


@pytest.mark.parametrize(
    ("phase", "cause", "why"),
    [
        (Phase.WAITING, Cause.PROGRAM_ENDED, "the program ended while it was being sent"),
        (Phase.READING, Cause.DEADLINE, "Engagement did not answer in time"),
        (Phase.SENDING, Cause.DEADLINE, "Engagement did not answer in time"),
        (Phase.SENDING, Cause.CUT, "the line broke while it was being sent"),
        (Phase.READING, Cause.CUT, "the line broke while Engagement was answering"),
        (Phase.READING, Cause.MALFORMED, "the answer could not be understood"),
        (Phase.WAITING, Cause.CUT, "the line broke before Engagement answered"),
        (Phase.WAITING, Cause.UNEXPECTED, "something unexpected went wrong on this computer"),
        (
            Phase.WAITING,
            Cause.CLIENT_CERTIFICATE,
            "the server wants a client certificate, and Consent Desk has none",
        ),
    ],
)
def test_what_was_lost_says_how(phase: Phase, cause: Cause, why: str) -> None:
    lost = Lost(phase=phase, cause=cause)
    assert str(why_no_answer(lost).why) == why
    assert sentence(judge(lost, Action.REJECT)) == f"Not yet confirmed: {why}. {DO_NOT}"


# ------------------------------------------------------------------------------------------- all outcomes


@given(OUTCOMES, st.sampled_from(Action), st.booleans())
def test_any_outcome_is_judged_in_inert_words(outcome: Outcome, action: Action, practice: bool) -> None:
    judgement = judge(outcome, action, practice=practice)
    for words in (str(judgement.headline), str(judgement.advice)):
        assert words.endswith(".")
        assert hidden_character(words) is None
        assert len(words) < 7_000
    assert judgement.state is not State.IN_FLIGHT


@given(OUTCOMES, st.sampled_from(Action))
def test_practice_changes_no_state_and_says_that_nothing_reached_engagement(
    outcome: Outcome, action: Action
) -> None:
    practised, real = judge(outcome, action, practice=True), judge(outcome, action)
    assert practised.state is real.state
    assert "Engagement has queued it" not in f"{practised.headline} {practised.advice}"
    if practised.state is State.DELIVERED:
        assert sentence(practised) == "Delivered to the Sandbox only. Not recorded in Engagement."


@given(st.integers(0, 999) | st.just(200), st.binary() | mutated(), st.booleans())
def test_only_success_true_is_delivered(status: int, body: bytes, truncated: bool) -> None:
    judgement = answered(status, body, truncated=truncated)
    if judgement.state is State.DELIVERED:
        document = json.loads(body.decode("utf-8-sig"))
        assert (status, truncated, document["success"]) == (200, False, True)
        assert not document.get("errors")
        assert b'"success"' in body
    else:
        assert "Delivered" not in sentence(judgement)


def test_what_may_be_sent_again_is_certainly_not_recorded() -> None:
    assert {State.QUEUED, State.RETRY_WAIT, State.REFUSED} == UNSENT_STATES
    assert {State.NOT_SEEN} == SENDABLE_STATES - UNSENT_STATES
    assert SENDABLE_STATES < OPEN_STATES
    assert not OPEN_STATES & ACCEPTED_STATES
    assert TO_CHECK_STATES < ACCEPTED_STATES
    settled = {State.VERIFIED, State.CONTRADICTED, State.DISCARDED}
    assert set(State) - OPEN_STATES - ACCEPTED_STATES == settled


@given(OUTCOMES, st.sampled_from(Action))
def test_a_second_sending_makes_nothing_certain_but_success(outcome: Outcome, action: Action) -> None:
    second, first = judge(outcome, action, again=True), judge(outcome, action)
    if first.state in {State.DELIVERED, State.UNCONFIRMED} or (
        isinstance(outcome, NotSent) and outcome.cause is Cause.OVERTAKEN
    ):
        assert second == first
    else:
        assert second.state is State.UNCONFIRMED
        for claim in ("nothing was sent.", "not recorded", "Not sent yet", "Not accepted"):
            assert claim not in sentence(second)


def test_what_was_cancelled_before_it_left_again_may_have_left_before() -> None:
    outcome = NotSent(phase=Phase.CONNECTING, cause=Cause.CANCELLED)
    judgement = judge(outcome, Action.REJECT, again=True)
    assert sentence(judgement) == "Cancelled before it left a second time: Engagement may have the first."


def test_what_was_overtaken_is_overtaken_however_often_it_was_sent() -> None:
    outcome = NotSent(phase=Phase.RESOLVING, cause=Cause.OVERTAKEN)
    assert judge(outcome, Action.ACCEPT, again=True) == judge(outcome, Action.ACCEPT)


def test_what_is_refused_a_second_time_is_still_unconfirmed() -> None:
    body = b'{"success": false, "error": "invalid secret"}'
    judgement = judge(Answered(status=403, headers=OURS, body=body), Action.REJECT, again=True)
    assert sentence(judgement) == (
        "Not yet confirmed, and not taken a second time: this desk's key is wrong. Do not enter it again."
    )


def refused(status: int, body: bytes, headers: Headers = OURS) -> tuple[Fact, ...]:
    return (Fact(at=NOON, state=State.REFUSED, outcome=Answered(status=status, headers=headers, body=body)),)


REMOVED = NotSent(phase=Phase.RESOLVING, cause=Cause.REMOVED)
REFUSALS = {
    "secret": (refused(403, b'{"error": "invalid secret"}'), True),
    "key": (refused(401, b'{"error": "Access key not found"}'), True),
    "permission": (refused(403, b'{"error": "something else"}'), True),
    "200": (
        refused(200, b'{"success": false, "error": "Not authorized to add event of specified type"}'),
        True,
    ),
    "token": (refused(400, b'{"success": false, "error": "Invalid project id"}'), True),
    "address": (refused(404, b"The requested URL was not found on the server"), True),
    "redirect": (refused(302, b""), True),
    "firewall": (refused(403, b"<html>blocked</html>", ()), True),
    "proxy": (refused(407, b"no", ()), True),
    "customer": (
        refused(400, b'{"success": false, "errors": ["At least one id should be specified."]}'),
        False,
    ),
    "broken": (refused(400, b'{"success": false, "error": "Invalid JSON"}'), False),
    "field": (refused(400, b'{"success": false, "errors": ["Field \'event_type\' is required."]}'), False),
    "in flight": ((*refused(401, b"{}"), Fact(at=NOON, state=State.IN_FLIGHT)), False),
    "removed": ((Fact(at=NOON, state=State.REFUSED, outcome=REMOVED),), False),
}


@pytest.mark.parametrize(("facts", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_what_was_refused_for_the_settings_may_pass_when_they_are_mended(
    facts: tuple[Fact, ...], expected: bool
) -> None:
    assert was_refused_for_settings(facts) is expected


def test_what_was_refused_for_the_address_is_kept_as_long_as_that_stays() -> None:
    judgement = judge(Answered(status=404, headers=OURS, body=b"not found"), Action.REJECT)
    assert "was not recorded, and is kept." in sentence(judgement)
    assert "Where the base URL stays as it is, use Send again." in str(judgement.advice)
    assert "Where it has to be changed, enter the opt-out again." in str(judgement.advice)
