"""Check a project's connection step by step, without recording anything."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut, visible
from consent_desk.domain.wire.answer import Meaning, is_from_the_way, meaning, read_answer
from consent_desk.domain.wire.customer import is_unknown
from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Outcome, Phase, Way, why_no_answer
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import prepare_history, prepare_system_time
from consent_desk.domain.wire.server_clock import is_off, system_time, tell_off
from consent_desk.engagement.calls import Transport

_LONGEST_VALUE = 200
_NOBODY = "consent-desk-connection-check"


class Finding(StrEnum):
    """What is known of one step."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "not known"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of the check: its name, what is known, and the sentence about it."""

    name: Message
    verdict: Finding
    message: Message


@dataclass(frozen=True, slots=True)
class Report:
    """All steps in their order, up to the first that failed."""

    steps: tuple[CheckStep, ...]

    @property
    def works(self) -> bool:
        """Whether nothing is known that stands in the way of a send."""
        return all(step.verdict is not Finding.BAD for step in self.steps)


_NAME = say("engagement", "Name look-up")
_PROXY = say("engagement", "Proxy")
_ENVIRONMENT = say("engagement", "Environment")
_CONNECTION = say("engagement", "Connection")
_ANSWER = say("engagement", "Answer")
_CREDENTIALS = say("engagement", "Credentials")
_CLOCK = say("engagement", "Clock")
_GET = say("engagement", "Events > consent: Get")
_SET = say("engagement", "Events > consent: Set")


def check_connection(transport: Transport, project: Project, now: Callable[[], Timestamp]) -> Report:
    """Reach `project` as a send would, through system time and a history read of nobody (section 4)."""
    outcome = transport.start(prepare_system_time(project)).wait()
    steps = _reached(outcome, project)
    if not isinstance(outcome, Answered):
        return Report(steps)
    server_time = system_time(outcome)
    if server_time is None:
        told = meaning(outcome.status, outcome.headers, outcome.body)
        name = _ANSWER if is_from_the_way(outcome.status, outcome.headers, outcome.body) else _CREDENTIALS
        return Report((*steps, _bad(name, told, outcome)))
    good = CheckStep(_CREDENTIALS, Finding.GOOD, say("engagement", "Engagement accepts the API key."))
    return Report((*steps, good, _clock(server_time, now()), _may_read(transport, project), _MAY_WRITE))


_MAY_WRITE = CheckStep(
    _SET,
    Finding.INFORMATION,
    say("engagement", "This can only be shown by a real send: the check records nothing."),
)


_OF_PROXY = frozenset({Cause.PROXY, Cause.PROXY_CREDENTIALS, Cause.PROXY_KIND, Cause.PROXY_SETTING})


def _reached(outcome: Outcome, project: Project) -> tuple[CheckStep, ...]:
    way = outcome.way
    told = (*_environment(way), *_proxy(outcome))
    found = CheckStep(
        _NAME, Finding.GOOD, say("engagement", "{host} was found.").format(host=project.base_url.host)
    )
    if isinstance(outcome, Answered):
        connected = CheckStep(_CONNECTION, Finding.GOOD, _proven(way, project))
        return (*told, connected) if way.proxy else (*told, found, connected)
    why = why_no_answer(outcome)
    if way.proxy or outcome.cause in _OF_PROXY:
        # The proxy would have looked the name up: what it did is not known here.
        return (*told, _bad(_CONNECTION, why, certificate=way))
    if outcome.cause is Cause.UNKNOWN_HOST or outcome.phase is Phase.RESOLVING:
        return (*told, _bad(_NAME, why))
    return (*told, found, _bad(_CONNECTION, why, certificate=way))


def _environment(way: Way) -> tuple[CheckStep, ...]:
    return tuple(
        CheckStep(
            _ENVIRONMENT,
            Finding.WARNING,
            say(
                "engagement",
                "The environment variable {name} decides which certificates are trusted: {value}",
            ).format(name=name, value=cut(visible(value), _LONGEST_VALUE)),
        )
        for name, value in way.trust
    )


def _proxy(outcome: Outcome) -> tuple[CheckStep, ...]:
    way = outcome.way
    if way.direct_by:
        how = say("engagement", "No proxy is used because of {by}.").format(by=way.direct_by)
        return (CheckStep(_PROXY, Finding.WARNING, how),)
    if not way.named_by:
        return ()
    # Until the server itself was heard, nobody knows whether the proxy is to blame.
    late = isinstance(outcome, NotSent) and outcome.cause in {*_OF_PROXY, Cause.DEADLINE}
    how = say("engagement", "Through the proxy {proxy}, named by {by}.").format(
        proxy=way.proxy, by=way.named_by
    )
    if not way.proxy:
        how = say("engagement", "Named by {by}.").format(by=way.named_by)
    return (CheckStep(_PROXY, Finding.UNKNOWN if late else Finding.GOOD, how),)


def _proven(way: Way, project: Project) -> Message:
    if project.base_url.scheme != "https":
        return say("engagement", "This computer itself answers, without TLS.")
    return say("engagement", "The server proved its name (TLS).{certificate}").format(
        certificate=_certificate(way)
    )


def _certificate(way: Way | None) -> str:
    if way is None or not way.issuer:
        return ""
    return f" Its certificate was issued by {way.issuer}, and ends on {way.ends}."


def _bad(
    name: Message, told: Meaning, outcome: Answered | None = None, *, certificate: Way | None = None
) -> CheckStep:
    message = say("engagement", "No: {why}{status}. {advice}{certificate}").format(
        why=told.why,
        status="" if outcome is None else f" ({outcome.status})",
        advice=told.advice,
        certificate=_certificate(certificate),
    )
    return CheckStep(name, Finding.BAD, message)


def _clock(server_time: float, now: Timestamp) -> CheckStep:
    off = round(now.micros / 1_000_000 - server_time)
    if not is_off(off):
        return CheckStep(
            _CLOCK, Finding.GOOD, say("engagement", "This computer's clock agrees with Engagement's.")
        )
    how = say(
        "engagement",
        "This computer's clock is {off}. Set it right: until then, what is decided now is stamped by "
        "Engagement's time.",
    ).format(
        off=tell_off(off),
    )
    return CheckStep(_CLOCK, Finding.WARNING, how)


def _may_read(transport: Transport, project: Project) -> CheckStep:
    nobody = CustomerId(type=project.id_types[0], value=_NOBODY)
    outcome = transport.start(prepare_history(project, nobody, limit=1)).wait()
    if isinstance(outcome, Answered):
        is_read = outcome.status == 200 and read_answer(outcome.body).is_success
        if is_read or is_unknown(outcome.status, outcome.body):
            return CheckStep(_GET, Finding.GOOD, say("engagement", "The key may read consents."))
        told = meaning(outcome.status, outcome.headers, outcome.body)
        if not is_from_the_way(outcome.status, outcome.headers, outcome.body):
            return _bad(_GET, told, outcome)
    else:
        told = why_no_answer(outcome)
    return CheckStep(
        _GET, Finding.UNKNOWN, say("engagement", "It could not be tried: {why}.").format(why=told.why)
    )
