"""The line in which all short texts are typed."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

LONGEST = 17_000
"""Characters that a field takes: more than Engagement does in any case, so that a problem shows until it is
shortened. A megabyte in a line takes Qt up to a second with each key."""

CUT = " … (cut here)"


class Line(QLineEdit):
    """A line that takes a paste of any size without freezing, and says in the text where it was cut."""

    def __init__(self, text: str = "", *, longest: int = LONGEST) -> None:
        super().__init__()
        self.setMaxLength(longest)
        self.setText(text)
        self._before = self.text()
        self._is_cut = False
        self.inputRejected.connect(self._notice)
        self.textChanged.connect(self._follow)

    def _notice(self) -> None:
        # Told in the middle of a paste, whose beginning is in by now; also of a key without room.
        self._is_cut = self.text() != self._before

    def _follow(self, text: str) -> None:
        self._before = text
        if self._is_cut:
            self._is_cut = False
            self.setSelection(max(self.cursorPosition() - len(CUT), 0), len(CUT))
            self.insert(CUT)


def commit_typing() -> None:
    """Have an input method put what it composes into its field: until then it is in none."""
    QGuiApplication.inputMethod().commit()
