"""The built program for tests: the real thing, but for the keyring and the person who answers questions."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from time import monotonic, time_ns
from typing import Self

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from consent_desk.app.application import Application
from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import KeyringFailureError
from consent_desk.domain.wire.project import Project
from consent_desk.journal.identity import installation_id
from consent_desk.journal.journal import SqliteJournal
from consent_desk.projects.projects import ProjectListFile, Projects
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.log.model import LINE
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.outcomes.receipt import REST
from consent_desk.ui.project.settings_dialog import ProjectDialog
from consent_desk.ui.shell.questions import Questions
from consent_desk.ui.workspaces import Workspaces
from consent_desk.workspace import Workspace
from tests.ui import controls

SEED = {
    "categories": [
        {"id": "sms_marketing", "translations": {"": {"name": "SMS marketing"}}},
        {"id": "newsletter", "translations": {"": {"name": "Newsletter"}}},
    ],
    "customers": [
        {"customer_ids": {"registered": "jane@example.com", "phone": "+15550100101"}, "consents": []}
    ],
}
ACME = "6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11"
CANARY = "canary0secret0that0must0appear0nowhere0at0all000000000000000000x"


class MemoryKeyring:
    """A keyring in memory. `trouble` is raised by every call; while `open_` is clear, calls wait."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.trouble: KeyringFailureError | None = None
        self.open_ = Event()
        self.open_.set()

    def load(self, entry: str) -> str | None:
        self._enter()
        return self.lines.get(entry)

    def save(self, entry: str, line: str) -> str:
        self._enter()
        self.lines[entry] = line
        return "Memory Keyring"

    def remove(self, entry: str) -> None:
        self._enter()
        self.lines.pop(entry, None)

    def _enter(self) -> None:
        self.open_.wait(30)
        if self.trouble is not None:
            raise self.trouble


