"""The desk that most services are tested with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_desk.journal.journal import SqliteJournal
from tests.delivery.desk import Desk, FullJournal


@pytest.fixture
def desk(journal: SqliteJournal) -> Desk:
    return Desk(journal)


@pytest.fixture
def full(path: Path) -> Iterator[FullJournal]:
    full = FullJournal.open(path)
    yield full
    full.close()
