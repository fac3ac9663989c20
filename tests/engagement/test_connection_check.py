from dataclasses import replace

import pytest

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase, Way
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_history, prepare_system_time
from consent_desk.engagement.connection_check import CheckStep, Finding, Report, check_connection
from tests.consents import a_project
from tests.delivery.desk import Wire
from tests.faulty_engagement import told

SECONDS = 1_533_663_283
NOW = Timestamp(SECONDS * 1_000_000 + 890_000)
PROJECT = a_project(id_types=("email_id", "registered"))
LOOPBACK = replace(PROJECT, base_url=BaseUrl(scheme="http", host="127.0.0.1", port=8080))


def time(seconds: object = SECONDS + 0.89) -> Answered:
    return told(200, {"success": True, "errors": [], "time": seconds})


EMPTY_HISTORY = told(200, {"success": True, "data": []})
UNKNOWN_CUSTOMER = told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}})
NO_PERMISSION = told(403, {"success": False, "error": "No permission"})
SILENCE = Lost(phase=Phase.WAITING, cause=Cause.DEADLINE)


def check(*outcomes: Outcome, project: Project = PROJECT, now: Timestamp = NOW) -> Report:
    """The report on `outcomes`, each of which must have been asked for."""
    script = Wire(*outcomes)
    report = check_connection(script, project, lambda: now)
    assert len(script.requests) == len(outcomes)
    return report


def verdicts(report: Report) -> list[tuple[str, Finding]]:
    return [(str(step.name), step.verdict) for step in report.steps]


def step(report: Report, name: str) -> CheckStep:
    (found,) = (step for step in report.steps if str(step.name) == name)
    return found


PROXY = "Proxy"
NAME, CONNECTION, CREDENTIALS, CLOCK = "Name look-up", "Connection", "Credentials", "Clock"
GET, SET = "Events > consent: Get", "Events > consent: Set"
REACHED = [(NAME, Finding.GOOD), (CONNECTION, Finding.GOOD)]


def test_good_connection_is_good_in_all_but_what_only_a_send_can_show() -> None:
    report = check(time(), EMPTY_HISTORY)
    assert verdicts(report) == [
        *REACHED,
        (CREDENTIALS, Finding.GOOD),
        (CLOCK, Finding.GOOD),
        (GET, Finding.GOOD),
        (SET, Finding.INFORMATION),
    ]
    assert report.works
    assert "real send" in str(step(report, SET).message)


def test_system_time_and_the_history_of_nobody_are_asked_and_nothing_else() -> None:
    script = Wire(time(), EMPTY_HISTORY)
    check_connection(script, PROJECT, lambda: NOW)
    nobody = CustomerId(type="email_id", value="consent-desk-connection-check")
    assert script.requests == [prepare_system_time(PROJECT), prepare_history(PROJECT, nobody, limit=1)]


def test_no_step_of_a_report_holds_the_secret() -> None:
    for report in (check(time(), EMPTY_HISTORY), check(NO_PERMISSION), check(SILENCE)):
        assert "canary-secret" not in repr(report) + " ".join(str(step.message) for step in report.steps)


def test_tls_is_named_for_https_and_its_absence_for_this_computer() -> None:
    assert "TLS" in str(step(check(time(), EMPTY_HISTORY), CONNECTION).message)
    on_loopback = check(time(), EMPTY_HISTORY, project=LOOPBACK)
    assert "without TLS" in str(step(on_loopback, CONNECTION).message)


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent(phase=Phase.RESOLVING, cause=Cause.DEADLINE),
        NotSent(phase=Phase.RESOLVING, cause=Cause.UNKNOWN_HOST),
        NotSent(phase=Phase.RESOLVING, cause=Cause.UNEXPECTED),
        NotSent(phase=Phase.CONNECTING, cause=Cause.UNKNOWN_HOST),
    ],
)
def test_name_that_is_not_found_ends_the_check(outcome: NotSent) -> None:
    report = check(outcome)
    assert verdicts(report) == [(NAME, Finding.BAD)]
    assert not report.works


def test_a_name_that_this_computer_found_is_said_to_be_found() -> None:
    for cause in (Cause.DEADLINE, Cause.CERTIFICATE_NAME):
        found = step(check(NotSent(phase=Phase.CONNECTING, cause=cause)), NAME)
        assert str(found.message) == "api.exponea.com was found."


