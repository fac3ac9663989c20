"""The request as it will be sent, every byte of it."""

import json
import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.text import inert
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.ui.request.copy_menu import CopyMenu
from consent_desk.ui.request.fields import RequestText
from consent_desk.ui.theme.fonts import CAPTION, HEADING, scale, sized
from consent_desk.ui.widgets.banner import TintedLabel, TintedLines
from consent_desk.ui.widgets.buttons import Button, Look
from consent_desk.ui.widgets.inputs import named
from consent_desk.ui.widgets.layouts import fill
from consent_desk.ui.widgets.messages import phrase
from consent_desk.ui.widgets.tones import Tone

_LEAST = 2
"""Lines of the body that are seen in a low window."""

_LOW = 300
"""Pixels: with less height there is but one line for the URL."""

_LONGEST = 200
"""Characters of what was typed that stand in an outline."""


class RequestPages(QWidget):
    """Emits `turned` when another page is wanted: `page`, from 0. Takes no room for one page."""

    turned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.page = 0
        self._count = 1
        self.previous = named(
            Button(look=Look.QUIET),
            "‹",
            phrase("request", "Previous request"),
            phrase("request", "Previous request"),
        )
        self.next = named(
            Button(look=Look.QUIET), "›", phrase("request", "Next request"), phrase("request", "Next request")
        )
        self.place = TintedLabel(phrase("request", "Page of the preview"))
        self.place.setWordWrap(False)
        fill(QHBoxLayout(self), self.previous, self.place, self.next).setSpacing(0)
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(lambda: self._turn(1))
        self.hide()

    def show_count(self, count: int) -> None:
        """There are `count` pages now. The page stays where it can."""
        self._count = max(count, 1)
        self.page = min(self.page, self._count - 1)
        self.setVisible(self._count > 1)
        if self._count > 1:
            self._show()

    def _turn(self, by: int) -> None:
        # At the ends the buttons stay on: one that goes off would push the focus elsewhere.
        self.page = (self.page + by) % self._count
        self._show()
        self.turned.emit()

    def _show(self) -> None:
        self.place.show_text(
            Tone.QUIET, phrase("request", "{page} of {count}").format(page=self.page + 1, count=self._count)
        )
        for each in (self.previous, self.next):
            each.setAccessibleDescription(phrase("request", "Shown: {place}").format(place=self.place.text()))


