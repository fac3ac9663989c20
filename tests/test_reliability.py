"""Short runs of the programs in tests/reliability; `make soak` has the long ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability import answers, kills, soak

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and /proc as Linux has them")


@linux
@pytest.mark.timeout(240)
def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled() -> None:
    result = kills.run(5, seed=1)
    assert result.wrong == ()
    assert result.kills == 5


def test_a_mutated_answer_crashes_nothing_and_delivers_nothing_without_success() -> None:
    states, wrong = answers.run_mutations(400, seed=1)
    assert wrong == []
    assert states.total() == 400


def test_there_are_forty_kinds_of_http_fault() -> None:
    assert len(answers.KINDS) >= 40


@pytest.mark.parametrize("name", answers.KINDS)
def test_each_kind_of_http_fault_has_its_right_outcome(name: str) -> None:
    assert answers.run_faults({name: answers.KINDS[name]}) == []


@linux
def test_two_hundred_sends_leave_no_descriptor_and_little_memory() -> None:
    found = soak.run(200, seed=1)
    assert (found.delivered, found.descriptors) == (200, 0)
    assert found.memory < soak.MOST_MEMORY


def test_the_window_stays_alive_while_what_was_left_goes_out() -> None:
    # In a process of its own, for its window; how long the gaps are is for `make soak` to say.
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.gap", "40"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert "40 delivered" in done.stdout, done.stderr


def test_a_long_list_opens_is_searched_and_scrolls() -> None:
    # In a process of its own too; how long that takes is for `make soak` to say.
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.long_list", "1500", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert "long list: 1500 consents: first page" in done.stdout, done.stderr
