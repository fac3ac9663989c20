"""Composition of what helps with the form: the project's categories, customer IDs, the agent, kept texts."""

from collections.abc import Callable
from dataclasses import dataclass

from consent_desk.domain.consent.values import Timestamp
from consent_desk.engagement.categories import Categories, Fetched
from consent_desk.engagement.category_cache import CategoryCacheFile
from consent_desk.engagement.customer_ids import IdHelp
from consent_desk.engagement.id_rules import MailLibrary, PhoneLibrary
from consent_desk.projects.wording_file import JsonWordingFile
from consent_desk.projects.wordings import KeptWordings
from consent_desk.system.folders import Folders
from consent_desk.ui.form.agent_desk import AgentDesk
from consent_desk.ui.form.categories import CategoriesDesk
from consent_desk.ui.form.id_hints import IdHelpDesk
from consent_desk.ui.form.wordings import PRACTICE, WordingDesk
from consent_desk.ui.language import country, languages
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.project.presenter import ProjectDesk
from consent_desk.ui.project.settings import SettingsDesk
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.widgets.messages import Local


@dataclass(frozen=True, slots=True)
class FormHelp:
    """What the desk asks about the form."""

    categories: CategoriesDesk
    ids: IdHelpDesk


def help_with_form(
    window: MainWindow,
    runner: TaskRunner,
    questions: Questions,
    projects: ProjectDesk,
    *,
    settings: SettingsDesk | None,
    folders: Folders,
    now: Callable[[], Timestamp],
    local: Local,
    agent: Callable[[], str],
    place: str | None,
) -> FormHelp:
    """Build it. `agent` tells who sits here; `place` is the desk's country where that is not the system's."""
    form = window.consent
    cache = None if folders.cache is None else CategoryCacheFile(folders.cache / "categories.json", Fetched)
    categories = CategoriesDesk(form, runner, Categories(cache, now, languages()), local)
    help_with_ids = IdHelp(PhoneLibrary(), MailLibrary(), country() if place is None else place)
    projects.project_left.connect(categories.offer_nothing)
    AgentDesk(form, runner, projects, window.settings, agent)
    kept = KeptWordings(JsonWordingFile(folders.config / "texts.json"))
    wordings = WordingDesk(form, window.status, runner, questions, kept)
    projects.project_chosen.connect(lambda project: wordings.enter(None if project is None else project.id))
    projects.sandbox_chosen.connect(lambda: wordings.enter(PRACTICE))
    if settings is not None:
        settings.removed.connect(lambda project_id, _: categories.forget(project_id))
        settings.removed.connect(lambda project_id, _: wordings.forget(project_id))
    return FormHelp(categories, IdHelpDesk(form, runner, help_with_ids))
