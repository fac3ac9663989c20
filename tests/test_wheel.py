"""The built wheel has in it all that the program needs."""

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from consent_desk.system.folders import resource
from tests.end_to_end.desk import ROOT

NAMES = ("sandbox.json", "icons/consent-desk.svg", "icons/check.svg")
SHARED = (
    "applications/consent-desk.desktop",
    "icons/hicolor/scalable/apps/consent-desk.svg",
    "metainfo/consent-desk.metainfo.xml",
)


def test_a_checkout_finds_its_resources() -> None:
    assert [resource(name) for name in NAMES] == [ROOT / "resources" / name for name in NAMES]
    assert all(resource(name).is_file() for name in NAMES)


def test_an_installed_wheel_finds_its_resources(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path)]
    built = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    if built.returncode and (
        "No matching distribution" in built.stderr or "No module named pip" in built.stderr
    ):
        pytest.skip("there is no pip, or no network for the build backend")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("consent_desk-*.whl")
    installed = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(installed)
        names = set(archive.namelist())
    assert {f"consent_desk/resources/{name}" for name in NAMES} <= names
    assert not {name for name in names if name.startswith(("tests/", "docs/", "resources/"))}
    shared = {name.partition(".data/data/")[2] for name in names}
    assert {f"share/{name}" for name in SHARED} <= shared
    # As it will be found by whoever installs it: -I leaves the checkout out.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from consent_desk.system.folders import resource\n"
        "for name in sys.argv[2:]: print(resource(name)); assert resource(name).read_bytes()"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", code, str(installed), *NAMES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [str(installed / "consent_desk/resources" / name) for name in NAMES]


def test_the_program_has_its_entry_point() -> None:
    (entry,) = [point for point in distribution("consent-desk").entry_points if point.name == "consent-desk"]
    assert (entry.group, entry.value) == ("gui_scripts", "consent_desk.__main__:main")
