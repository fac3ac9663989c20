"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "consent_desk"
LONGEST_MODULE = 400  # lines
MOST_MODULES = 17  # in a folder
REVEALING = {  # where a secret may become plain text; every new name here is a decision
    "engagement/http/adapter.py",
    "engagement/http/masking.py",
    "domain/wire/project.py",
    "domain/wire/request.py",
    "projects/projects.py",
    "ui/project/settings.py",  # the Sandbox's: its key pair is the vendor's published example
}
OUTSIDE = (
    *("PySide6", "email_validator", "jeepney", "keyring", "phonenumbers", "platformdirs", "requests"),
    *("sqlite3", "truststore", "urllib3"),
)
KNOW_THE_OUTSIDE = ("engagement/http/", "projects/keyring")
WHOLES = {PACKAGE, PACKAGE / "ui", PACKAGE / "sandbox"}  # also tried as a whole
NOBODYS = {Path("/"), Path("/home"), Path("/Users"), Path("/opt"), Path(tempfile.gettempdir())}
PLACES = {ROOT, ROOT.parent, Path.home()} - NOBODYS  # of who runs this, asked before HOME is replaced


def modules() -> dict[str, str]:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def files_in_git() -> list[Path]:
    asked = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        pytest.skip(f"this is no git checkout: {asked.stderr.strip()}")
    return [path for name in asked.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded at its end."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return set(re.findall(r"^import time:.*\| +(\w+)", ended.stderr, re.MULTILINE))


def test_a_long_module_says_why() -> None:
    long = {name: text for name, text in modules().items() if len(text.splitlines()) > LONGEST_MODULE}
    silent = {
        name
        for name, text in long.items()
        if not re.search(r"^Long because", ast.get_docstring(ast.parse(text)) or "", re.MULTILINE)
    }
    assert not silent


@pytest.mark.parametrize("root", [PACKAGE, ROOT / "tests"], ids=lambda path: path.name)
def test_a_folder_can_be_taken_in_at_a_glance(root: Path) -> None:
    folders = {path.parent for path in root.rglob("*.py")}
    sizes = {
        folder.relative_to(ROOT).as_posix(): len([*folder.glob("*.py")]) - (folder / "__init__.py").exists()
        for folder in folders
    }
    assert not {name: size for name, size in sizes.items() if size > MOST_MODULES}


def test_the_tests_mirror_the_rooms() -> None:
    """`test_b.py`, or `test_b_aspect.py`, in the folder of `b.py`."""
    strays = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if (room := PACKAGE / path.relative_to(ROOT / "tests").parent).is_dir()
        and room not in WHOLES
        and not any(path.stem.startswith(f"test_{module.stem}") for module in room.glob("*.py"))
    }
    assert not strays


def test_a_secret_is_revealed_in_few_places() -> None:
    assert {name for name, text in modules().items() if "reveal(" in text} <= REVEALING


def test_no_file_names_a_place_on_this_machine() -> None:
    place = re.compile(r"(?<![\w./-])(" + "|".join(re.escape(str(path)) for path in PLACES) + r")(?![\w-])")
    telling = {
        path.relative_to(ROOT).as_posix(): found[0]
        for path in files_in_git()
        if (found := place.search(path.read_text("utf-8", errors="replace")))
    }
    assert not telling


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import consent_desk.cli.main"],
        ["-m", "consent_desk", "--help"],
        ["-m", "consent_desk", "--version"],
    ],
    ids=" ".join,
)
def test_answering_on_the_terminal_does_not_wait_for_qt(arguments: list[str]) -> None:
    assert not {"PySide6", "shiboken6"} & loaded_by(*arguments)


@pytest.mark.parametrize("room", ["domain", "delivery", "engagement", "projects"])
def test_the_inner_rooms_load_nothing_from_outside(room: str) -> None:
    names = [
        "consent_desk." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in modules()
        if name.startswith(f"{room}/") and not name.startswith(KNOW_THE_OUTSIDE)
    ]
    assert not set(OUTSIDE) & loaded_by("-c", f"import {', '.join(sorted(names))}")
