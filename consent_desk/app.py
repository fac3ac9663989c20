"""The composition root: builds the program out of its parts, runs it, and ends it in order."""

import json
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from consent_desk.adapters.account import full_name
from consent_desk.adapters.category_cache import CategoryCacheFile
from consent_desk.adapters.clock import LocalZone
from consent_desk.adapters.clock import now as clock_now
from consent_desk.adapters.fault_log import FaultLog
from consent_desk.adapters.folders import Folders, is_there
from consent_desk.adapters.http import HttpTransport
from consent_desk.adapters.id_help import MailLibrary, PhoneLibrary
from consent_desk.adapters.keyring_store import KeyringStore
from consent_desk.adapters.mark import mark_of
from consent_desk.adapters.project_list import ProjectListFile
from consent_desk.adapters.wording_file import JsonWordingFile
from consent_desk.domain.consent import Timestamp
from consent_desk.domain.draft import Draft, moment
from consent_desk.services.categories import Categories, Fetched
from consent_desk.services.connection import check_connection
from consent_desk.services.id_help import IdHelp
from consent_desk.services.projects import Listed, Projects, SecretStore
from consent_desk.services.rounds import NAP
from consent_desk.services.sender import Transport
from consent_desk.services.wordings import KeptWordings
from consent_desk.ui.agent_desk import AgentDesk
from consent_desk.ui.categories_desk import CategoriesDesk
from consent_desk.ui.desk import Desk
from consent_desk.ui.id_help_desk import IdHelpDesk
from consent_desk.ui.language import country, languages
from consent_desk.ui.log_model import LogModel
from consent_desk.ui.log_panel import LogPanel
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.outcomes import Tone
from consent_desk.ui.project_desk import ProjectDesk
from consent_desk.ui.questions import Questions
from consent_desk.ui.settings_desk import SettingsDesk
from consent_desk.ui.station import Station
from consent_desk.ui.stations import Stations
from consent_desk.ui.system_proxy import system_proxy
from consent_desk.ui.tasks import Lane, TaskRunner
from consent_desk.ui.wording_desk import PRACTICE, WordingDesk
from consent_desk.ui.words import render_error

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
        if not self._runner.idle(Lane.SEND, 0.2):
            self._stations.stop()
            self._runner.idle(Lane.SEND, 0.2)
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
    questions: Callable[[MainWindow], Questions] = Questions,
    window: MainWindow | None = None,
    agent: Callable[[], str] = full_name,
    place: str | None = None,
) -> Application:
    """Build the program. Without `secrets` it is a demo: the Sandbox alone, no keyring, nothing kept.

    `window` is one that is open already; without it one is made here, which starts the program when it
    has been shown. `fault` is how the sandbox misbehaves, `delay` the seconds until its reads show a write.
    `nap` is the longest time in seconds for which `now` is not asked whether something is due. `agent` tells
    the name of whoever sits here, `place` is the desk's country (AT) where that is not the system's.
    """
    demo = secrets is None
    zone = zone or LocalZone()
    resources = ExitStack()
    faults = FaultLog(folders.logs / "faults.log")

    def open_station(practice: bool, opened: ExitStack) -> Station:
        # Loaded here, on its lane, and not before the window shows.
        from consent_desk import stations

        if practice:
            seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
            return stations.open_sandbox(opened, transport, now, seed=seed, fault=fault, delay=delay, nap=nap)
        return stations.open_journal(opened, transport, now, folders, nap=nap)

    shown = window is not None
    if window is None:
        window = MainWindow(layout_settings(folders.config), can_set_up=not demo)
    window.add_log(LogPanel(LogModel(lambda at: moment(at, zone), now)))
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
            check=lambda project: check_connection(transport, project, now),
            open_in=stations.open_in,
        )
    projects = ProjectDesk(
        window, runner, kept, settings_desk, settings=window.settings, local_now=lambda: moment(now(), zone)
    )
    cache = None if folders.cache is None else CategoryCacheFile(folders.cache / "categories.json", Fetched)
    categories = CategoriesDesk(
        window.consent, runner, Categories(cache, now, languages()), lambda at: moment(at, zone)
    )
    helping = IdHelp(PhoneLibrary(), MailLibrary(), country() if place is None else place)
    id_help = IdHelpDesk(window.consent, runner, helping.hint)
    AgentDesk(window.consent, runner, projects, window.settings, agent)
    wordings = WordingDesk(
        window.consent,
        window.status,
        runner,
        asked,
        KeptWordings(JsonWordingFile(folders.config / "texts.json")),
    )
    projects.project_chosen.connect(lambda project: wordings.enter(None if project is None else project.id))
    projects.sandbox_chosen.connect(lambda: wordings.enter(PRACTICE))
    if settings_desk is not None:
        settings_desk.removed.connect(lambda project_id, _: categories.forget(project_id))
        settings_desk.removed.connect(lambda project_id, _: wordings.forget(project_id))
    Desk(
        window, runner, asked, stations, projects, categories=categories, id_help=id_help, now=now, zone=zone
    )
    if demo:
        projects.sandbox_chosen.connect(lambda: window.consent.fill(TUTORIAL))
    application = Application(
        window=window,
        stations=stations,
        projects=projects,
        runner=runner,
        resources=resources,
        faults=faults,
        noted_before=_noted_before(folders),
    )
    if not shown:
        window.painted.connect(application.start)
    return application


def resource(name: str) -> Path:
    """A file of `resources/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "resources" / name
    return inside if inside.exists() else package.parent / "resources" / name


def _noted_before(folders: Folders) -> bool:
    try:
        return is_there(folders.journal) or is_there(mark_of(folders.journal))
    except OSError:
        # Nobody can tell: opened as if it were there, it says what is wrong, and nobody begins anew.
        return True


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
    transport = HttpTransport(system_proxy)
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
