"""Short runs of the programs in tests/reliability; `make soak` has the long ones."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.reliability import answers, kills, power_cuts, soak
from tests.reliability.disk import Model
from tests.reliability.recorder import reachable

ROOT = Path(__file__).parents[1]
recordable = pytest.mark.skipif(not reachable(), reason="this Python hides its SQLite")
linux = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and /proc as Linux has them")


@linux
@pytest.mark.timeout(240)
def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled() -> None:
    result = kills.run(3, seed=1)
    assert result.wrong == ()
    assert result.kills == 3


def test_a_mutated_answer_crashes_nothing_and_delivers_nothing_without_success() -> None:
    states, wrong = answers.run_mutations(300, seed=1)
    assert wrong == []
    assert states.total() == 300


@pytest.mark.parametrize("name", answers.KINDS)
def test_each_kind_of_http_fault_has_its_right_outcome(name: str) -> None:
    assert answers.run_faults({name: answers.KINDS[name]}) == []


@linux
def test_a_hundred_sends_leave_no_descriptor_and_little_memory() -> None:
    found = soak.run(100, seed=1)
    assert (found.delivered, found.descriptors) == (100, 0)
    assert found.memory < soak.MOST_MEMORY


@linux
@recordable
@pytest.mark.parametrize("model", Model)
def test_when_the_power_is_cut_nothing_is_lost_or_corrupt(model: Model) -> None:
    result = power_cuts.run(40, 1, model)
    assert result.wrong == ()
    assert result.cuts == 40


@linux
@recordable
@pytest.mark.parametrize(("model", "pragmas"), power_cuts.CONTROLS)
def test_the_cuts_are_such_that_other_pragmas_lose_something(
    model: Model, pragmas: Mapping[str, str | int]
) -> None:
    assert power_cuts.run(20, 1, model, pragmas).wrong


@pytest.mark.parametrize(
    ("program", "arguments", "told"),
    [
        ("gap", ("40",), "41 delivered"),
        ("long_list", ("600", "1", "1"), "long list: 600 consents: first page"),
        ("cliffs", ("60", "20", "40"), "cliffs: start beside 40 settled rows"),
    ],
)
def test_a_busy_window_stays_alive(program: str, arguments: tuple[str, ...], told: str) -> None:
    # In a process of its own, for its window; how long it takes is for `make soak` to say.
    done = subprocess.run(
        [sys.executable, "-m", f"tests.reliability.{program}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert told in done.stdout, done.stderr