class RequestPanel(QWidget):
    """Shows one `PreparedRequest`, or several by pages.

    The Authorization header is masked unless it is the sandbox's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._requests: Sequence[PreparedRequest] = ()
        self._unmasked = False
        self._why_empty, self._stamp = "", ""
        self._draft: Draft | None = None
        self._captions: list[QLabel] = []
        self.url = RequestText(phrase("request", "Request URL"), lines=2)
        self.authorization = RequestText(phrase("request", "Authorization header"), lines=1)
        self.headers = RequestText(phrase("request", "Other headers"), lines=1)
        self.body = RequestText(phrase("request", "Request body"))
        self._fields = (self.url, self.authorization, self.headers, self.body)
        tip = phrase("request", "The exact bytes, instead of the same JSON laid out for reading")
        self.as_sent = named(Button(look=Look.CHIP), phrase("request", "As sent"), tip=tip)
        self.byte_count = TintedLabel()
        self.byte_count.setWordWrap(False)
        # It changes with nearly every key: with a ground of its own it has no card painted behind it.
        self.byte_count.setAutoFillBackground(True)
        self.stamp = TintedLines()
        self.pages = RequestPages()
        self.copy = named(Button(sign="copy"), phrase("request", "Copy"))
        self.menu = CopyMenu(self.copy)
        self.copy.setMenu(self.menu)
        self._lay_out()
        self._take_fonts()
        self._refresh()
        self.pages.turned.connect(self._refresh)
        self.as_sent.toggled.connect(self._refresh)
        for field in self._fields:
            field.entered.connect(self._let_tab_in)
            field.left.connect(self._let_tab_in)

    def _lay_out(self) -> None:
        self._heading = QLabel(phrase("request", "Request"))
        head = fill(QHBoxLayout(), self._heading, self.byte_count, (self.stamp, 1), self.as_sent, self.copy)
        head.setSpacing(8)
        self.url_label = self._caption(phrase("request", "Request URL"), self.url)
        self.url_label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        # Of one height, whoever is in it: nothing moves when there are pages.
        self._above_url = QWidget()
        fill(QHBoxLayout(self._above_url), self.url_label, None, self.pages)
        across = QHBoxLayout()
        across.setSpacing(8)
        for text, field in (
            (phrase("request", "Authorization header"), self.authorization),
            (phrase("request", "Other headers"), self.headers),
        ):
            column = fill(QVBoxLayout(), self._caption(text, field), field, None)
            column.setSpacing(4)
            across.addLayout(column, 1)
        # In a low window it gives way first: it scrolls by itself.
        self.body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        body = fill(
            QVBoxLayout(), self._caption(phrase("request", "Request body"), self.body), (self.body, 1)
        )
        body.setSpacing(4)
        parts = QWidget()
        fill(QVBoxLayout(parts), self.url, across, (body, 1)).setSpacing(8)
        whole = fill(QVBoxLayout(self), head, self._above_url, (parts, 1))
        whole.setSpacing(4)

    def _caption(self, text: str, field: RequestText) -> QLabel:
        label = TintedLabel()
        label.setWordWrap(False)
        label.show_text(Tone.QUIET, text)
        label.setBuddy(field)
        self._captions.append(label)
        return label

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._take_fonts()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.url.rest_at(1 if self.height() < _LOW * scale() else 2)

    def _take_fonts(self) -> None:
        self._heading.setFont(sized(HEADING, semibold=True))
        for label in (*self._captions, self.byte_count, self.stamp):
            label.setFont(sized(CAPTION))
        for field in self._fields:
            field.take_font()
        self.body.setMinimumHeight(self.body.high(_LEAST))
        self.stamp.setFixedHeight(self.stamp.fontMetrics().height())
        self._count_bytes()
        height = self.pages.place.fontMetrics().height() + 6
        self._above_url.setFixedHeight(height)
        for button in (self.pages.previous, self.pages.next):
            button.setFixedHeight(height)

    def take_focus(self) -> None:
        """Put the cursor into the body: the request is what is wanted now."""
        self.body.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _let_tab_in(self) -> None:
        """Let Tab lead from one field to the next while one of them was chosen, and past them else."""
        chosen = QApplication.focusWidget() in self._fields
        policy = Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.ClickFocus
        for field in self._fields:
            field.setFocusPolicy(policy)

    def show_requests(
        self,
        requests: Sequence[PreparedRequest],
        *,
        why_empty: str = "",
        stamp: str = "",
        unmasked: bool = False,
        draft: Draft | None = None,
    ) -> None:
        """Show `requests`, a page each; without a complete consent what there is of `draft`, `why_empty`."""
        self._requests = requests
        self._why_empty, self._stamp, self._draft = why_empty, stamp, draft
        self._unmasked = unmasked
        self.pages.show_count(len(requests))
        self._refresh()

    def _refresh(self) -> None:
        request = self._requests[self.pages.page] if self._requests else None
        what = (
            phrase("request", "Request URL")
            if request is None
            else phrase("request", "{method} to this URL").format(method=request.method)
        )
        self.url_label.setText(what)
        self.url.show_text("" if request is None else request.url)
        lines = () if request is None else request.header_lines(show_authorization=self._unmasked)
        self.authorization.show_text(lines[0].partition(": ")[2] if lines else "")
        self.headers.show_text("\n".join(lines[1:]))
        self.copy.setEnabled(request is not None)
        self.menu.offer(request, self._requests)
        body = b"" if request is None else request.body
        text = body.decode("utf-8")
        if text and not self.as_sent.isChecked():
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        self.body.show_text(text)
        count = len(body)
        self.byte_count.setText(phrase("request", "%n bytes", "%n byte", count) if body else "")
        self._count_bytes()
        stamp, placeholder = f"· {self._stamp}" if body and self._stamp else "", ""
        if not body:
            placeholder = self._why_empty
            if self._draft is not None:
                # Below the outline there is not always room.
                stamp = self._why_empty.partition("\n")[0]
                placeholder = f"{outline(self._draft)}\n\n{self._why_empty}"
        if stamp != self.stamp.text():
            self.stamp.show_text(Tone.QUIET, stamp)
        if placeholder != self.body.placeholderText():
            self.body.setPlaceholderText(placeholder)
            # Qt itself paints another placeholder only when the text changes too.
            self.body.viewport().update()

    def _count_bytes(self) -> None:
        # As wide as so many digits: else nearly every key would have the whole panel laid out anew.
        digits, metrics = re.sub("[0-9]", "0", self.byte_count.text()), self.byte_count.fontMetrics()
        self.byte_count.setFixedSize(metrics.horizontalAdvance(digits), metrics.height())


def outline(draft: Draft) -> str:
    """What `draft` would send, laid out: no JSON while something lacks."""
    category = (draft.categories or (draft.category,))[0]
    id_type = _or(draft.customer_id_type, phrase("request", "ID type"))
    customer_id = _or(draft.customer_id, phrase("request", "customer ID"))
    action = _or(draft.action, phrase("request", "action"))
    in_category = _or(category, phrase("request", "category"))
    stamp = phrase("request", "set when you send")
    lines = (
        "{",
        f'  "customer_ids": {{{id_type}: {customer_id}}},',
        '  "event_type": "consent",',
        f'  "timestamp": ‹{stamp}›,',
        '  "properties": {',
        f'    "action": {action},',
        f'    "category": {in_category}',
        "  }",
        "}",
    )
    return "\n".join(lines)


def _or(text: str, what: str) -> str:
    return json.dumps(inert(text, _LONGEST), ensure_ascii=False) if text.strip() else f"‹{what}›"
