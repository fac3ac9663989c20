"""Run every program that tries the promises of docs/reliability.md, one after the other, and print a table.

python -m tests.reliability.run
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.run import machine

ROOT = Path(__file__).parents[2]
SEED = "20260611"


@dataclass(frozen=True, slots=True)
class Program:
    """A program of this folder. Its figures are the lines that hold one of `figures`."""

    name: str
    arguments: tuple[str, ...]
    figures: tuple[str, ...]


PROGRAMS = (
    Program("kills", ("200", SEED), ("kill -9",)),
    Program("kills", ("60", SEED, "2"), ("kill -9",)),
    Program("power_cuts", ("5000", SEED), ("power cuts", "control")),
    Program("machine", (SEED,), (" runs, ", "0 lost")),
    Program("answers", ("5000", SEED), ("mutated answers", "HTTP faults")),
    Program("damaged_journals", ("1000", SEED), ("damaged journals",)),
    Program("changed_bytes", ("1000", SEED), ("changed bytes",)),
    Program("gap", ("1000",), ("GUI gap",)),
    Program("long_list", ("200000", SEED), ("long list",)),
    Program("cliffs", ("10000", "1000", "20000"), ("cliffs",)),
    Program("soak", ("20000", SEED), ("soak",)),
)


def run(program: Program) -> bool:
    """Run one, print its row of the table, and all that it said where it failed."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", f"tests.reliability.{program.name}", *program.arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if any(one in line for one in program.figures)]
    verdict = "FAILED" if done.returncode or not lines else "ok"
    for line in lines or [""]:
        print(f"{program.name:<18} {verdict:<7} {time.monotonic() - began:>6.0f} s  {line}", flush=True)
    if verdict == "FAILED":
        print(done.stdout, flush=True)
    return verdict == "ok"


def main() -> int:
    """Return 0 if every promise held."""
    print(machine(), flush=True)
    print(f"\n{'program':<18} {'verdict':<7} {'took':>8}  figure", flush=True)
    held = [run(program) for program in PROGRAMS]
    print(f"\n{held.count(False) or 'no'} program(s) failed")
    return not all(held)


if __name__ == "__main__":
    sys.exit(main())
