"""How long the journal's thread is held up where much waits: long starts, long queues, one busy customer.

python -m tests.reliability.cliffs [consents [of one customer [settled]]]

On a real file, in memory where there is /dev/shm: what is measured is the program, not the disk.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from consent_desk.delivery.outbox import Outbox
from consent_desk.delivery.scheduler import Scheduler
from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp, ValidUntil
from consent_desk.domain.lifecycle.policy import Step
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import Fact, State
from consent_desk.domain.wire.outcome import Answered
from consent_desk.journal.journal import SqliteJournal
from consent_desk.system.clock import now
from tests.consents import a_consent, a_project
from tests.reliability.long_journal import write_long

STEP, SLACK = 20.0, 60.0
"""Milliseconds: a step of a start, and what the longest one may take on a busy machine."""

SUCCESS = Answered(status=200, headers=(), body=b'{"success": true}', elapsed=0.01)
MEMORY = Path("/dev/shm")


@dataclass(slots=True)
class Steps:
    """How long each of many steps took, in milliseconds: of this thread, whatever else the machine does."""

    each: list[float] = field(default_factory=list)

    @contextmanager
    def step(self) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.each.append((time.thread_time() - began) * 1e3)

    def __str__(self) -> str:
        return (
            f"{sum(self.each):,.0f} ms in all, median {median(self.each):.2f}, longest {max(self.each):.1f}"
        )


@contextmanager
def journal_in(fill: Callable[[Path], None] = lambda path: None) -> Iterator[SqliteJournal]:
    """A journal of its own, which `fill` may have written before."""
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="consent-desk-", dir=place) as folder:
        path = Path(folder) / "journal.sqlite"
        fill(path)
        with closing(SqliteJournal.open(path)) as journal:
            yield journal


def noted(number: int, *, customer: str = "", opts_in: bool = False) -> Noted:
    """A decision of its own moment, the higher the number the later."""
    at = Timestamp(now().micros - 10**12 + number * 1_000)
    name = customer or f"customer-{number}@example.com"
    return Noted.of(
        a_project(),
        a_consent(
            customer=CustomerId(type="registered", value=name),
            action=Action.ACCEPT if opts_in else Action.REJECT,
            valid_until=ValidUntil() if opts_in else None,
            timestamp=at,
            noted_at=at,
        ),
    )


def scheduler_of(journal: SqliteJournal) -> Scheduler:
    return Scheduler(journal, now, lambda: False)


def take_up(scheduler: Scheduler) -> Steps:
    """A start, in steps."""
    steps = Steps()
    scheduler.begin()
    more = True
    while more:
        with steps.step():
            more = scheduler.take_up(STEP / 1e3)
            scheduler.outstanding()
            scheduler.wait()
    return steps


def deliver(journal: SqliteJournal, scheduler: Scheduler, count: int) -> Steps:
    """Hand out what is due, and have each delivered: what each costs beside its two commits."""
    steps, done = Steps(), 0
    while done < count:
        with steps.step():
            tasks = scheduler.due()
        for task in tasks:
            request_id = task.entry.request_id
            if task.due.plan.step is Step.LOOK_UP:
                # Nobody answers: it leaves.
                scheduler.end_look(task.due)
                continue
            journal.claim(request_id, now(), after=1)
            journal.append(request_id, Fact(at=now(), state=State.DELIVERED, outcome=SUCCESS), after=2)
            with steps.step():
                scheduler.follow(request_id)
                scheduler.outstanding()
                scheduler.wait()
            done += 1
    return steps


def one_customer(count: int) -> tuple[Steps, Steps]:
    """So many open opt-outs of one customer and category: one more is noted, and each is followed."""
    with journal_in() as journal:
        all_noted = [noted(number, customer="jane@example.com") for number in range(count + 1)]
        journal.note_all(all_noted[:-1])
        scheduler = scheduler_of(journal)
        take_up(scheduler)
        noting, following = Steps(), Steps()
        with noting.step():
            consent = all_noted[-1].consent
            Outbox(journal, now).note(a_project(), consent)
            scheduler.follow(consent.request_id)
        for one in all_noted:
            request_id = one.consent.request_id
            journal.claim(request_id, now(), after=1)
            journal.append(request_id, Fact(at=now(), state=State.DELIVERED, outcome=SUCCESS), after=2)
            with following.step():
                scheduler.follow(request_id)
                scheduler.outstanding()
        return noting, following


def overtaken(count: int) -> Steps:
    """An opt-out is noted that overtakes so many opt-ins of its customer."""
    with journal_in() as journal:
        all_noted = [noted(number, customer="jane@example.com", opts_in=True) for number in range(count)]
        journal.note_all(all_noted)
        scheduler, noting = scheduler_of(journal), Steps()
        take_up(scheduler)
        consent = noted(count, customer="jane@example.com").consent
        with noting.step():
            Outbox(journal, now).note(a_project(), consent)
        with noting.step():
            scheduler.follow(consent.request_id)
        return noting


def start_beside(settled: int) -> float:
    """Milliseconds that a start takes beside so many settled rows, with ten that wait."""
    with journal_in(lambda path: write_long(path, a_project(), settled, until=now(), seed=1)) as journal:
        journal.note_all([noted(number) for number in range(10)])
        took = []
        for _ in range(5):
            began = time.thread_time()
            Outbox(journal, now).recover()
            take_up(scheduler_of(journal))
            took.append((time.thread_time() - began) * 1e3)
        return median(took)


def main() -> int:
    """Print the figures; return 0 if no step held the thread up for long."""
    count, alike, settled = (
        int(sys.argv[n]) if len(sys.argv) > n else default
        for n, default in ((1, 10_000), (2, 1_000), (3, 20_000))
    )
    gc.disable()
    with journal_in() as journal:
        journal.note_all([noted(number) for number in range(count)])
        recover, scheduler = Steps(), scheduler_of(journal)
        with recover.step():
            Outbox(journal, now).recover()
        begun = take_up(scheduler)
        delivered = deliver(journal, scheduler, count)
    noting, following = one_customer(alike)
    beside, alone = start_beside(settled), start_beside(0)
    print(f"cliffs: recovery of {count} waiting: {recover}")
    print(f"cliffs: start with {count} waiting: {begun}")
    print(f"cliffs: {count} handed out and followed: {delivered}")
    print(f"cliffs: {alike} open opt-outs of one customer, one more noted: {noting}")
    print(f"cliffs: {alike} open opt-outs of one customer, each followed: {following}")
    print(f"cliffs: {alike} waiting opt-ins of one customer, an opt-out noted: {overtaken(alike)}")
    print(f"cliffs: start beside {settled} settled rows {beside:.1f} ms, beside none {alone:.1f} ms")
    longest = max(*begun.each, *delivered.each, *noting.each, *following.each)
    return longest > SLACK


if __name__ == "__main__":
    sys.exit(main())
