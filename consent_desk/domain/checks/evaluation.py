"""One question about a form, and one answer: what it would send, or all that keeps it from that."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import tzinfo

from consent_desk.domain.checks.confirmations import Confirmation, confirmations
from consent_desk.domain.checks.correction import (
    Demands,
    Subject,
    basis_problems,
    demands_of,
    is_opted_out,
    made_by,
    needs_basis,
    still_about,
    subject_of,
)
from consent_desk.domain.checks.warnings import warnings
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.consent.parsing import one_each, parse, readings
from consent_desk.domain.consent.values import Consent, CustomerId
from consent_desk.domain.lifecycle.record import Context, Record
from consent_desk.domain.wire.category import Category
from consent_desk.domain.wire.customer import Found
from consent_desk.domain.wire.server_clock import Moment, complaint_about_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a draft is measured by.

    `request_ids`: one for each consent, at least one. `categories` are those of the project. `found`: what a
    look-up told of the customer in the form. `doubts`: what is odd about the customer ID. `record`: what was
    chosen to be corrected in this project. `subject`: what the form was about before. `customers`: in
    practice those of the Sandbox, else None.
    """

    at: Moment
    zone: tzinfo
    request_ids: tuple[str, ...]
    categories: tuple[Category, ...] = ()
    found: Found | None = None
    doubts: tuple[Problem, ...] = ()
    record: Record | None = None
    subject: Subject | None = None
    customers: Collection[CustomerId] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The answer about `draft`: `consents`, in the order of sending, or every one of the `problems`.

    `draft` is what was asked about, without a correction or a reason that was meant for something else.
    """

    draft: Draft
    known: Circumstances
    consents: tuple[Consent, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    readings: tuple[Problem, ...]
    demands: Demands

    @property
    def subject(self) -> Subject:
        """Whose consent to what the draft is about."""
        return subject_of(self.draft)

    def confirmations(self, left_out: tuple[str, ...] = ()) -> tuple[Confirmation, ...]:
        """All that is to be asked before it is noted, each but once; `left_out` are not to be."""
        known = self.known
        kept = [one for one in self.consents if one.category not in left_out]
        is_stranger = known.customers is not None and any(
            one.customer not in known.customers for one in kept[:1]
        )
        return confirmations(kept, known.found, known.categories, is_stranger=is_stranger)

    def context(self, consent: Consent, told: Context) -> Context:
        """`told`, what a look-up told of `consent`, with the rest of what is noted with it."""
        draft, record = self.draft, self.demands.record
        is_turned = draft.action == Action.ACCEPT and is_opted_out(told.before)
        needs_one = is_turned or (record is not None and needs_basis(draft, record))
        categories = self.known.categories
        return replace(
            told,
            before=told.before or (None if record is None else made_by(record)),
            corrects=None if record is None else draft.corrects,
            basis=draft.basis if needs_one else "",
            clock_off=self.known.at.clock_off,
            listed=any(one.id == consent.category for one in categories) if categories else told.listed,
        )


def evaluate(draft: Draft, known: Circumstances) -> Evaluation:
    """What `draft` would send, what it lacks, what is odd about it, and what must be said or asked."""
    draft = still_about(draft, known.record, known.subject)
    demands = demands_of(draft, known.record, known.found)
    at, zone = known.at, known.zone
    read = parse(draft, request_id=known.request_ids[0], now=at.now, zone=zone)
    problems = () if isinstance(read, Consent) else read
    if demands.needs_basis:
        problems += basis_problems(draft)
    if (complaint := complaint_about_clock(at)) is not None:
        problems = (Problem(Field.TAKEN_AT, complaint),)
    consents: tuple[Consent, ...] = ()
    if isinstance(read, Consent) and not problems:
        consents = one_each(read, draft.categories, known.request_ids)
    odd = known.doubts + warnings(draft, categories=known.categories, at=at, zone=zone)
    return Evaluation(
        draft=draft,
        known=known,
        consents=consents,
        problems=problems,
        warnings=odd,
        readings=readings(draft, now=at.now, zone=zone),
        demands=demands,
    )
