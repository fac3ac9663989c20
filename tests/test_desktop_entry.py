"""The entry in the menu of a desktop, and what software centres show: well made, leading to the program."""

import shutil
import subprocess
from configparser import ConfigParser
from importlib.metadata import distribution
from xml.etree import ElementTree

import pytest

from tests.end_to_end.desk import ROOT

RESOURCES = ROOT / "resources"
ENTRY = RESOURCES / "consent-desk.desktop"
METAINFO = RESOURCES / "consent-desk.metainfo.xml"


def complaints(*command: str) -> str:
    """What the validator says of a file that it does not accept. The test is skipped where there is none."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def entry(group: str) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the documentation does it
    parser.read(ENTRY, encoding="utf-8")
    return dict(parser[group])


def test_the_desktop_entry_is_valid() -> None:
    assert complaints("desktop-file-validate", str(ENTRY)) == ""


def test_the_metainfo_is_valid() -> None:
    # The ID is the name of the entry: there is no domain to turn round.
    own_name = "--override=cid-desktopapp-is-not-rdns=info"
    assert complaints("appstreamcli", "validate", "--no-net", own_name, str(METAINFO)) == ""


def test_the_metainfo_leads_to_the_desktop_entry() -> None:
    root = ElementTree.parse(METAINFO).getroot()
    assert root.findtext("launchable") == ENTRY.name


def test_the_entry_starts_the_program_and_its_practice() -> None:
    scripts = [point.name for point in distribution("consent-desk").entry_points]
    assert [entry("Desktop Entry")["Exec"]] == scripts
    assert entry("Desktop Action practise")["Exec"] == f"{scripts[0]} --demo"


def test_the_entry_has_the_icon_of_the_program() -> None:
    assert (RESOURCES / "icons" / f"{entry('Desktop Entry')['Icon']}.svg").is_file()


def test_the_window_belongs_to_the_entry() -> None:
    source = (ROOT / "consent_desk" / "app" / "startup.py").read_text(encoding="utf-8")
    assert f'setDesktopFileName("{ENTRY.stem}")' in source
    assert f'setApplicationName("{entry("Desktop Entry")["StartupWMClass"]}")' in source
