"""An assistive technology: it knows the program by its accessibility tree alone.

    /usr/bin/python3 assistive_technology.py PORT

The system's Python runs it, which has pyatspi; nothing of this project is imported here. From PORT on this
computer comes a line of JSON for each thing to do: its name, the seconds that it may take, and arguments.
Each is answered by one line. Controls are found by what they are called and by their role.
"""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, TypeVar

import pyatspi  # type: ignore[import-not-found]  # a system package, like the next one
from gi.repository import Atspi, GLib  # type: ignore[import-not-found]  # the same

T = TypeVar("T")
TICK = 100
"""Milliseconds until a condition is looked at again though nothing was heard."""

ONE_BY_ONE = {pyatspi.ROLE_LIST, pyatspi.ROLE_TABLE}
"""Of these the items are many, and no controls."""


class AssistiveTechnology:
    """Hears announcements and where the focus goes, and reads, presses and fills in what the tree shows."""

    def __init__(self) -> None:
        self._desktop = pyatspi.Registry.getDesktop(0)
        # Always asked anew: nothing is taken on trust that the program did not tell by an event.
        self._desktop.set_cache_mask(Atspi.Cache.NONE)
        self._announced: list[tuple[str, str]] = []
        self._focused: list[list[str]] = []
        pyatspi.Registry.registerEventListener(self._hear, "object:announcement")
        pyatspi.Registry.registerEventListener(self._follow, "object:state-changed:focused")
        GLib.timeout_add(TICK, lambda: True)

    def _hear(self, event: Any) -> None:
        self._announced.append((event.source.name, str(event.any_data)))
        print("heard:", *self._announced[-1], file=sys.stderr)

    def _follow(self, event: Any) -> None:
        if event.detail1:
            self._focused.append([called(event.source), role(event.source)])
            print("focus:", *self._focused[-1], file=sys.stderr)

    def controls(self, seconds: float) -> list[list[str]]:
        """What each control that is shown is called, and its role."""
        return until(lambda: [[called(node), role(node)] for node in self._shown()], seconds)

    def wait(self, seconds: float, name: str, kind: str, part: str) -> str:
        """Wait until a control is shown and tells `part`; return all that it tells."""

        def look() -> str | None:
            told = said(self._find(name, kind))
            return told if part in told else None

        return until(look, seconds)

    def heard(self, seconds: float, source: str, part: str) -> str:
        """Wait until `source` announces `part`; return the whole announcement. What came before is past."""

        def listen() -> str | None:
            while self._announced:
                name, text = self._announced.pop(0)
                if name == source and part in text:
                    return text
            return None

        return until(listen, seconds)

    def focus(self, seconds: float) -> list[str]:
        """Where the focus went: one step of it."""
        return until(lambda: self._focused.pop(0) if self._focused else None, seconds)

    def press(self, seconds: float, name: str) -> None:
        """Press a button through the tree."""
        self._act(seconds, name, "button", "Press")

    def tick(self, seconds: float, name: str, kind: str) -> None:
        """Tick a box or choose a radio button through the tree; untick a box that is ticked."""
        self._act(seconds, name, kind, "Toggle")

    def write(self, seconds: float, name: str, text: str) -> None:
        """Fill a field through the tree."""
        self._within(seconds, name, "text").queryEditableText().setTextContents(text)

    def active(self, seconds: float) -> str:
        """Wait until a window has the keyboard; return its title."""

        def look() -> str | None:
            frames = [frame for application in self._desktop for frame in application or ()]
            return next((one.name for one in frames if has(one, pyatspi.STATE_ACTIVE)), None)

        return until(look, seconds)

    def _act(self, seconds: float, name: str, kind: str, what: str) -> None:
        action = self._within(seconds, name, kind).queryAction()
        names = [action.getName(at) for at in range(action.nActions)]
        action.doAction(names.index(what))

    def _within(self, seconds: float, name: str, kind: str) -> Any:
        return until(lambda: self._find(name, kind), seconds)

    def _find(self, name: str, kind: str) -> Any:
        found = (node for node in self._shown() if (called(node), role(node)) == (name, kind))
        node = next(found, None)
        if node is None:
            raise LookupError(f"no {kind} {name!r} is shown")
        return node

    def _shown(self) -> Iterator[Any]:
        for application in self._desktop:
            if application is not None:
                for window in application:
                    yield from shown(window)


def shown(node: Any) -> Iterator[Any]:
    """`node` and all below it that is on the screen."""
    if not has(node, pyatspi.STATE_SHOWING):
        return
    yield node
    if node.getRole() not in ONE_BY_ONE:
        for child in node:
            yield from shown(child)


def has(node: Any, state: Any) -> bool:
    return bool(node.getState().contains(state))


def role(node: Any) -> str:
    """Newer versions call a push button a button."""
    return str(node.getRoleName()).removeprefix("push ")


def called(node: Any) -> str:
    """Its name; that of a combo box is its value, and there it is what its label says."""
    labels = (
        relation.getTarget(0).name
        for relation in (node.getRelationSet() if node.getRole() == pyatspi.ROLE_COMBO_BOX else ())
        if relation.getRelationType() == pyatspi.RELATION_LABELLED_BY
    )
    return next(labels, str(node.name))


def said(node: Any) -> str:
    """What is told of it: its description, its value, its text, its rows, and whether it can be used."""
    told = [node.description]
    if node.getRole() == pyatspi.ROLE_COMBO_BOX:
        told.append(node.name)
    elif node.getRole() == pyatspi.ROLE_TABLE:
        table = node.queryTable()
        for row in range(table.nRows):
            cells = (table.getAccessibleAt(row, column).name for column in range(table.nColumns))
            told.append(" | ".join(cells))
    elif node.getRole() == pyatspi.ROLE_LIST:
        told += [str(child.name) for child in node]
    elif "Text" in pyatspi.listInterfaces(node):
        told.append(node.queryText().getText(0, -1))
    if has(node, pyatspi.STATE_CHECKED):
        told.append("checked")
    if not has(node, pyatspi.STATE_ENABLED):
        told.append("off")
    return "\n".join(told)


def until(look: Callable[[], T | None], seconds: float) -> T:
    """Wait for something; what `look` raises meanwhile is told when it is too late. Controls come and go."""
    end = monotonic() + seconds
    context = GLib.MainContext.default()
    trouble = "nothing of the kind came"
    while True:
        while context.pending():
            context.iteration(False)
        try:
            if (seen := look()) is not None:
                return seen
        except (LookupError, GLib.Error, AttributeError) as error:
            trouble = str(error)
        if monotonic() > end:
            raise TimeoutError(trouble)
        context.iteration(True)


def main() -> None:
    technology = AssistiveTechnology()
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as there, there.makefile("rw") as lines:
        for line in lines:
            name, seconds, *arguments = json.loads(line)
            try:
                answer = getattr(technology, name)(seconds, *arguments)
            except Exception as error:  # noqa: BLE001 -- told to the test
                answer = {"trouble": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=lines, flush=True)


if __name__ == "__main__":
    main()
