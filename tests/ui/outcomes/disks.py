"""Disks in trouble."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import Any

import pytest

from consent_desk.delivery.outbox import Outbox
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import say
from consent_desk.system.folders import Folders

BROKEN = "DROP TABLE standing"
"""Lets a journal lose its table: whatever is written from now on fails."""


def change(folders: Folders, statement: str = BROKEN) -> None:
    """Change the journal's rules behind its back."""
    with closing(sqlite3.connect(folders.data / "journal.sqlite")) as connection, connection:
        connection.execute(statement)


def _fail(*_: object) -> tuple[Entry, ...]:
    raise JournalError(say("tests", "The disk is full."), say("tests", "Make room."))


@contextmanager
def full_disk() -> Iterator[None]:
    """Nothing can be noted meanwhile."""
    with pytest.MonkeyPatch.context() as full:
        full.setattr(Outbox, "note_all", _fail)
        yield


@contextmanager
def slow_disk(*, is_full: bool = False) -> Iterator[Event]:
    """Nothing is noted before this is set."""
    let, note_all = Event(), _fail if is_full else Outbox.note_all

    def slowly(*asked: Any) -> tuple[Entry, ...]:
        let.wait(30)
        return note_all(*asked)

    with pytest.MonkeyPatch.context() as slow:
        slow.setattr(Outbox, "note_all", slowly)
        yield let
        let.set()
