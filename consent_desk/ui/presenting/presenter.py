"""Begins and ends presenting: the entry in the menu, the banner, and what is put away meanwhile."""

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.message import say
from consent_desk.ui.project.presenter import ProjectPresenter
from consent_desk.ui.session import Session
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.shell.notice import WideBanner
from consent_desk.ui.shell.places import Rank
from consent_desk.ui.widgets.banner import announce
from consent_desk.ui.widgets.inputs import button
from consent_desk.ui.widgets.messages import phrase, render
from consent_desk.ui.widgets.tones import Tone

_KEY = "presenting"

BANNER = say("presenting", "Presenting: nothing real can be sent")
_ENDED = say("presenting", "Presenting has ended: customers are shown by their names again.")


class PresentingPresenter(Presenter):
    """What is shown was read before: it is put away, and read anew through the lens. So is the form.

    It does not begin while something is nowhere else.
    """

    def __init__(self, shell: ShellContext, session: Session, projects: ProjectPresenter) -> None:
        super().__init__(shell)
        self._lens = shell.lens
        self._form = self._window.consent
        self._projects = projects
        self._session = session
        self._kept: Draft | None = None
        self._practice = False
        stop = button(phrase("presenting", "Stop presenting"))
        stop.clicked.connect(self._end)
        self._banner = WideBanner(Tone.NEUTRAL, "eye-off", phrase("presenting", "Presenting"), stop)
        self._banner.label.show_text(Tone.NEUTRAL, render(BANNER))
        self._window.add_wide_banner(self._banner)
        self.action = self._window.top.menu.addAction(phrase("presenting", "&Presenting"))
        self.action.setCheckable(True)
        self.action.setShortcut("Ctrl+Shift+P")
        self.action.setAutoRepeat(False)
        self.action.setToolTip(
            phrase("presenting", "Mask whatever names a real customer, a key or a colleague")
        )
        # In a closed menu its key would not be heard.
        self._window.addAction(self.action)
        self.action.triggered.connect(lambda on: self._begin() if on else self._end())
        projects.project_chosen.connect(lambda _: self._enter(practice=False))
        projects.sandbox_chosen.connect(lambda: self._enter(practice=True))
        projects.project_left.connect(self._leave)
        session.stay_while(self._why_mend_first)

    def _enter(self, *, practice: bool) -> None:
        self._practice = practice
        if self._lens.is_on and not practice:
            self._window.project_bar.show_host(phrase("presenting", "host masked"))

    def _why_mend_first(self) -> str:
        is_shut = self._window.banners.is_shown(Rank.JOURNAL)
        return phrase("window", "Mend the journal first.") if is_shut else ""

    def _leave(self) -> None:
        self._kept = None

    def _begin(self) -> None:
        why = self._session.why_stay()
        self.action.setChecked(not why)
        if why:
            self._status.show_message(
                _KEY, Tone.WARNING, phrase("presenting", "Presenting has not begun. {why}").format(why=why)
            )
            return
        if not self._practice:
            self._kept = self._form.draft()
            self._form.forget_all()
        self._turn(on=True)
        announce(self._banner.label, render(BANNER))

    def _end(self) -> None:
        self.action.setChecked(False)
        kept, self._kept = self._kept, None
        if not self._practice:
            # What was typed meanwhile may name an alias, and Send would take it for a real customer.
            self._form.forget_all()
        self._turn(on=False)
        if kept is not None:
            self._form.fill(kept)
        self._status.show_message(_KEY, Tone.NEUTRAL, render(_ENDED))

    def _turn(self, *, on: bool) -> None:
        self._banner.setVisible(on)
        self._status.clear()
        self._window.log.search.clear()
        self._lens.turn(on=on)
        if not self._practice:
            self._projects.enter_again()
