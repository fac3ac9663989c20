"""A desk to sit at."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

# Its requests ignores a warning as it loads; pytest would forget that, were it loading between two tests.
import consent_desk.engagement.http.adapter  # noqa: F401
from consent_desk.app.build import build
from consent_desk.domain.faults import Fault
from consent_desk.domain.lifecycle.record import Context
from consent_desk.engagement.calls import Transport
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.projects.projects import SecretStore
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from consent_desk.ui.lookup.presenter import LookupPresenter
from consent_desk.ui.main_window import MainWindow
from consent_desk.ui.widgets import inputs
from tests.ui.desks import SEED, Clock, MemoryKeyring, OpenDesk, Person, folders_in, keep, real


@pytest.fixture(autouse=True)
def nothing_is_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests press what has just come up, as nobody should: see `Unhurried`."""
    monkeypatch.setattr(inputs, "MOMENT", 0.0)


OpenOne = Callable[..., OpenDesk]
"""Starts the program with a window: see `open_desk`."""

OpenAcme = Callable[..., OpenDesk]


@pytest.fixture(scope="module", autouse=True)
def garbage_of_the_gui_thread() -> Iterator[None]:
    """Collect garbage here and below only: a widget that another thread collects brings Qt down."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def garbage_of_a_test(garbage_of_the_gui_thread: None) -> Iterator[None]:
    """All that a test has made is young: going through what others left takes a tenth of its time."""
    yield
    gc.collect(0)


@pytest.fixture(autouse=True)
def look_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is looked up, but in the tests of just that, which put a fixture of their own in this place."""
    monkeypatch.setattr(LookupPresenter, "look_now", lambda desk, anew=False: None)
    # As if somebody had: else each verification would make up for it.
    monkeypatch.setattr(LookupPresenter, "context", lambda desk, consent: Context(existed=True))


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return folders_in(tmp_path)


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    """A sandbox in the role of Engagement."""
    with Sandbox(SEED) as sandbox:
        yield sandbox


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """What is put in here is closed at the end, the last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def open_desk(qtbot: QtBot, folders: Folders, closing: ExitStack) -> OpenOne:
    """Starts the program; it is closed at the end of the test. Without `secrets` it is the demo."""

    def open_one(
        secrets: SecretStore | None = None,
        *,
        fault: Fault | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        shown: bool = True,
        agent: str = "",
        zone: tzinfo = UTC,
    ) -> OpenDesk:
        if transport is None:
            own = HttpTransport()
            closing.callback(own.close)
            transport = own
        people: list[Person] = []

        def ask(window: MainWindow) -> Person:
            people.append(Person(window))
            return people[0]

        clock = clock or Clock()
        application = build(
            folders,
            secrets,
            transport,
            clock,
            zone=zone,
            fault=fault,
            delay=0.0,
            nap=0.05,
            steady=clock.steady,
            questions=ask,
            agent=lambda: agent,
            place="AT",
        )
        qtbot.addWidget(application.window)
        closing.callback(application.close)
        # What another test has copied.
        QGuiApplication.clipboard().clear()
        if shown:
            application.window.show()
            application.window.activateWindow()
            qtbot.waitUntil(application.window.isActiveWindow)
        return OpenDesk(
            application=application, window=application.window, person=people[0], bot=qtbot, clock=clock
        )

    return open_one


@pytest.fixture
def demo(open_desk: OpenOne) -> OpenDesk:
    """The demo, ready."""
    desk = open_desk().ready()
    desk.wait_for_categories()
    return desk


@pytest.fixture
def acme_is_kept(folders: Folders, keyring: MemoryKeyring, engagement: Sandbox) -> None:
    """An earlier run saved a project whose Engagement is `engagement`."""
    keep(folders, keyring, real(engagement))


@pytest.fixture
def open_acme(open_desk: OpenOne, acme_is_kept: None, keyring: MemoryKeyring) -> OpenAcme:
    """Starts the program on a real project whose Engagement is `engagement`, as `open_desk` does."""
    return partial(open_desk, keyring)


@pytest.fixture
def acme(open_acme: OpenAcme) -> OpenDesk:
    """A real project in use, its Engagement being `engagement`."""
    desk = open_acme().ready()
    desk.wait_for_categories()
    return desk