PROXIED = Way(proxy="proxy.example:3128", named_by="https_proxy")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (time(), Finding.GOOD),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.CERTIFICATE_ISSUER), Finding.GOOD),
        (NotSent(phase=Phase.RESOLVING, cause=Cause.PROXY), Finding.UNKNOWN),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.PROXY_CREDENTIALS), Finding.UNKNOWN),
        (NotSent(phase=Phase.RESOLVING, cause=Cause.DEADLINE), Finding.UNKNOWN),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.DEADLINE), Finding.UNKNOWN),
        (SILENCE, Finding.GOOD),
    ],
    ids=str,
)
def test_what_a_proxy_did_is_not_claimed_for_this_computer(outcome: Outcome, verdict: Finding) -> None:
    more = (EMPTY_HISTORY,) if isinstance(outcome, Answered) else ()
    report = check(replace(outcome, way=PROXIED), *more)
    assert verdicts(report)[0] == (PROXY, verdict)
    said = "Through the proxy proxy.example:3128, named by https_proxy."
    assert str(report.steps[0].message) == said
    assert NAME not in dict(verdicts(report))
    assert str(report.steps[1].name) == CONNECTION


def test_a_proxy_that_cannot_be_used_is_said_with_who_names_it() -> None:
    way = Way(named_by="all_proxy")
    report = check(NotSent(phase=Phase.RESOLVING, cause=Cause.PROXY_KIND, way=way))
    assert verdicts(report) == [(PROXY, Finding.UNKNOWN), (CONNECTION, Finding.BAD)]
    assert str(report.steps[0].message) == "Named by all_proxy."


def test_what_keeps_a_proxy_away_is_said() -> None:
    report = check(replace(time(), way=Way(direct_by="no_proxy")), EMPTY_HISTORY)
    assert str(step(report, PROXY).message) == "No proxy is used because of no_proxy."
    assert step(report, NAME).verdict is Finding.GOOD
    assert report.works


def test_the_environment_that_decides_who_is_trusted_is_named_on_lines_of_its_own() -> None:
    way = Way(trust=(("SSL_CERT_FILE", "/a/ca.pem"), ("SSL_CERT_DIR", "/b\u202e" + "c" * 999)))
    for report in (
        check(replace(time(), way=way), EMPTY_HISTORY),
        check(NotSent(phase=Phase.CONNECTING, cause=Cause.CERTIFICATE_ISSUER, way=way)),
    ):
        first, second, *_ = report.steps
        assert (first.verdict, second.verdict) == (Finding.WARNING, Finding.WARNING)
        said = "The environment variable SSL_CERT_FILE decides which certificates are trusted: /a/ca.pem"
        assert str(first.message) == said
        assert "/b\\u{202e}ccc" in str(second.message)
        assert len(str(second.message)) < 400


def test_the_certificate_is_named_whether_it_was_proven_or_not() -> None:
    way = Way(issuer="Acme CA, Acme", ends="2027-01-31")
    said = "Its certificate was issued by Acme CA, Acme, and ends on 2027-01-31."
    good = step(check(replace(time(), way=way), EMPTY_HISTORY), CONNECTION)
    bad = step(check(NotSent(phase=Phase.CONNECTING, cause=Cause.CERTIFICATE_DATE, way=way)), CONNECTION)
    assert str(good.message) == f"The server proved its name (TLS). {said}"
    assert str(bad.message).endswith(said)
    assert "clock" in str(bad.message)


