"""`tools/trace.py` counts what a key and a Send pass through."""

import re
import subprocess
import sys
from pathlib import Path

MOST_FOR_A_KEY = 25
"""Modules."""

ROOT = Path(__file__).resolve().parents[2]


def test_it_prints_three_figures() -> None:
    ended = subprocess.run(
        [sys.executable, "tools/trace.py"], cwd=ROOT, check=False, capture_output=True, text=True, timeout=50
    )
    assert ended.returncode == 0, ended.stderr
    of_a_key, of_a_send, hand_overs = (int(figure) for figure in re.findall(r"^ *(\d+) ", ended.stdout, re.M))
    assert 0 < of_a_key < of_a_send
    assert of_a_key <= MOST_FOR_A_KEY
    # Out to a lane and back, at least for noting, sending and looking up.
    assert hand_overs >= 6
