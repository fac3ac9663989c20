"""What the bar says of a project's key: that the keyring is read for it, and what stands in its way."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.project import Project
from consent_desk.domain.wire.request import is_of
from consent_desk.engagement.calls import Heard
from consent_desk.ui.project.bar import ProjectBar, Repair
from consent_desk.ui.shell.waiting import NO_ANSWER, WAITING, Patience
from consent_desk.ui.tasks import Lane, Result, TaskRunner
from consent_desk.ui.widgets.messages import phrase, render, render_error
from consent_desk.ui.widgets.tones import Tone

Take = Callable[[Project], None]
Cannot = Callable[[str], None]

_READING = say("project", "reading the keyring…")
_GONE = say("project", "Its settings are not in the keyring. Enter the project settings again.")
_FROM_KEYRING = say("project", "key from the keyring")
_AT_ONCE = 50
_CHECK = "check"


class _State(NamedTuple):
    tone: Tone = Tone.QUIET
    text: str = ""
    more: str = ""
    repair: Repair | None = None


class KeyState(QObject):
    """Shows the last state that was told, and over it, while one is read, that the keyring is waited for."""

    def __init__(self, bar: ProjectBar, runner: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._runner = runner
        self._said = _State()
        self._held = _State()
        self._reading: list[Callable[[str], None]] = []
        self._patience = Patience(self)
        self._patience.worn.connect(lambda: bar.show_state(Tone.WARNING, render(WAITING)))
        self._patience.gone.connect(
            lambda: bar.show_state(Tone.WARNING, render(NO_ANSWER), repair=Repair.GO_ON)
        )
        runner.renewed.connect(self._give_up)

    def say(self, tone: Tone, text: str, *, more: str = "", repair: Repair | None = None) -> None:
        """Show a state; `more` explains it, `repair` is what can be done about it."""
        self._said = _State(tone, text, more, repair)
        self.show()

    def say_it_works(self) -> None:
        """Engagement took the key: what says where the key is from says so now."""
        if self._said.text in {render(_FROM_KEYRING), ""}:
            self.say(Tone.QUIET, phrase("project", "key works"))

    def say_from_keyring(self) -> None:
        """The key was read, and nothing is known of it so far."""
        self.say(Tone.QUIET, render(_FROM_KEYRING))

    def hold(self, tone: Tone, trouble: str) -> None:
        """Show `trouble` in place of whatever is said, until there is none."""
        # Saved anew and not tried since, there is nothing more to do.
        repair = Repair.ENTER_KEY if tone is Tone.BAD else None
        held = _State(tone, trouble, "", repair)
        if held != self._held:
            self._held = held
            if not self._reading:
                self.show()

    def show(self) -> None:
        """Show the trouble that holds, or what was said last."""
        state = self._held if self._held.text else self._said
        self._bar.show_state(state.tone, state.text, more=state.more, repair=state.repair)

    def say_nothing(self) -> None:
        """Say nothing, and wait no longer: another project is chosen."""
        self._patience.end()
        self._held = _State()
        self.say(Tone.QUIET, "")

    def read(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
        given_up: Callable[[str], None],
    ) -> None:
        """Run `work` on the keyring's lane, then `done` or `failed`; `given_up(why)` where the lane hangs."""

        def ended() -> None:
            self._reading.remove(given_up)
            if not self._reading:
                self._patience.end()
                self.show()

        def loaded(result: Result) -> None:
            ended()
            done(result)

        def not_loaded(error: Exception) -> None:
            ended()
            failed(error)

        self._reading.append(given_up)
        self._bar.show_state(Tone.QUIET, render(_READING))
        self._patience.begin()
        self._runner.run(Lane.KEYRING, work, done=loaded, failed=not_loaded)

    def _give_up(self, lane: Lane) -> None:
        if lane is Lane.KEYRING:
            self._patience.end()
            self.show()
            given_up, self._reading = self._reading, []
            for tell in given_up:
                tell(render(NO_ANSWER))


class SharedReads:
    """Reads the settings of a project once for all who wait: a keyring may ask its person each time.

    `key` shows that the keyring is waited for.
    """

    def __init__(self, key: KeyState) -> None:
        self._key = key
        self._waiting: defaultdict[str, list[tuple[Take, Cannot]]] = defaultdict(list)

    def read(self, project_id: str, load: Callable[[], Project | None], then: Take, cannot: Cannot) -> None:
        """Call `then` with what `load` finds, or `cannot` with the reason why there is nothing."""
        self._waiting[project_id].append((then, cannot))
        if len(self._waiting[project_id]) > 1:
            return

        def fail(why: str) -> None:
            self._answer([partial(tell, why) for _, tell in self._waiting.pop(project_id)])

        def done(project: Project | None) -> None:
            if project is None:
                fail(render(_GONE))
            else:
                self._answer([partial(take, project) for take, _ in self._waiting.pop(project_id)])

        self._key.read(load, done=done, failed=lambda error: fail(render_error(error)), given_up=fail)

    def _answer(self, waiting: Sequence[Callable[[], None]]) -> None:
        # Not all at once: of a thousand, the window would stand still.
        for answer in waiting[:_AT_ONCE]:
            answer()
        if len(waiting) > _AT_ONCE:
            QTimer.singleShot(0, self._key, lambda: self._answer(waiting[_AT_ONCE:]))


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
