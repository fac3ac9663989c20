"""Look a customer up before anything is sent: who is it, and what holds for each category?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.message import say
from consent_desk.domain.wire.answer import Meaning, meaning, read_answer
from consent_desk.domain.wire.customer import (
    CategoryStatus,
    Found,
    Known,
    Unknown,
    Untold,
    is_unknown,
    lacks_permission,
    read_consents,
    read_history,
    told_by_history,
)
from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Outcome, Phase, why_no_answer
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import PreparedRequest, prepare_consents, prepare_history
from consent_desk.engagement.calls import PAGE, Call, Transport

_NOT_UNDERSTOOD = Meaning(
    say("engagement", "the answer could not be understood"),
    say("engagement", "Look the customer up in Engagement."),
)


Alternatives = Callable[[str, str], Sequence[str]]


class Customers:
    """One look-up, which can be ended from any thread. Never changes anything in Engagement.

    `alternatives` of ID type and ID: what else may be meant by it. May take a while when it is first asked.
    """

    def __init__(
        self, transport: Transport, now: Callable[[], Timestamp], alternatives: Alternatives
    ) -> None:
        self._transport = transport
        self._now = now
        self._alternatives = alternatives
        self._lock = Lock()
        self._call: Call | None = None
        self._is_cancelled = False

    def look_up(self, project: Project, customer: CustomerId, categories: Sequence[str]) -> Found:
        """What Engagement knows of `customer` and each of `categories`, one at the least (section 4.4).

        What may be an opt-in that ended, or an opt-out, the history is asked about once.
        Hard IDs are exact (section 1): where this one is unknown, what else may be meant is tried too, and
        whether it is one of another type.
        """
        found = self._found(project, customer, categories)
        if not isinstance(found, Unknown):
            return found
        values = self._alternatives(customer.type, customer.value)
        meant = [CustomerId(type=customer.type, value=value) for value in values]
        meant += [replace(customer, type=kind) for kind in project.id_types if kind != customer.type]
        for one in meant:
            other = self._found(project, one, categories)
            if isinstance(other, Known):
                return Unknown(customer=customer, other=other)
        return found

    def cancel(self) -> None:
        """End it now. What it then tells means nothing."""
        with self._lock:
            self._is_cancelled = True
            call = self._call
        if call is not None:
            call.cancel()

    def _found(self, project: Project, customer: CustomerId, categories: Sequence[str]) -> Found:
        outcome = self._outcome(prepare_consents(project, customer, categories))
        if not isinstance(outcome, Answered):
            return Untold(why_no_answer(outcome))
        if is_unknown(outcome.status, outcome.body):
            return Unknown(customer=customer)
        at = self._now()
        consents = None if outcome.truncated else read_consents(outcome.status, outcome.body, categories, at)
        if not consents:
            return Untold(_why_not(outcome))
        if any(status.ended is None for status in consents.values()):
            consents = self._told_by_history(project, customer, consents)
        return Known(customer=customer, consents=consents)

    def _told_by_history(
        self, project: Project, customer: CustomerId, consents: Mapping[str, CategoryStatus]
    ) -> Mapping[str, CategoryStatus]:
        outcome = self._outcome(prepare_history(project, customer, limit=PAGE))
        if not isinstance(outcome, Answered) or outcome.truncated:
            return consents
        page = read_history(outcome.status, outcome.body)
        return consents if page is None else told_by_history(consents, page.events)

    def _outcome(self, request: PreparedRequest) -> Outcome:
        with self._lock:
            if self._is_cancelled:
                return NotSent(phase=Phase.RESOLVING, cause=Cause.CANCELLED)
            self._call = self._transport.start(request)
        return self._call.wait()


def _why_not(answered: Answered) -> Meaning:
    status, body = answered.status, answered.body
    says_why = read_answer(body).success is False or lacks_permission(status, body)
    return meaning(status, answered.headers, body) if status != 200 or says_why else _NOT_UNDERSTOOD
