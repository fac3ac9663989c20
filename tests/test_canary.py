"""PySide6 6.12.0 on Python 3.11 loses references until it aborts: docs/decisions/005-pyside6-bound.md."""

import sys

from PySide6.QtCore import QObject


def test_a_call_that_returns_none_keeps_its_reference_to_none() -> None:
    parentless = QObject()
    before = sys.getrefcount(None)
    for _ in range(200):
        parentless.parent()
    assert before - sys.getrefcount(None) < 100
