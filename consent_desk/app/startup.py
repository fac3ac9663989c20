"""The start with a window: that stands on the screen before the rest of the program is loaded."""

import gc
import sys
from contextlib import ExitStack, suppress
from importlib import import_module
from typing import TYPE_CHECKING

import consent_desk.domain.consent.draft
import consent_desk.domain.text  # noqa: F401 -- the form imports both, but too late, see below
from consent_desk.domain.errors import DeskError
from consent_desk.system.folders import Folders, private_folder, temporary_folder, user_folders

# isort: split
# Qt comes last, after all that the window needs of the domain: once it is loaded, PySide6 reads the
# source of every module that is imported.
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from consent_desk.app.single_instance import Instance
from consent_desk.ui.main_window import MainWindow, layout_settings
from consent_desk.ui.theme.style import apply

if TYPE_CHECKING:
    from consent_desk.domain.faults import Fault

SWITCH_INTERVAL = 0.001
"""Seconds until a busy thread lets another one run: keys and sending do not wait for Python's 5 ms."""

LOADED_IN_STEPS = (
    *("domain.wire.customer", "domain.lifecycle.messages", "delivery.verifier", "workspace"),
    *("ui.project.presenter", "ui.log.panel", "ui.outcomes.presenter"),
    *("journal.backups", "ui.recovery.presenter", "app.run"),
)
"""By these the rest of the program is loaded, about 30 ms each: between them the window paints, or closes."""

_NEVER = 1_000_000_000


def main(*, demo: bool, fault: "Fault | None" = None) -> int:
    """Run the program with a window until it is closed; return the exit status."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Consent Desk")
    qt.setDesktopFileName("consent-desk")
    apply(qt)
    with ExitStack() as kept:
        folders = demo_folders(kept) if demo else user_folders()
        for folder in {folders.config, folders.data, folders.logs}:
            # Without them nothing is kept; the window says so when it matters.
            with suppress(DeskError):
                private_folder(folder)
        instance = None if demo else Instance(folders.data)
        if instance is not None:
            kept.callback(instance.close)
            if not instance.is_first:
                return _raise_first(instance)
        window = MainWindow(layout_settings(folders.config), can_set_up=not demo)
        window.show_starting()
        qt.commitDataRequest.connect(window.end)
        if not _has_painted(window):
            return 0

        from consent_desk.app.signals import SignalWatch

        kept.callback(SignalWatch(lambda _number: window.end(), window).close)
        if instance is not None:
            instance.listen(window)
            window.closing.connect(instance.fall_silent)
        for name in LOADED_IN_STEPS:
            import_module(f"consent_desk.{name}")
            # Keys and clicks wait: nobody hears them yet.
            qt.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
            if not window.isVisible():
                return 0

        from consent_desk.app.run import run

        spare_the_window()
        return run(qt, window, folders, kept, demo=demo, fault=fault)


def spare_the_window() -> None:
    """Collect what is young as ever, and look through all objects only where `collect_idly` has it done.

    What is loaded by now stays, and what waits to be sent may be much: each would hold up the window.
    """
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _NEVER)
    gc.enable()


def _has_painted(window: MainWindow) -> bool:
    """Show `window` until it is on the screen; say whether it is still open."""
    waiting = QEventLoop()
    window.painted.connect(waiting.quit)
    window.closing.connect(waiting.quit)
    window.show()
    waiting.exec()
    return window.isVisible()


def _raise_first(instance: Instance) -> int:
    if instance.raise_first():
        print("Consent Desk is already open; its window was raised.")
        return 0
    left = "" if instance.doubtful is None else f" If none runs, on no computer, delete {instance.doubtful}."
    print(
        "consent-desk: it is already running for this user, but does not answer. "
        f"Wait a moment and start it again; if that does not help, end the one that runs.{left}",
        file=sys.stderr,
    )
    return 1


def demo_folders(kept: ExitStack) -> Folders:
    """Folders that last as long as `kept`."""
    folder = kept.enter_context(temporary_folder())
    return Folders(config=folder, data=folder, logs=folder)
