"""What stands in the way of the projects' calls: shown beside the chosen one until they are seen to work."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Qt, Signal

from consent_desk.domain.message import Message
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import is_of
from consent_desk.engagement.calls import Heard
from consent_desk.ui.project.keyring_reader import KeyState
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

_CHECK = "check"


class KeyTroubles(QObject):
    """Knows the troubles of every project of `ready`, which is the desk's own, by ID."""

    _heard = Signal(object)

    def __init__(
        self,
        key: KeyState,
        ready: Mapping[str, Project],
        local_now: Callable[[], datetime],
        seen: Callable[[Message], Message],
        parent: QObject,
    ) -> None:
        """`seen`: of a sentence what may be seen. A redirect names a host."""
        super().__init__(parent)
        self._seen = seen
        self._key = key
        self._ready = ready
        self._local_now = local_now
        self._shown: str | None = None
        self._troubles: defaultdict[str, _Troubles] = defaultdict(_Troubles)
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def show_of(self, project_id: str | None) -> None:
        """Show those of the project that was chosen."""
        self._shown = project_id
        self._show()

    def hear(self, heard: Heard) -> None:
        """Take what an answer said of a key, from any thread."""
        # At the very end, Qt has deleted what a thread may still report to.
        with suppress(RuntimeError):
            self._heard.emit(heard)

    def check_failed(self, project_id: str, at: str) -> None:
        """The connection was checked, and does not work."""
        text = phrase("project", "the check failed at {at}: see Project settings").format(at=at)
        self._troubles[project_id].add(_CHECK, lambda: text, whole=True)
        self._show()

    def mend(self, project_id: str) -> None:
        """The settings were saved anew, and nothing was tried with them yet."""
        self._troubles[project_id].is_mended = True
        self._show()

    def clear(self, project_id: str) -> None:
        """It works, or is gone."""
        self._troubles.pop(project_id, None)
        self._show()

    def _take(self, heard: Heard) -> None:
        what = urlsplit(heard.request.url).path
        for project in self._ready.values():
            if not is_of(heard.request, project):
                continue
            if heard.why is None:
                self._troubles[project.id].take_back(what)
                if project.id == self._shown:
                    self._key.say_it_works()
            else:
                text = partial(self._refused, self._local_now(), heard.why)
                self._troubles[project.id].add(what, text, whole=heard.whole)
        self._show()

    def _refused(self, at: datetime, why: Message) -> str:
        return phrase("project", "refused at {at:%H:%M}: {why}").format(at=at, why=render(self._seen(why)))

    def _show(self) -> None:
        if self._shown is not None:
            self._key.hold(*self._troubles[self._shown].told())


class _Troubles:
    """Those of one project, by what failed. `is_mended`: what was tried had other settings."""

    def __init__(self) -> None:
        self._by_call: dict[str, tuple[Callable[[], str], bool]] = {}
        self.is_mended = False

    def add(self, call: str, text: Callable[[], str], *, whole: bool) -> None:
        """`call` fails, as `text` tells; where that is not for itself alone, `whole`."""
        self.is_mended = False
        self._by_call.pop(call, None)
        self._by_call[call] = (text, whole)

    def take_back(self, call: str) -> None:
        """`call` works, and with it all that fails for no reason of its own."""
        self._by_call = {
            other: (text, whole)
            for other, (text, whole) in self._by_call.items()
            if other != call and not whole
        }

    def told(self) -> tuple[Tone, str]:
        """The last one; an empty text where there is none."""
        if not self._by_call:
            return Tone.QUIET, ""
        tell, _ = [*self._by_call.values()][-1]
        text = tell()
        return (
            (Tone.WARNING, phrase("project", "saved since, not tried yet. Before: {text}").format(text=text))
            if self.is_mended
            else (Tone.BAD, text)
        )
