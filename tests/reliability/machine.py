"""Run the state machine 500 times for 40 steps and more and print what was counted: `machine.py [SEED]`.

A failure is shown with its steps, made as few as possible, and ends the program with status 1.
"""

import sys
from pathlib import Path
from secrets import randbits

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.machine import Machine  # after the folder that it is in was made known

RUNS = 500
STEPS = 60
"""At most; hypothesis ends many runs sooner, and more than 40 are the average."""


def main(chosen: int) -> None:
    """Run with the seed `chosen`."""
    print(f"state machine over an engine, seed {chosen}", flush=True)
    wish = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(chosen)(Machine), settings=wish)
    figures = dict(Machine.figures)
    print(", ".join(f"{figures.pop(name, 0)} {name}" for name in ("runs", "steps", "calls", "noted")))
    print(f"{figures.pop('sent a second time', 0)} opt-outs sent a second time, each unseen and marked")
    print("in the end: " + ", ".join(f"{count} {state}" for state, count in sorted(figures.items())))
    print("0 lost, 0 claimed without being seen, 0 opt-outs behind an opt-in, 0 opt-ins sent twice")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else randbits(32))
