"""Two programs on one journal, of which neither knows the other's lock: nothing is sent twice."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import time

import pytest

from consent_desk.domain.consent.values import CustomerId
from consent_desk.domain.lifecycle.record import Noted
from consent_desk.domain.lifecycle.state import State
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict, verify
from consent_desk.projects.projects import project_to_line
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.consents import LOOKED_UP, a_noted, write_down
from tests.end_to_end.desk import linux
from tests.reliability.gap import list_project
from tests.reliability.kill_child import Clock, Errand
from tests.reliability.kills import Child
from tests.ui.desks import SEED

pytestmark = linux

COUNT = 30
PACE = 60.0
SETTLED = {State.VERIFIED, State.SEEN}


@pytest.mark.timeout(120)
def test_of_rows_that_two_programs_take_up_each_is_recorded_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # As another user sees it, or another computer that has the folder from the network.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(home)
    path = Folders(config=home, data=home, logs=home).journal
    clock = Clock(time(), PACE)
    with Sandbox(SEED, now=clock.seconds) as sandbox, ExitStack() as running:
        project = replace(sandbox.project, practice=False, id_types=("registered",))
        list_project(home, project)
        journal = SqliteJournal.open(path)
        running.callback(journal.close)
        for number in range(COUNT):
            customer = CustomerId(type="registered", value=f"customer-{number}@example.com")
            write_down(journal, Noted.of(project, a_noted(customer=customer).consent, LOOKED_UP))
        children = []
        for seed, folder in enumerate((home, elsewhere)):
            errand = Errand(
                home=str(folder), keyring=project_to_line(project), start=clock.start, pace=PACE, seed=seed
            )
            child = Child(errand)
            running.callback(child.kill)
            children.append(child)
        assert [child.hear(30) for child in children] == ["ready", "ready"]
        while len(journal.records_in(SETTLED)) < COUNT:
            assert children[0].hear(0.2) is None
        events = Counter(each.body for each in sandbox.received if "/track/" in each.path)
        assert len(events) == COUNT
        assert set(events.values()) == {1}
        assert {child.process.poll() for child in children} == {None}
    assert verify(path).verdict is Verdict.SOUND
