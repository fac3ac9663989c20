"""The consent categories that a project offers."""

from consent_desk.domain.answer import Meaning, meaning
from consent_desk.domain.category import Category, read_categories
from consent_desk.domain.outcome import Answered, why_no_answer
from consent_desk.domain.project import Project
from consent_desk.domain.request import prepare_categories
from consent_desk.services.sender import Transport


def fetch_categories(transport: Transport, project: Project) -> tuple[Category, ...] | Meaning:
    """Ask Engagement for the categories of `project`; a `Meaning` says why there are none (section 4.3)."""
    outcome = transport.start(prepare_categories(project)).wait()
    if not isinstance(outcome, Answered):
        return why_no_answer(outcome)
    categories = read_categories(outcome.body) if outcome.status == 200 and not outcome.truncated else None
    return meaning(outcome.status, outcome.headers, outcome.body) if categories is None else categories
