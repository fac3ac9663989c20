"""What a look-up told: whether there is such a customer, as a pill, and what holds for each category."""

from datetime import datetime

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from consent_desk.domain.consent.values import Consent
from consent_desk.domain.lifecycle.judgement import noun
from consent_desk.domain.lifecycle.messages import STATES, tell_status
from consent_desk.domain.message import say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.customer import CategoryStatus, CurrentState, moment
from consent_desk.ui.form.category_rows import RowState
from consent_desk.ui.form.field import caption
from consent_desk.ui.widgets.banner import announce
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import Local, moment_of, phrase, render, tool_tip
from consent_desk.ui.widgets.pill import Pill, pill_size
from consent_desk.ui.widgets.tones import Tone

_LONGEST_SOURCE = 40
_LONGEST_WORDING = 300

NOT_TOLD = RowState(whole=say("lookup", "not known, the answer does not say"))
NOBODY = RowState(whole=say("lookup", "nobody has this ID"))

_TINTS = {
    CurrentState.ACCEPTED: "text",
    CurrentState.REJECTED: "warn",
    CurrentState.ENDED: "second",
    CurrentState.UNCLEAR: "warn",
    CurrentState.NEVER: "second",
}
_SOURCES = {"private_api": "API", "": ""}


def state_of(status: CategoryStatus, local: Local) -> RowState:
    """What holds, since when, and from where."""
    head = render(STATES[status.current_state])
    lengths, since = [head], moment(status.since)
    if since is not None:
        lengths.insert(0, phrase("lookup", "{head} since {day}").format(head=head, day=day_of(local(since))))
        if source := cut(_SOURCES.get(status.source, status.source), _LONGEST_SOURCE):
            lengths.insert(0, f"{lengths[0]} · {source}")
    return RowState(
        lengths=tuple(lengths),
        whole=render(tell_status(status), local),
        wording=phrase("lookup", "Wording: {wording}").format(wording=cut(status.wording, _LONGEST_WORDING))
        if status.wording
        else "",
        tint=_TINTS[status.current_state],
    )


def noted_here(consent: Consent, local: Local) -> RowState:
    """That it was noted here so lately that a look-up may not show it yet."""
    when = moment_of(local(consent.noted_at))
    word = phrase("lookup", "{noun} noted {when}").format(noun=render(noun(consent.action)), when=when)
    whole = phrase("lookup", "an {noun} was noted here at {when}, it may not show yet").format(
        noun=render(noun(consent.action)), when=when
    )
    return RowState(
        lengths=(word, phrase("lookup", "noted {when}").format(when=when)), whole=whole, tint="info"
    )


def day_of(at: datetime) -> str:
    """A day as short as it is clear: 10:44 today, 3 Nov, 3 Nov 2024."""
    today = at.now(at.tzinfo)
    if at.date() == today.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}" if at.year == today.year else f"{at.day} {at:%b %Y}"


class KnownView(QWidget):
    """As high while nothing is known: the heading does not jump."""

    def __init__(self) -> None:
        super().__init__()
        self.pill = Pill(phrase("lookup", "What is known of this customer"))
        self.age = caption()
        self.age.setSizePolicy(self.age.sizePolicy().Policy.Preferred, self.age.sizePolicy().verticalPolicy())
        self.again = named(Button(sign="refresh", look=Look.QUIET), "", phrase("lookup", "Look again"))
        self.again.setToolTip(phrase("lookup", "Look this customer up again"))
        fill(QHBoxLayout(self), self.age, self.again, self.pill).setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_text(Tone.QUIET, "")

    def sizeHint(self) -> QSize:
        height = max(pill_size("").height(), self.again.sizeHint().height())
        return QSize(super().sizeHint().width(), height)

    def show_text(self, tone: Tone, text: str, icon: str = "", *, whole: str = "", age: str = "") -> None:
        """Show `text`; `whole` says more to whoever asks or listens. `age`: since when it is known."""
        self.pill.show_text(tone, text, icon)
        self.pill.setVisible(bool(text))
        said = whole or text
        self.pill.setAccessibleDescription(said)
        self.pill.setToolTip(tool_tip(said))
        self.age.show_text(Tone.QUIET, age)
        self.again.setVisible(bool(age))

    def announce(self) -> None:
        """Tell assistive technology what came in while the focus is elsewhere."""
        announce(self.pill, self.pill.accessibleDescription())