@pytest.mark.parametrize("phase", [Phase.RESOLVING, Phase.CONNECTING])
@pytest.mark.parametrize("cause", [Cause.PROXY, Cause.PROXY_CREDENTIALS, Cause.PROXY_KIND])
def test_trouble_with_the_proxy_says_nothing_of_the_name(phase: Phase, cause: Cause) -> None:
    report = check(NotSent(phase=phase, cause=cause))
    assert verdicts(report) == [(CONNECTION, Finding.BAD)]
    assert "proxy" in str(report.steps[0].message)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (NotSent(phase=Phase.CONNECTING, cause=Cause.CONNECTION_REFUSED), "nothing answers"),
        (NotSent(phase=Phase.CONNECTING, cause=Cause.DEADLINE), "in time"),
        (SILENCE, "did not answer in time"),
    ],
)
def test_connection_that_fails_ends_the_check_and_says_what_to_do(
    outcome: NotSent | Lost, words: str
) -> None:
    report = check(outcome)
    assert verdicts(report) == [(NAME, Finding.GOOD), (CONNECTION, Finding.BAD)]
    assert words in str(report.steps[-1].message)
    assert "Check the network" in str(report.steps[-1].message) or "administrator" in str(
        report.steps[-1].message
    )
    assert not report.works


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (told(401, {"success": False, "error": "Access key not found"}), "API key ID"),
        (told(200, {"success": False, "error": "invalid secret"}), "key is wrong"),
        (Answered(status=302, headers=(("Location", "https://evil.example/"),), body=b""), "evil.example"),
    ],
)
def test_refused_credentials_end_the_check_with_the_status(outcome: Answered, words: str) -> None:
    report = check(outcome)
    assert verdicts(report) == [*REACHED, (CREDENTIALS, Finding.BAD)]
    assert words in str(report.steps[-1].message)
    assert f"({outcome.status})" in str(report.steps[-1].message)
    assert not report.works


@pytest.mark.parametrize(
    "outcome",
    [
        told(200, {"success": True}),
        told(200, {"success": True, "time": "1533663283"}),
        time(SECONDS * 1_000_000),
        told(200, {"time": SECONDS}),
        replace(time(), status=201),
    ],
    ids=lambda outcome: outcome.body[:40].decode(),
)
def test_answer_without_a_time_is_no_proof_of_credentials(outcome: Answered) -> None:
    assert verdicts(check(outcome)) == [*REACHED, (CREDENTIALS, Finding.BAD)]


@pytest.mark.parametrize("off", [-60, -1, 0, 1, 60])
def test_clock_may_be_off_by_a_minute(off: int) -> None:
    report = check(time(SECONDS - off), EMPTY_HISTORY, now=Timestamp(SECONDS * 1_000_000))
    assert step(report, CLOCK).verdict is Finding.GOOD


@pytest.mark.parametrize(
    ("off", "words"), [(61, "61 seconds fast"), (-61, "61 seconds slow"), (86_400, "24 hours fast")]
)
def test_clock_that_is_further_off_is_a_warning_and_no_hindrance(off: int, words: str) -> None:
    report = check(time(SECONDS - off), EMPTY_HISTORY, now=Timestamp(SECONDS * 1_000_000))
    assert step(report, CLOCK).verdict is Finding.WARNING
    assert words in str(step(report, CLOCK).message)
    assert report.works


def test_customer_who_does_not_exist_shows_that_the_key_may_read() -> None:
    assert step(check(time(), UNKNOWN_CUSTOMER), GET).verdict is Finding.GOOD


@pytest.mark.parametrize(
    "outcome",
    [
        NO_PERMISSION,
        told(200, {"success": True, "errors": ["Not authorized"], "data": []}),
        told(404, {"success": False, "errors": ["something else"]}),
        told(404, {"success": False, "error": "Project does not exist"}),
        Answered(status=200, headers=(), body=b"<html>"),
        Answered(status=500, headers=(), body=b""),
    ],
)
def test_history_that_is_refused_is_named_and_the_check_goes_on(outcome: Answered) -> None:
    report = check(time(), outcome)
    assert step(report, GET).verdict is Finding.BAD
    is_named = "tick Events > consent Get" in str(step(report, GET).message)
    assert is_named is (outcome is NO_PERMISSION)
    assert f"({outcome.status})" in str(step(report, GET).message)
    assert str(report.steps[-1].name) == SET
    assert not report.works


BLOCKED = Answered(status=403, headers=(), body=b"Access denied by policy")


def test_what_something_on_the_way_answers_is_no_verdict_on_the_credentials() -> None:
    report = check(BLOCKED)
    assert verdicts(report) == [*REACHED, ("Answer", Finding.BAD)]
    assert "a proxy or firewall on the way answered, probably not Engagement (403)" in str(
        report.steps[-1].message
    )
    assert not report.works


@pytest.mark.parametrize("outcome", [SILENCE, NotSent(phase=Phase.CONNECTING, cause=Cause.DEADLINE), BLOCKED])
def test_history_without_an_answer_of_engagement_is_not_known(outcome: Outcome) -> None:
    report = check(time(), outcome)
    assert step(report, GET).verdict is Finding.UNKNOWN
    assert "could not be tried" in str(step(report, GET).message)
    assert report.works
