"""The composition root: builds the program out of its parts, runs it, and ends it in order."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import tzinfo

from PySide6.QtCore import QLocale

from consent_desk.app.application import Application
from consent_desk.delivery.scheduler import NAP
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.project import PRACTICE_ID, Project
from consent_desk.engagement.calls import KeyWatch, Limits, Transport
from consent_desk.engagement.categories import Categories, fetch_categories
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.connection_check import check_connection
from consent_desk.engagement.customer_ids import IdHelp
from consent_desk.journal.recovery import JournalRecovery
from consent_desk.projects.projects import ProjectListFile, Projects, SecretStore
from consent_desk.projects.wordings import SavedWordings
from consent_desk.system.account import full_name
from consent_desk.system.clock import LocalZone
from consent_desk.system.clock import now as clock_now
from consent_desk.system.clock import steady as clock_steady
from consent_desk.system.fault_log import FaultLog
from consent_desk.system.folders import Folders
from consent_desk.ui.checks.banners import QuestionBanner
from consent_desk.ui.checks.correction import CorrectionPresenter
from consent_desk.ui.checks.hold import HoldPresenter
from consent_desk.ui.checks.question import QuestionPresenter
from consent_desk.ui.form.agent import AgentPresenter
from consent_desk.ui.form.categories import CategoriesPresenter
from consent_desk.ui.form.fields import CallFields
from consent_desk.ui.form.id_hints import IdHintsPresenter
from consent_desk.ui.form.presenter import FormPresenter
from consent_desk.ui.form.submission import Submitter
from consent_desk.ui.form.wordings import WordingsPresenter
from consent_desk.ui.log.actions import LogActionsPresenter
from consent_desk.ui.log.attention import AttentionPresenter
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.log.panel import LogPanel
from consent_desk.ui.log.presenter import LogPresenter
from consent_desk.ui.log.words import Words
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.lookup.view import KnownView
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.outcomes.alarm import AlarmPresenter
from consent_desk.ui.outcomes.outstanding import OutstandingPresenter, SlipPresenter
from consent_desk.ui.outcomes.presenter import OutcomePresenter
from consent_desk.ui.outcomes.receipt_presenter import ReceiptPresenter
from consent_desk.ui.outcomes.resend import ResendPresenter
from consent_desk.ui.presenting.presenter import PresentingPresenter
from consent_desk.ui.project.practice import PracticePresenter
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.project.settings import SettingsPresenter
from consent_desk.ui.proof.presenter import ProofPresenter
from consent_desk.ui.recovery.presenter import RecoveryPresenter
from consent_desk.ui.request.panel import RequestPanel
from consent_desk.ui.sending import SendPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import ShellContext
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.tasks import TaskRunner
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace

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
    fault: Fault | None = None,
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
    resources = ExitStack()
    faults = FaultLog(folders.logs / "faults.log")
    journal_recovery = None if demo else JournalRecovery(folders, now)
    limits = Limits(now, steady=steady)
    watched = ClockWatch(keys := KeyWatch(limits.paced(transport)), now, steady)

    def open_workspace(practice: bool, opened: ExitStack) -> Workspace:
        # Loaded here, on its lane, and not before the window shows.
        from consent_desk.app import workspaces

        means = workspaces.Means(
            transport=transport, limits=limits, log=faults.write, now=now, steady=steady, nap=nap
        )
        if practice:
            return workspaces.open_sandbox(opened, means, fault=fault, delay=delay)
        assert journal_recovery is not None  # noqa: S101 -- only a demo has none, and it knows no real journal
        return workspaces.open_journal(opened, means, watched, folders, journal_recovery.settings)

    shown = window is not None
    if window is None:
        window = MainWindow(layout_settings(folders.config), can_set_up=not demo)
    shell = ShellContext(
        window=window, runner=TaskRunner(faults.write), questions=questions(window), now=now, zone=zone
    )
    shell.runner.shown = shell.lens.error
    window.consent.hold(CallFields(), KnownView(), QuestionBanner())
    window.complete(RequestPanel(), LogPanel(LogModel(Words(shell.local, now))))
    workspaces = Workspaces(shell.runner, open_workspace, resources, window, lens=shell.lens)
    kept = None if secrets is None else Projects(ProjectListFile(folders.config / "projects.json"), secrets)

    def transport_of(project: Project) -> Transport:
        return workspaces.opened(practice=True).transport if project.practice else watched

    settings = SettingsPresenter(
        shell,
        kept,
        check=lambda project: check_connection(transport_of(project), project, now),
        categories=lambda project: fetch_categories(transport_of(project), project),
        open_in=workspaces.open_in,
    )
    projects = ProjectPresenter(
        shell, kept, settings, lambda: journal_recovery is not None and journal_recovery.noted_before
    )
    keys.listener = projects.troubles.hear
    AgentPresenter(shell, projects, agent)
    WordingsPresenter(shell, projects, SavedWordings(folders.config / "texts.json"))
    categories = Categories(
        folders.cache and folders.cache / "categories.json", now, tuple(QLocale.system().uiLanguages())
    )
    country = QLocale.territoryToCode(QLocale.system().territory()) if place is None else place
    session = Session(shell, workspaces)
    look_up = _furnish(
        shell, session, workspaces, projects, known_categories=categories, id_help=IdHelp(country)
    )
    PracticePresenter(shell, session, projects, workspaces, lambda: look_up.forget_project(PRACTICE_ID))
    if journal_recovery is not None:
        RecoveryPresenter(shell, workspaces, journal_recovery, session, projects)
    if demo:
        projects.sandbox_chosen.connect(lambda: window.consent.fill(TUTORIAL))
    application = Application(shell, projects, resources, faults)
    if not shown:
        window.painted.connect(application.start)
    return application


def _furnish(
    shell: ShellContext,
    session: Session,
    workspaces: Workspaces,
    projects: ProjectPresenter,
    *,
    known_categories: Categories,
    id_help: IdHelp,
) -> LookupPresenter:
    """Build the rooms around the session: each follows that by itself; here they hear of each other."""
    form = shell.window.consent
    log = LogPresenter(shell, session)
    hints = IdHintsPresenter(shell, id_help)
    look_up = LookupPresenter(shell, now=lambda: session.moment().now, alternatives=hints.alternatives)
    correction = CorrectionPresenter(shell, session, log)
    question = QuestionPresenter(shell)
    submitter = Submitter(session)
    hold = HoldPresenter(session, look_up, question)
    filled = FormPresenter(
        shell,
        session,
        submitter,
        look_up=look_up,
        correction=correction,
        question=question,
        id_help=hints,
    )
    categories = CategoriesPresenter(shell, session, projects, known_categories)
    receipt = ReceiptPresenter(shell, session, lambda: projects.marks.several)
    SlipPresenter(shell, receipt)
    outcomes = OutcomePresenter(shell, session, log, receipt)
    alarms = AlarmPresenter(shell, session, projects, log)
    resend = ResendPresenter(shell, session, outcomes)
    AttentionPresenter(shell, session, log)
    OutstandingPresenter(shell, session, receipt, submitter, hold)
    LogActionsPresenter(shell, session, log, outcomes.answer, correction.cannot_enter)
    ProofPresenter(shell, log)
    PresentingPresenter(shell, session, projects)
    SendPresenter(
        shell,
        session,
        workspaces,
        filled,
        submitter,
        look_up=look_up,
        question=question,
        hold=hold,
        receipt=receipt,
        log=log,
        outcomes=outcomes,
        alarms=alarms,
        find=projects.find,
    )
    categories.time_told.connect(filled.show_anew)
    for told in (session.offered, categories.time_told, look_up.answered):
        told.connect(alarms.show_anew)
    receipt.correction_wanted.connect(correction.correct)
    hold.given_up.connect(outcomes.give_up)
    hold.given_up.connect(lambda *_: form.customer_id.setFocus())
    session.erased.connect(look_up.forget_customer)
    workspaces.taken_up.connect(outcomes.take_up)
    workspaces.taken_up.connect(lambda workspace, _: workspaces.deliver(workspace, projects.find))
    for seen in (workspaces.taken_up, workspaces.shown_anew):
        seen.connect(lambda workspace, *_: alarms.take_up(shell.lens.workspace(workspace)))
    for changed in (projects.project_saved, projects.project_removed):
        changed.connect(workspaces.change_settings)
        changed.connect(resend.stop_for)
    projects.check_passed.connect(resend.consider_checked)
    projects.marks.changed.connect(lambda: log.name_projects(projects.marks.several))
    for leave in (submitter.leave_form, receipt.leave_project, form.forget_all):
        projects.project_left.connect(leave)
    projects.project_chosen.connect(session.use_project)
    projects.project_withheld.connect(session.wait_for_project)
    projects.sandbox_chosen.connect(session.use_sandbox)
    filled.show_anew()
    return look_up
