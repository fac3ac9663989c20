"""The sandbox in a process of its own, so that neither its memory nor its work counts where one measures."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from consent_desk.domain.wire.project import Project
from consent_desk.projects.projects import Listed, project_from_line, project_to_line
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import resource

ROOT = Path(__file__).parents[2]


@contextmanager
def sandbox_elsewhere() -> Iterator[Project]:
    """A sandbox as a real project, for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.sandbox_process"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        listed = Listed(id="6f1f2f0e-6f43-4d3a-9a0c-0f6d1f3f5a11", name="Elsewhere", entry="kept")
        project = project_from_line(listed, process.stdout.readline())
        assert project is not None
        yield project


def main() -> None:
    """Serve until nobody is there any more."""
    seed = json.loads(resource("sandbox.json").read_text(encoding="utf-8"))
    with Sandbox(seed) as sandbox:
        project = replace(sandbox.project, id_types=("registered",))
        print(project_to_line(project), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
