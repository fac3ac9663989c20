"""The composition root: builds the program out of its parts, runs it, and ends it in order."""

import json
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import tzinfo
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from consent_desk.app.form_help import help_with_form
from consent_desk.delivery.scheduler import NAP
from consent_desk.delivery.sender import Transport
from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.local_time import moment
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.engagement.connection_check import check_connection
from consent_desk.engagement.http import proxies
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.engagement.key_watch import KeyWatch
from consent_desk.journal.recovery import JournalCare
from consent_desk.projects.keyring import KeyringStore
from consent_desk.projects.list_file import ProjectListFile
from consent_desk.projects.projects import Listed, Projects, SecretStore
from consent_desk.proof.make import Rebuilding
from consent_desk.system.account import full_name
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.clock import LocalZone
from consent_desk.system.clock import now as clock_now
from consent_desk.system.clock import steady as clock_steady
from consent_desk.system.fault_log import FaultLog
from consent_desk.system.folders import Folders
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.log.panel import LogPanel
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.printing import Printing
from consent_desk.ui.project.presenter import ProjectDesk
from consent_desk.ui.project.settings import SettingsDesk
from consent_desk.ui.recovery.daily_backup import BackupDesk
from consent_desk.ui.recovery.presenter import RecoveryDesk
from consent_desk.ui.session import Desk
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.system import system_proxy
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.widgets.messages import render_error
from consent_desk.ui.widgets.tones import Tone
from consent_desk.ui.workspaces import Stations
from consent_desk.workspace import Station

if TYPE_CHECKING:
    from consent_desk.sandbox.faults import Fault

SANDBOX_DELAY = 4.0
"""Seconds until the sandbox's reads show a write; Engagement takes 3 to 30."""

TUTORIAL = Draft(customer_id_type="registered", customer_id="jane@example.com", category="sms_marketing")
"""The case of the vendor's tutorial: a person withdraws the consent to SMS."""


