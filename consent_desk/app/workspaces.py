"""Opens a workspace: a journal, and the engine around it. Loaded after the paint; loads no Qt."""

import json
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial

from consent_desk.delivery.attention import Alarms
from consent_desk.delivery.engine import Engine
from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.scheduler import NAP, Scheduler
from consent_desk.delivery.sender import Sender
from consent_desk.delivery.verifier import Verifier
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import DeskError
from consent_desk.domain.faults import Fault
from consent_desk.domain.message import say
from consent_desk.domain.wire.project import Project
from consent_desk.engagement.calls import Limits, Transport
from consent_desk.engagement.clock_watch import ClockWatch
from consent_desk.journal.backups import alone_in_second, back_up_before_migration, copy_daily, make_daily
from consent_desk.journal.erasure import Erasure, erase
from consent_desk.journal.errors import nowhere
from consent_desk.journal.export import History
from consent_desk.journal.head import head_file
from consent_desk.journal.identity import installation_id, saved_of
from consent_desk.journal.journal import SqliteJournal
from consent_desk.proof.make import Proofs
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.account import account_name
from consent_desk.system.atomic_file import companion
from consent_desk.system.clock import now as clock_now
from consent_desk.system.clock import steady as clock_steady
from consent_desk.system.folders import Folders, private_folder, resource, temporary_folder
from consent_desk.system.settings import DeskSettings
from consent_desk.workspace import Workspace

COPY_PATIENCE = 60.0
"""Seconds that an erasure waits for a copy into the second folder."""

_NOT_ERASED = say("app", "The data was not removed: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every workspace is opened with.

    `nap` is the longest time in seconds for which `now` is not asked whether something is due; `steady` tells
    seconds that nobody sets. `log` is given what is a bug.
    """

    transport: Transport
    limits: Limits
    log: Callable[[Exception], None]
    now: Callable[[], Timestamp] = clock_now
    steady: Callable[[], float] = clock_steady
    nap: float = NAP


def open_journal(
    opened: ExitStack, means: Means, watched: ClockWatch, folders: Folders, settings: DeskSettings
) -> Workspace:
    """The workspace of the real consents. `opened` closes it. Raises DeskError."""
    now = means.now
    private_folder(folders.data)
    path = folders.journal
    left = (path, head_file(path), companion(path), saved_of(path))
    if settings.has_journal and not any(map(os.path.lexists, left)):
        raise nowhere(folders.data)
    journal = SqliteJournal.open(
        path,
        installation=installation_id(folders.config),
        now=now,
        before_migration=partial(back_up_before_migration, path),
    )
    opened.callback(journal.close)
    # Only what would find a lost folder is missing then, and who sets a second one is told.
    with suppress(DeskError):
        settings.remember_journal()

    def back_up() -> None:
        make_daily(path, journal, now())

    def copy_backup() -> None:
        copy_daily(path, settings.second_folder, now())

    def erase_customer(project_id: str, customer: CustomerId) -> Erasure:
        # From the second folder too; a failure to read where that is says so, and nothing is erased.
        at, second = now(), settings.second_folder
        workspace.engine.forget(project_id, customer)
        try:
            # A copy that was begun before would bring back what is removed there.
            with alone_in_second(second, _NOT_ERASED, COPY_PATIENCE):
                erased = erase(path, journal, second, project_id=project_id, customer=customer, at=at)
        except DeskError:
            # Nothing, or not all, was removed: what was planned goes on.
            for request_id in journal.consents_of(project_id, customer):
                workspace.engine.follow(request_id)
            raise
        # Once more: meanwhile something may have been planned anew.
        workspace.engine.forget(project_id, customer, erased=True)
        return erased

    workspace = _workspace(journal, watched, means)
    opened.callback(workspace.engine.close)
    return replace(
        workspace, restored=journal.restored, back_up=back_up, copy_backup=copy_backup, erase=erase_customer
    )


def open_sandbox(
    opened: ExitStack, means: Means, *, fault: Fault | None = None, delay: float = 0.0
) -> Workspace:
    """The workspace of practice: its journal lasts as long as `opened`, its sandbox too, but for its rests.

    It wakes with all that was written to it, on the same port if that is still free. Raises DeskError.
    """
    folder = opened.enter_context(temporary_folder())
    seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
    sandbox = opened.enter_context(Sandbox(seed, delay=delay))
    sandbox.fault = fault
    journal = SqliteJournal.open(folder / "journal.sqlite")
    opened.callback(journal.close)

    def wake() -> Project:
        sandbox.start()
        return sandbox.project

    # Its own watch: the Sandbox tells the time of this very computer.
    watched = ClockWatch(means.transport, means.now, means.steady)
    workspace = _workspace(journal, watched, means, practice=True)
    opened.callback(workspace.engine.close)
    customers = tuple(CustomerId(type=id_type, value=value) for id_type, value in sandbox.customers)
    return replace(workspace, sandbox=sandbox.project, customers=customers, rest=sandbox.close, wake=wake)


def _workspace(
    journal: SqliteJournal, watched: ClockWatch, means: Means, *, practice: bool = False
) -> Workspace:
    now, steady = means.now, means.steady
    outbox = Outbox(journal, now, account_name())
    engine = Engine(
        journal=journal,
        outbox=outbox,
        sender=Sender(journal, watched, now, watched.why_held),
        verifier=Verifier(journal, watched, now, steady, practice=practice),
        scheduler=Scheduler(
            journal,
            now,
            lambda: watched.holds_accepts,
            steady=steady,
            nap=means.nap,
            practice=practice,
        ),
        clock=watched,
        limits=means.limits,
        log=means.log,
        practice=practice,
    )
    return Workspace(
        journal=journal,
        engine=engine,
        outbox=outbox,
        alarms=Alarms(journal, now),
        history=History(journal, now),
        proofs=Proofs(journal, now),
        transport=watched,
        user=account_name() or "unknown",
    )
