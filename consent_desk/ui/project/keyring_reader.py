"""What the bar says of a project's key, and that the keyring is being read for it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer

from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
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
