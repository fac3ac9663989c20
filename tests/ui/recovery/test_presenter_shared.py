"""While another program has the journal open, what it sends is its own, and nothing is replaced."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.journal import owners
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.consents import LOOKED_UP, NOON, a_consent, claim, go_on, later, write_down
from tests.ui import controls
from tests.ui.conftest import OpenAcme
from tests.ui.desks import OpenDesk, journal_of, real
from tests.ui.recovery.recovering import (
    back_up,
    check,
    leave,
    open_backups,
    posts,
    wait_for_words,
    wait_until_well,
)

ELSEWHERE = "another Consent Desk has it open"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "CLOSED_WITHIN", 0.05)


@pytest.fixture
def start(open_acme: OpenAcme) -> Callable[[], OpenDesk]:
    return open_acme


@pytest.fixture
def other(folders: Folders, engagement: Sandbox) -> Iterator[SqliteJournal]:
    """The journal as another program has it open; one consent was delivered before."""
    leave(folders, real(engagement))
    back_up(folders)
    with journal_of(folders) as journal:
        (request_id,) = journal.records_in({State.QUEUED})
        claim(journal, request_id, NOON)
        go_on(journal, request_id, Fact(at=NOON, state=State.DELIVERED))
        yield journal


def test_what_another_program_sends_is_not_called_unconfirmed(
    start: Callable[[], OpenDesk], other: SqliteJournal, engagement: Sandbox
) -> None:
    consent = a_consent(category="newsletter", noted_at=later(1))
    write_down(other, Noted.of(real(engagement), consent, LOOKED_UP))
    assert claim(other, consent.request_id, NOON) is not None
    desk = start()
    desk.wait_for_line("Sending", "Delivered, not shown yet")
    wait_until_well(desk)
    assert "not confirmed" not in desk.status
    assert posts(engagement) == 0
    go_on(other, consent.request_id, Fact(at=NOON, state=State.DELIVERED))


def test_no_backup_is_restored_meanwhile_and_nothing_is_lost(
    start: Callable[[], OpenDesk], other: SqliteJournal, folders: Folders
) -> None:
    desk = start()
    desk.wait_for_line("Delivered, not shown yet")
    dialog = open_backups(desk)
    check(desk, dialog)
    desk.person.answer = 1
    controls.press(dialog, "Restore")
    wait_for_words(desk, f"The backup was not restored, and the journal is left as it is: {ELSEWHERE}")
    wait_until_well(desk)
    desk.bot.waitUntil(lambda: len(controls.cells(desk.window, 1)) == 1)
    assert not [*folders.data.glob("*replaced*")]
    other.close()
    controls.press(dialog, "Restore")
    wait_for_words(desk, "The backup of 2026-05-31 was restored.")


def test_no_data_is_removed_meanwhile(
    start: Callable[[], OpenDesk], other: SqliteJournal, engagement: Sandbox
) -> None:
    desk = start()
    desk.wait_for_line("Delivered, not shown yet")
    desk.person.answer = 1
    desk.remove_data()
    wait_for_words(desk, f"The customer's data was not removed: {ELSEWHERE}")
    with closing(other):
        assert len(other.consents_of(real(engagement).id, a_consent().customer)) == 1
    desk.remove_data()
    desk.wait_for_status("Removed from 1 consent")