class Person(Questions):
    """Answers every question with the choice of index `answer`, and remembers what was asked.

    `file` is where to save, as the kind of index `kind`.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.asked: list[str] = []
        self.answer = 0
        self.folder = self.begun_at = ""
        self.file: Path | None = None
        self.kind = 0
        self.kinds: list[str] = []

    def choose_folder(self, title: str, at: str = "") -> str:
        self.asked.append(title)
        self.begun_at = at
        return self.folder

    def choose_file(self, title: str, name: str, kinds: Sequence[tuple[str, str]]) -> tuple[Path, int] | None:
        self.asked.append(f"{title} {name}.{kinds[0][0]}")
        self.kinds = [meaning for _, meaning in kinds]
        return None if self.file is None else (self.file, self.kind)

    def choose(self, title: str, text: str, choices: Sequence[str]) -> int:
        self.asked.append(f"{title} {text} {' / '.join(choices)}")
        return self.answer


class Clock:
    """This computer's clock, `seconds_off`. So many of them are no time: the clock was `set_by` these."""

    def __init__(self) -> None:
        self.seconds_off = 0
        self.set_by = 0

    def __call__(self) -> Timestamp:
        return Timestamp(time_ns() // 1_000 + self.seconds_off * 1_000_000)

    def steady(self) -> float:
        """Monotonic seconds, which setting the clock does not change."""
        return monotonic() + self.seconds_off - self.set_by


@dataclass(kw_only=True)
class OpenDesk:
    """A running program and the hands of its user."""

    application: Application
    window: MainWindow
    person: Person
    bot: QtBot
    clock: Clock = field(default_factory=Clock)

    @property
    def workspace(self) -> Workspace:
        """That of the real consents, once it is open."""
        workspaces = self.window.findChild(Workspaces)
        assert isinstance(workspaces, Workspaces)
        return workspaces.opened(practice=False)

    @property
    def receipt(self) -> str:
        """What stands under the form; nothing at rest."""
        text = controls.long_text(self.window, "Receipt").toPlainText()
        return "" if text == REST.text else text

    @property
    def noted(self) -> str:
        """What says that the caller on the line may go, and who that is."""
        head, *who = self.receipt.split("\n")[:2]
        return "\n".join((head, *who)) if "Noted" in head else ""

    @property
    def not_noted(self) -> list[str]:
        """The lines of the banner of what could not be noted."""
        return controls.labels(self.window, "Not noted")

    @property
    def errors(self) -> str:
        """What is said of anything but the call in hand."""
        return "\n".join((*self.not_noted, controls.label(self.window, "Status")))

    @property
    def status(self) -> str:
        """What the window says, of the call in hand first."""
        return "\n".join(text for text in (self.receipt, self.errors) if text)

    @property
    def counter(self) -> str:
        """What is counted beside the log, nothing where nothing is."""
        names = ("Show what needs you", "Show what waits")
        texts = (controls.button(self.window, name).text() for name in names)
        return " · ".join(text for text in texts if any(letter.isdigit() for letter in text))

    @property
    def state(self) -> str:
        """What the bar says of the project."""
        return self.window.project_bar.state.text()

    @property
    def project(self) -> str:
        return controls.combo(self.window, "Project").currentText()

    def wait_ready(self) -> None:
        """Wait until a project is in use."""
        self.bot.waitUntil(lambda: self.window.preview.url.toPlainText() != "", timeout=10_000)

    def ready(self) -> Self:
        """This desk, once a project is in use."""
        self.wait_ready()
        return self

    def wait_for_categories(self) -> None:
        self.bot.waitUntil(lambda: bool(controls.boxes(self.window)))

    def wait_for_status(self, words: str) -> None:
        self.bot.waitUntil(lambda: words in self.status, timeout=10_000)

    def wait_for_state(self, words: str) -> None:
        """Wait until the bar says so of the project."""
        self.bot.waitUntil(lambda: words in self.state, timeout=10_000)

    def wait_for_counter(self, text: str) -> None:
        self.bot.waitUntil(lambda: self.counter == text, timeout=10_000)

    def wait_for_question(self, count: int = 1) -> None:
        """Wait until the person was asked so often."""
        self.bot.waitUntil(lambda: len(self.person.asked) == count)

    def wait_for_events(self, engagement: Sandbox, count: int) -> None:
        """Wait until so many consent events have arrived."""
        self.bot.waitUntil(lambda: len(events(engagement)) == count, timeout=10_000)

    def wait_for_line(self, *outcomes: str) -> None:
        """Wait until these are the outcomes in the log, from the top. Some say more, after a colon."""

        def are_these() -> bool:
            shown = [text.lstrip("➜◆▲✖✔ ") for text in controls.cells(self.window, 1)]
            return len(shown) == len(outcomes) and all(
                text == outcome or text.startswith(f"{outcome}: ")
                for text, outcome in zip(shown, outcomes, strict=True)
            )

        self.bot.waitUntil(are_these, timeout=10_000)

    def fill(self, customer: str = "jane@example.com", category: str = "sms_marketing") -> None:
        """Type the tutorial's case."""
        controls.write(self.window, "Customer ID", customer)
        controls.choose_category(self.window, category)

    def send(self, customer: str = "jane@example.com", category: str = "sms_marketing") -> None:
        """Type the tutorial's case, and press Send."""
        self.fill(customer, category)
        controls.press(self.window, "Send")

    def deliver(self, customer: str = "jane@example.com", category: str = "sms_marketing") -> None:
        """Send the tutorial's case, and wait until Engagement has it."""
        self.send(customer, category)
        self.wait_for_status("Delivered")

    def choose_opt_in(self) -> None:
        """Make it an opt-in without an end."""
        controls.button(self.window, "Opt in (accept)").click()
        controls.write(self.window, "Valid until", "unlimited")

    def opt_in(self, customer: str = "jane@example.com") -> None:
        """Type an opt-in without an end, and press Send."""
        self.fill(customer)
        self.choose_opt_in()
        controls.press(self.window, "Send")

    def note(self, name: str) -> str:
        """What stands below a field."""
        return controls.note(self.window, name)

    def tick_all(self) -> None:
        """Tick all categories in the list of several, or none again."""
        controls.button(self.window, "All categories").click()

    def key(self, which: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the window: it goes where that of a person goes."""
        QTest.keyClick(self.window.windowHandle(), which, modifier)

    def go_on(self) -> None:
        """Choose to send in spite of what is asked, if anything is."""
        if self.window.consent.question.is_open:
            self.key(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)

    def choose_project(self, name: str) -> None:
        chooser = controls.combo(self.window, "Project")
        index = chooser.findText(name)
        chooser.activated.emit(index)

    def choose_again(self) -> None:
        """Choose the project that is chosen already."""
        self.choose_project(self.project)
        self.bot.waitUntil(lambda: controls.raw_text(self.window, "Request URL") == "")
        self.wait_ready()

    def practise(self) -> None:
        """Choose the Sandbox."""
        self.choose_project("Sandbox (practice)")
        self.bot.waitUntil(self.window.practice.isVisible)
        self.wait_ready()

    def open_settings(self) -> ProjectDialog:
        """Open the project settings."""
        return self._settings_by("Project settings")

    def set_up(self) -> ProjectDialog:
        """Open the settings of a new project, from practice."""
        return self._settings_by("Set up a project")

    def _settings_by(self, name: str) -> ProjectDialog:
        controls.press(self.window, name)
        dialog = next(one for one in self.window.findChildren(ProjectDialog) if one.isVisible())
        self.bot.waitUntil(dialog.isActiveWindow)
        return dialog

    def press_once_enabled(self, name: str) -> None:
        """Press a button as soon as that does something."""
        button = controls.button(self.window, name)
        self.bot.waitUntil(button.isEnabled)
        button.click()

    def choose_line(self, row: int = 0) -> None:
        """Choose a line of the log."""
        table = controls.table(self.window, "Response log")
        self.bot.waitUntil(lambda: table.model().rowCount() > row, timeout=10_000)
        table.setCurrentIndex(table.model().index(row, LINE))

    def cancel_line(self, row: int = 0) -> None:
        """Cancel what a line of the log names, from its details."""
        self.choose_line(row)
        cancel = controls.button(self.window, "Cancel this")
        self.bot.waitUntil(lambda: cancel.isVisible() and cancel.isEnabled())
        cancel.click()

    def remove_data(self, row: int = 0) -> None:
        """Remove the data of the customer of a line, whatever is asked: the person's answer counts."""
        self.choose_line(row)
        self.bot.waitUntil(lambda: self.window.log.chosen != "")
        controls.choose_from_menu(self.window, "Remove data…")

    def wait_for_details(self, words: str) -> None:
        """Wait until the explanation beside the log says so."""
        self.bot.waitUntil(lambda: words in self.details("Explanation"), timeout=10_000)

    def details(self, tab: str) -> str:
        """The text beside the log under `tab`."""
        tabs = self.window.log.tabs
        tabs.setCurrentIndex(next(index for index in range(tabs.count()) if tabs.tabText(index) == tab))
        return controls.long_text(self.window, "Response details").toPlainText()


def folders_in(folder: Path) -> Folders:
    for name in ("config", "data", "logs"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    # That of the cache is made when there is something to keep.
    return Folders(
        config=folder / "config", data=folder / "data", logs=folder / "logs", cache=folder / "cache"
    )


@contextmanager
def journal_of(folders: Folders) -> Iterator[SqliteJournal]:
    """The journal of the real consents, as the program opens it."""
    journal = SqliteJournal.open(folders.journal, installation=installation_id(folders.config))
    with closing(journal):
        yield journal


def real(sandbox: Sandbox, **changes: object) -> Project:
    """`sandbox` as a project that is to be taken for a real one."""
    values = {"id": ACME, "name": "Acme production", "practice": False, **changes}
    return replace(sandbox.project, **values)  # type: ignore[arg-type]  # the names are checked by replace


def keep(folders: Folders, keyring: MemoryKeyring, *projects: Project) -> None:
    """Let an earlier run have saved `projects`."""
    kept = Projects(ProjectListFile(folders.config / "projects.json"), keyring)
    for project in projects:
        kept.save(project)


def events(engagement: Sandbox) -> list[Received]:
    """The consent events that arrived, without what was only looked up."""
    return [
        request
        for request in engagement.received
        if request.path.endswith("/customers/events") and request.path.startswith("/track/")
    ]
