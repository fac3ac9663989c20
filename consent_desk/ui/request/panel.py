"""The preview: the request as it will be sent, every byte of it."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from consent_desk.ui.widgets.inputs import (
    button,
    label_for,
    named,
    plain_label,
    read_only_text,
    technical_font,
)
from consent_desk.ui.widgets.layouts import Folding, fill, scrolled

if TYPE_CHECKING:
    from consent_desk.domain.wire.request import PreparedRequest

_LEAST = 3
"""Lines of the body that are seen in a low window."""


class PreviewPages(QWidget):
    """Emits `turned` when another page is wanted: `page`, from 0. Takes no room for one page."""

    turned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.page = 0
        self._count = 1
        self.previous = button("Previous", "Previous request")
        self.next = button("Next", "Next request")
        self.place = plain_label(name="Page of the preview")
        self.place.setWordWrap(False)
        fill(QHBoxLayout(self), self.previous, self.place, self.next, None)
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(lambda: self._turn(1))
        self.show_count(1)

    def show_count(self, count: int) -> None:
        """There are `count` pages now. The page stays where it can."""
        self._count = max(count, 1)
        self.page = min(self.page, self._count - 1)
        self.setVisible(self._count > 1)
        self._show()

    def _turn(self, by: int) -> None:
        # At the ends the buttons stay on: one that goes off would push the focus elsewhere.
        self.page = (self.page + by) % self._count
        self._show()
        self.turned.emit()

    def _show(self) -> None:
        self.place.setText(f"{self.page + 1} of {self._count}")
        # A name of its own hides a label's text from assistive technology.
        self.place.setAccessibleDescription(self.place.text())
        for each in (self.previous, self.next):
            each.setAccessibleDescription(f"Shown: {self.place.text()}")


class PreviewPanel(QWidget):
    """Shows one `PreparedRequest`, or several by pages. Empty, it shows before it is complete.

    The Authorization header is masked unless it is the sandbox's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._request: PreparedRequest | None = None
        self._requests: Sequence[PreparedRequest] = ()
        self._has_body = False
        self._show_authorization = False
        self._why_empty = ""
        self.url = QLineEdit(readOnly=True)
        self.authorization = QLineEdit(readOnly=True)
        self.headers = plain_label(name="Other headers")
        self.headers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body = read_only_text("Request body")
        tip = "The exact bytes, instead of the same JSON laid out for reading"
        self.as_sent = named(QCheckBox(), "As &sent", tip=tip)
        self.byte_count = QLabel()
        # Of one size, whatever it says: else every key would have the whole panel laid out anew.
        self.byte_count.setFixedSize(self.byte_count.fontMetrics().size(0, "000,000 bytes"))
        self.stamp = QLabel()
        # Rather cut than as wide as the panel must be.
        self.stamp.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pages = PreviewPages()
        self.pages.turned.connect(self._refresh)
        self.copy = named(QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup), "Co&py")
        self.copy.setEnabled(False)
        self._lay_out()
        self.as_sent.toggled.connect(self._refresh)

    def complete(self) -> None:
        """Add what the first paint can do without: the font of the body, the menu of *Copy*."""
        self.body.setFont(technical_font())
        self._make_copy_menu()

    def _make_copy_menu(self) -> None:
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self.copy)
        texts: dict[str, Callable[[PreparedRequest], str]] = {
            "Request body, exact bytes": self._body,
            "URL": lambda request: request.url,
            "Whole request, without the key": self._whole,
            "All requests, without the key": lambda _: "\n\n".join(map(self._whole, self._requests)),
        }
        for text, copied in texts.items():
            menu.addAction(text).triggered.connect(partial(self._copy, copied))
        self.copy.setMenu(menu)

    def _lay_out(self) -> None:
        whole = QWidget()
        self.url_label = label_for("Request &URL", self.url, "Request URL")
        name = label_for("Authori&zation header", self.authorization, "Authorization header")
        line = Folding(name, wide=False)
        line.add_behind(self.authorization)
        title = label_for("Request &body", self.body, "Request body")
        row = fill(QHBoxLayout(), title, None, self.as_sent)
        parts = (self.pages, self.url_label, self.url, line, self.headers, row, (self.body, 1))
        fill(QVBoxLayout(whole), *parts, margins=(4, 4, 4, 4))
        # In a low window it gives way first: it scrolls by itself.
        self.body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.body.setMinimumHeight((_LEAST + 1) * self.body.fontMetrics().lineSpacing())
        foot = fill(QHBoxLayout(), self.byte_count, (self.stamp, 1), self.copy, margins=(4, 0, 4, 4))
        # Below what scrolls: how many bytes leave is always seen.
        fill(QVBoxLayout(self), (scrolled(whole), 1), foot)

    def show_requests(
        self,
        requests: "Sequence[PreparedRequest]",
        *,
        why_empty: str = "",
        stamp: str = "",
        unmasked: bool = False,
    ) -> None:
        """Show `requests`, a page each; without a complete consent the body gives way to `why_empty`."""
        self._requests = requests
        self.pages.show_count(len(requests))
        self._has_body = bool(requests) and not why_empty
        self.copy.menu().actions()[-1].setVisible(len(requests) > 1)
        self._why_empty = why_empty
        self._show_authorization = unmasked
        self.stamp.setText(f"· {stamp}" if self._has_body and stamp else "")
        self._refresh()

    def _refresh(self) -> None:
        # Loaded with the first request: the window does not need it to show.
        from consent_desk.ui.widgets.long_text import show_lines

        request = self._request = self._requests[self.pages.page] if self._requests else None
        self.url_label.setText("Request &URL" if request is None else f"{request.method} to this &URL")
        lines = () if request is None else request.header_lines(show_authorization=self._show_authorization)
        _set_line(self.url, "" if request is None else request.url)
        _set_line(self.authorization, lines[0].partition(": ")[2] if lines else "")
        self.headers.setText("\n".join(lines[1:]))
        # Its name hides its text from assistive technology.
        self.headers.setAccessibleDescription(self.headers.text())
        self.copy.setEnabled(request is not None)
        if request is None or not self._has_body:
            self.byte_count.setText("")
            show_lines(self.body, "")
            self.body.setPlaceholderText(self._why_empty)
            # Qt itself paints another placeholder only when the text changes too.
            self.body.viewport().update()
            return
        text = request.body.decode("utf-8")
        shown = (
            text if self.as_sent.isChecked() else json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        )
        show_lines(self.body, shown)
        self.byte_count.setText(f"{len(request.body):,} bytes")

    def _copy(self, copied: "Callable[[PreparedRequest], str]", _checked: bool = False) -> None:
        if self._request is not None and (text := copied(self._request)):
            QGuiApplication.clipboard().setText(text)

    def _body(self, request: "PreparedRequest") -> str:
        return request.body.decode("utf-8") if self._has_body else ""

    def _whole(self, request: "PreparedRequest") -> str:
        head = [f"{request.method} {request.url}", *request.header_lines()]
        return "\n".join([*head, "", self._body(request)])


def _set_line(line: QLineEdit, text: str) -> None:
    if line.text() != text:
        line.setText(text)
        line.setCursorPosition(0)
