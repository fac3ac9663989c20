"""The desk that most services are tested with."""

import pytest

from consent_desk.journal.journal import SqliteJournal
from tests.delivery.desk import Desk


@pytest.fixture
def desk(journal: SqliteJournal) -> Desk:
    return Desk(journal)
