"""Has Tab and assistive technology come upon what the window holds in the order in which people read it."""

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QMainWindow, QScrollArea, QSplitter, QWidget


def put_in_order(part: QWidget) -> None:
    """Put what `part` holds into the order of its layouts, all the way down.

    Assistive technology is told of children as their parent has them: in the order of making, but for this.
    """
    held = [*_held(part)]
    # Below what stands in no layout: that may lie on top of them.
    for each in reversed(held):
        each.lower()
    for each in held:
        put_in_order(each)


def order_tabs(part: QWidget, *, after: QWidget | None = None) -> None:
    """Let Tab go through `part` as one reads it, and come to it `after` that, if there is such a thing.

    By itself it would come in the order of making.
    """
    placed = [each for each in _in_order(part) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    for one, following in pairwise(placed if after is None else [after, *placed]):
        QWidget.setTabOrder(one, following)


def _in_order(part: QWidget) -> Iterator[QWidget]:
    """What `part` is made of in the end, in reading order."""
    held = [*_held(part)]
    if not held:
        yield part
    for each in held:
        yield from _in_order(each)


def _held(part: QWidget) -> Iterator[QWidget]:
    layout = part.layout()
    if isinstance(part, QMainWindow):
        if (central := part.centralWidget()) is not None:
            yield central
    elif isinstance(part, QSplitter):
        yield from map(part.widget, range(part.count()))
    elif isinstance(part, QScrollArea):
        if (inner := part.widget()) is not None:
            yield inner
    elif layout is not None:
        yield from _placed(layout)


def _placed(layout: QLayout) -> Iterator[QWidget]:
    for item in map(layout.itemAt, range(layout.count())):
        if item is None:
            continue
        if (inner := item.layout()) is not None:
            yield from _placed(inner)
        elif (widget := item.widget()) is not None:
            yield widget
