"""The composition root: builds the program out of its parts, runs it, and ends it in order."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from consent_desk.app.application import Application
from consent_desk.delivery.scheduler import NAP
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.local_time import moment
from consent_desk.engagement.calls import Transport
from consent_desk.engagement.categories import Categories
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.connection_check import check_connection
from consent_desk.engagement.customer_ids import IdHelp
from consent_desk.engagement.key_watch import KeyWatch
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.projects.projects import ProjectListFile, Projects, SecretStore
from consent_desk.projects.wordings import SavedWordings
from consent_desk.system.account import full_name
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.clock import LocalZone
from consent_desk.system.clock import now as clock_now
from consent_desk.system.clock import steady as clock_steady
from consent_desk.system.fault_log import FaultLog
from consent_desk.system.folders import Folders, resource
from consent_desk.ui.form.agent_desk import AgentPresenter
from consent_desk.ui.form.categories import CategoriesPresenter
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.form.wordings import PRACTICE, WordingsPresenter
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.log.panel import LogPanel
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.outcomes.slip import SlipPresenter
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.project.settings import SettingsPresenter
from consent_desk.ui.recovery.daily_backup import DailyBackupPresenter
from consent_desk.ui.recovery.presenter import RecoveryPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.widgets.messages import Local
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

if TYPE_CHECKING:
    from consent_desk.domain.faults import Fault


SANDBOX_DELAY = 4.0
"""Seconds until the sandbox's reads show a write; Engagement takes 3 to 30."""

TUTORIAL = Draft(customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing")
"""The case of the vendor's tutorial: a person withdraws the consent to SMS."""


def build(
    folders: Folders,
    secrets: SecretStore | None,
    transport: Transport,
    now: Callable[[], Timestamp] = clock_now,
    *,
    zone: tzinfo | None = None,
    fault: "Fault | None" = None,
    delay: float = SANDBOX_DELAY,
    nap: float = NAP,
    steady: Callable[[], float] = clock_steady,
    questions: Callable[[MainWindow], Questions] = Questions,
    window: MainWindow | None = None,
    agent: Callable[[], str] = full_name,
    place: str | None = None,
) -> Application:
    """Build the program. Without `secrets` it is a demo: the Sandbox alone, no keyring, nothing kept.

    `window` is one that is open already; without it one is made here, which starts the program when it
    has been shown. `fault` is how the sandbox misbehaves, `delay` the seconds until its reads show a write.
    `nap` is the longest time in seconds for which `now` is not asked whether something is due; `steady` tells
    seconds that nobody sets. `agent` tells the name of whoever sits here, `place` is the desk's country (AT)
    where that is not the system's.
    """
    demo = secrets is None
    zone = zone or LocalZone()
    local = partial(moment, zone=zone)
    resources = ExitStack()
    faults = FaultLog(folders.logs / "faults.log")
    journal_recovery = None if demo else JournalRecovery(folders, now)
    watched = ClockWatch(keys := KeyWatch(transport), now, steady)

    def open_workspace(practice: bool, opened: ExitStack) -> Workspace:
        # Loaded here, on its lane, and not before the window shows.
        from consent_desk.app import workspaces

        if practice:
            seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
            return workspaces.open_sandbox(
                opened, transport, now, seed=seed, fault=fault, delay=delay, nap=nap, steady=steady
            )
        assert journal_recovery is not None  # noqa: S101 -- only a demo has none, and it knows no real journal
        return workspaces.open_journal(
            opened, watched, now, folders, settings=journal_recovery.settings, nap=nap, steady=steady
        )

    shown = window is not None
    if window is None:
        window = MainWindow(layout_settings(folders.config), can_set_up=not demo)
    window.complete(LogPanel(LogModel(local, now)))
    runner = TaskRunner(faults.write)
    asked = questions(window)
    workspaces = Workspaces(runner, open_workspace, resources, window)
    kept, settings_desk = None, None
    if secrets is not None:
        kept = Projects(ProjectListFile(folders.config / "projects.json"), secrets)
        settings_desk = SettingsPresenter(
            window,
            runner,
            asked,
            kept,
            check=lambda project: check_connection(watched, project, now),
            open_in=workspaces.open_in,
        )
    projects = ProjectPresenter(
        window, runner, kept, settings_desk, settings=window.settings, local_now=lambda: local(now())
    )
    keys.listener = projects.troubles.hear
    SlipPresenter(window, runner, asked, replace_file)
    categories, id_help = help_with_form(
        window,
        runner,
        asked,
        projects,
        settings=settings_desk,
        folders=folders,
        now=now,
        local=local,
        agent=agent,
        place=place,
    )
    desk = Session(
        window,
        runner,
        asked,
        workspaces,
        projects,
        categories=categories,
        id_help=id_help,
        now=now,
        zone=zone,
    )
    if journal_recovery is not None:
        recovery = RecoveryPresenter(window, runner, asked, workspaces, journal_recovery)
        backup = DailyBackupPresenter(window, runner, workspaces, desk.sending, lambda: local(now()))
        _recover_journal(journal_recovery, recovery, backup, desk, projects)
    if demo:
        projects.sandbox_chosen.connect(lambda: window.consent.fill(TUTORIAL))
    application = Application(
        window=window,
        workspaces=workspaces,
        projects=projects,
        runner=runner,
        resources=resources,
        faults=faults,
        noted_before=journal_recovery is not None and journal_recovery.noted_before,
    )
    if not shown:
        window.painted.connect(application.start)
    return application


def _recover_journal(
    journal_recovery: JournalRecovery,
    recovery: RecoveryPresenter,
    backup: DailyBackupPresenter,
    desk: Session,
    projects: ProjectPresenter,
) -> None:
    recovery.settled.connect(lambda: projects.enter_again(noted_before=journal_recovery.noted_before))
    recovery.follow(desk)
    # What was said of the journal of real consents has no place beside practice.
    projects.sandbox_chosen.connect(recovery.show_well)
    recovery.folder_changed.connect(backup.make_now)


def help_with_form(
    window: MainWindow,
    runner: TaskRunner,
    questions: Questions,
    projects: ProjectPresenter,
    *,
    settings: SettingsPresenter | None,
    folders: Folders,
    now: Callable[[], Timestamp],
    local: Local,
    agent: Callable[[], str],
    place: str | None,
) -> tuple[CategoriesPresenter, IdHintsPresenter]:
    """Build it; return what the desk asks about the form.

    `agent` tells who sits here; `place` is the desk's country where that is not the system's.
    """
    system = QLocale.system()
    form = window.consent
    cache = None if folders.cache is None else folders.cache / "categories.json"
    categories = CategoriesPresenter(form, runner, Categories(cache, now, tuple(system.uiLanguages())), local)
    if place is None:
        place = QLocale.territoryToCode(system.territory())
    help_with_ids = IdHelp(place)
    projects.project_left.connect(categories.offer_nothing)
    AgentPresenter(form, runner, projects, window.settings, agent)
    kept = SavedWordings(folders.config / "texts.json")
    wordings = WordingsPresenter(form, window.status, runner, questions, kept)
    projects.project_chosen.connect(lambda project: wordings.enter(None if project is None else project.id))
    projects.sandbox_chosen.connect(lambda: wordings.enter(PRACTICE))
    if settings is not None:
        settings.removed.connect(lambda project_id, _: categories.forget(project_id))
        settings.removed.connect(lambda project_id, _: wordings.forget(project_id))
    return categories, IdHintsPresenter(form, runner, help_with_ids)
