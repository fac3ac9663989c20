"""What can be copied of a request, to the byte and without its key: its parts, and code that makes it."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.request import PublicRequest
from consent_desk.ui.widgets.messages import phrase, render

_RUNS = say(
    "request",
    "The key pair comes from CONSENT_DESK_KEY_ID and CONSENT_DESK_SECRET. Each run records once more.",
)


class CopyMenu(QMenu):
    """The menu of a button that copies the request which was last given to `offer`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._request: PublicRequest | None = None
        self._requests: Sequence[PublicRequest] = ()
        self._body = self._add(
            phrase("request", "Request body, exact bytes"), lambda request: request.body.decode()
        )
        self._add(phrase("request", "URL"), lambda request: request.url)
        self._add(phrase("request", "Whole request, without the key"), _whole)
        self._all = self._add(
            phrase("request", "All requests, without the key"),
            lambda _: "\n\n".join(map(_whole, self._requests)),
        )
        self._code = QMenu(phrase("request", "Copy as…"), self)
        self._code.setToolTipsVisible(True)
        self.addMenu(self._code)
        self._code.aboutToShow.connect(self._write_code)
        self.offer(None)

    def offer(self, request: PublicRequest | None, among: Sequence[PublicRequest] = ()) -> None:
        """Offer to copy `request`, and all that it is one of; one without a body has less to offer."""
        self._request, self._requests = request, among
        has_body = request is not None and bool(request.body)
        self._body.setEnabled(has_body)
        self._code.setEnabled(has_body)
        self._all.setVisible(len(among) > 1)

    def _add(self, text: str, copied: Callable[[PublicRequest], str]) -> QAction:
        def copy() -> None:
            if self._request is not None:
                QGuiApplication.clipboard().setText(copied(self._request))

        return self.addAction(text, copy)

    def _write_code(self) -> None:
        # Loaded with the first look at it.
        from consent_desk.domain.wire.snippets import Language, snippet

        self._code.clear()
        for language in Language:
            text = "" if self._request is None else snippet(language, self._request)
            if isinstance(text, Message):
                self._code.addAction(f"{language.value}: {render(text)}").setEnabled(False)
            else:
                written = self._code.addAction(
                    language.value, partial(QGuiApplication.clipboard().setText, text)
                )
                written.setToolTip(render(_RUNS))


def _whole(request: PublicRequest) -> str:
    body = request.body.decode("utf-8", "backslashreplace")
    return "\n".join([f"{request.method} {request.url}", *request.header_lines(), "", body])
