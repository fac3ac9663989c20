"""Opens a station: a journal, and the services around it. Loaded on the journal lane, after the paint."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from consent_desk.adapters.account import account_name
from consent_desk.adapters.backups import Backups
from consent_desk.adapters.folders import Folders, private_folder, temporary_folder
from consent_desk.adapters.installation import installation_id
from consent_desk.adapters.journal import SqliteJournal
from consent_desk.domain.consent import CustomerId, Timestamp
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.project import Project
from consent_desk.sandbox.faults import Fault
from consent_desk.sandbox.server import Sandbox
from consent_desk.services.clock_watch import ClockWatch
from consent_desk.services.outbox import Outbox
from consent_desk.services.rounds import Rounds
from consent_desk.services.sender import Sender, Transport
from consent_desk.services.verifier import Verifier
from consent_desk.ui.station import Station


def open_journal(
    opened: ExitStack,
    transport: Transport,
    now: Callable[[], Timestamp],
    folders: Folders,
    *,
    nap: float,
) -> Station:
    """The station of the real consents, with a backup of today. `opened` closes it. Raises DeskError."""
    private_folder(folders.data)
    backups = Backups(folders.journal)
    journal = SqliteJournal.open(
        folders.journal,
        installation=installation_id(folders.config),
        now=now,
        before_migration=backups.before_migration,
    )
    opened.callback(journal.close)
    trouble = None
    try:
        backups.make_daily(journal, now())
    except JournalTrouble as failed:
        # A consent is noted with or without a copy of the others; the window says what failed.
        trouble = failed
    return _station(journal, transport, now, nap, restored=journal.restored, trouble=trouble)


def open_sandbox(
    opened: ExitStack,
    transport: Transport,
    now: Callable[[], Timestamp],
    *,
    seed: Mapping[str, object],
    fault: Fault | None,
    delay: float,
    nap: float,
) -> Station:
    """The station of practice: sandbox and journal last as long as `opened`. Raises DeskError."""
    folder = opened.enter_context(temporary_folder())
    sandbox = opened.enter_context(Sandbox(seed, delay=delay))
    sandbox.fault = fault
    journal = SqliteJournal.open(folder / "journal.sqlite")
    opened.callback(journal.close)
    customers = frozenset(CustomerId(type=id_type, value=value) for id_type, value in sandbox.customers)
    return _station(journal, transport, now, nap, sandbox=sandbox.project, customers=customers)


def _station(
    journal: SqliteJournal,
    transport: Transport,
    now: Callable[[], Timestamp],
    nap: float,
    *,
    sandbox: Project | None = None,
    customers: frozenset[CustomerId] = frozenset(),
    restored: int = 0,
    trouble: JournalTrouble | None = None,
) -> Station:
    watched = ClockWatch(transport, now)
    return Station(
        outbox=Outbox(journal, now, account_name()),
        sender=Sender(journal, watched, now),
        verifier=Verifier(journal, watched, now),
        rounds=Rounds(journal, now, lambda: watched.holds_accepts, nap=nap),
        transport=watched,
        sandbox=sandbox,
        customers=customers,
        restored=restored,
        trouble=trouble,
    )