class Application(QObject):
    """The built program: its window, and all that must be closed in order. `close` may be called twice."""

    _unexpected = Signal(str)

    def __init__(
        self,
        *,
        window: MainWindow,
        stations: Stations,
        projects: ProjectDesk,
        runner: TaskRunner,
        resources: ExitStack,
        faults: FaultLog,
        noted_before: bool,
    ) -> None:
        super().__init__()
        self.window = window
        self._stations = stations
        self._projects = projects
        self._runner = runner
        self._resources = resources
        self._faults = faults
        self._noted_before = noted_before
        self._closed = False
        window.closing.connect(self.close)
        self._unexpected.connect(self._show_unexpected)

    def start(self) -> None:
        """Choose a project. Comes after the first paint: it loads more than the window needed for that."""
        self._projects.start(noted_before=self._noted_before)
        self.window.setWindowIcon(QIcon(str(resource("icons/consent-desk.svg"))))

    def report(self, error: BaseException) -> None:
        """Log an unexpected exception, redacted, and show it. From any thread."""
        self._faults.write(error)
        # At the very end, Qt has deleted what a thread may still report to.
        with suppress(RuntimeError):
            text = render_error(error) if isinstance(error, Exception) else type(error).__name__
            self._unexpected.emit(text)

    def _show_unexpected(self, text: str) -> None:
        if not self._closed:
            self.window.status.show_message("unexpected", Tone.BAD, text)

    def close(self) -> None:
        """End in order, within a second: calls, then journals and sandbox, then threads."""
        if self._closed:
            return
        self._closed = True
        self.window.save_layout()
        # Left to its own time, Qt would write when a demo's folder has gone, and make that anew.
        self.window.settings.sync()
        self._runner.idle(Lane.JOURNAL, 0.2)
        # An export that was stopped takes away what it has written.
        self._runner.idle(Lane.EXPORT, 0.2)
        if not self._runner.idle(Lane.SEND, 0.2):
            self._stations.stop()
            self._runner.idle(Lane.SEND, 0.2)
        if self._stations.has_unwritten:
            # Where it fails once more, the next start makes it unconfirmed, which is what is known then.
            self._runner.run(Lane.JOURNAL, self._stations.write_again, done=_let_be, failed=_let_be)
            self._runner.idle(Lane.JOURNAL, 0.1)
        # On a thread of its own: what hangs there must not keep the window from going.
        closing = threading.Thread(target=self._resources.close, daemon=True)
        closing.start()
        closing.join(0.3)
        self._runner.close()


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
    care = None if demo else JournalCare(folders, now)
    watched = ClockWatch(keys := KeyWatch(transport), now, steady)

    def open_station(practice: bool, opened: ExitStack) -> Station:
        # Loaded here, on its lane, and not before the window shows.
        from consent_desk.app import workspaces

        if practice:
            seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
            return workspaces.open_sandbox(
                opened, transport, now, seed=seed, fault=fault, delay=delay, nap=nap, steady=steady
            )
        assert care is not None  # noqa: S101 -- only a demo has none, and it knows no real journal
        return workspaces.open_journal(
            opened, watched, now, folders, settings=care.settings, nap=nap, steady=steady
        )

    def rebuilding() -> Rebuilding:
        from consent_desk.proof.files import ProofFiles

        return Rebuilding(transport, ProofFiles(), now)

    shown = window is not None
    if window is None:
        window = MainWindow(layout_settings(folders.config), can_set_up=not demo)
    window.complete(LogPanel(LogModel(local, now)))
    runner = TaskRunner(faults.write)
    asked = questions(window)
    stations = Stations(runner, open_station, resources, window)
    kept, settings_desk = None, None
    if secrets is not None:
        kept = Projects(ProjectListFile(folders.config / "projects.json", Listed), secrets)
        settings_desk = SettingsDesk(
            window,
            runner,
            asked,
            kept,
            check=lambda project: check_connection(watched, project, now),
            open_in=stations.open_in,
        )
    projects = ProjectDesk(
        window, runner, kept, settings_desk, settings=window.settings, local_now=lambda: local(now())
    )
    keys.listener = projects.troubles.hear
    Printing(window, runner, asked, replace_file)
    form_help = help_with_form(
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
    desk = Desk(
        window,
        runner,
        asked,
        stations,
        projects,
        categories=form_help.categories,
        id_help=form_help.ids,
        now=now,
        zone=zone,
        rebuilding=rebuilding,
    )
    if care is not None:
        recovery = RecoveryDesk(window, runner, asked, stations, care)
        backup = BackupDesk(window, runner, stations, desk.sending, lambda: local(now()))
        _care_for_journal(care, recovery, backup, desk, projects)
    if demo:
        projects.sandbox_chosen.connect(lambda: window.consent.fill(TUTORIAL))
    application = Application(
        window=window,
        stations=stations,
        projects=projects,
        runner=runner,
        resources=resources,
        faults=faults,
        noted_before=care is not None and care.noted_before,
    )
    if not shown:
        window.painted.connect(application.start)
    return application


def _care_for_journal(
    care: JournalCare, recovery: RecoveryDesk, backup: BackupDesk, desk: Desk, projects: ProjectDesk
) -> None:
    recovery.settled.connect(lambda: projects.enter_again(noted_before=care.noted_before))
    recovery.follow(desk)
    # What was said of the journal of real consents has no place beside practice.
    projects.sandbox_chosen.connect(recovery.show_well)
    recovery.folder_changed.connect(backup.make_now)


def _let_be(result: object) -> None:
    """Nobody is left to be told."""


def resource(name: str) -> Path:
    """A file of `resources/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "resources" / name
    return inside if inside.exists() else package.parent / "resources" / name


def run(
    qt: QApplication,
    window: MainWindow,
    folders: Folders,
    resources: ExitStack,
    *,
    demo: bool,
    fault: "Fault | None" = None,
) -> int:
    """Build the program around `window` and run it until that is closed; return the exit status."""
    transport = HttpTransport(partial(proxies.find, system=system_proxy))
    resources.callback(transport.close)
    application = build(folders, None if demo else KeyringStore(), transport, fault=fault, window=window)
    _report_the_unexpected(application)
    qt.aboutToQuit.connect(application.close)
    application.start()
    return qt.exec()


def _report_the_unexpected(application: Application) -> None:
    def in_slot(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        application.report(error)

    def elsewhere(arguments: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if arguments.exc_value is not None:
            application.report(arguments.exc_value)

    sys.excepthook = in_slot
    threading.excepthook = elsewhere
    # Python would print the exception's text, and that can hold a secret.
    sys.unraisablehook = elsewhere
