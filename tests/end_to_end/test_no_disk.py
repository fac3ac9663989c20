"""Where nothing can be written, the window says so, sends nothing, and hands the decision back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.desk import AT_HOME, Desk, Engagement, linux

pytestmark = linux


def assert_not_noted(desk: Desk, engagement: Engagement, why: str) -> None:
    """Send, and see that nothing is noted or sent, and that the decision can be copied."""
    desk.send_tutorial()
    said = desk.wait("Receipt", "NOT NOTED, and nothing was sent.")
    assert why in said
    assert engagement.sent.empty()
    desk.press("Copy slip")
    desk.wait("Copy slip", "Slip copied")
    slip = desk.tell("clipboard")[0].splitlines()
    assert slip[0] == "NOT NOTED by Consent Desk, and not sent: enter it again later."
    assert "Customer ID: registered = jane@example.com" in slip
    assert "Category: sms_marketing" in slip
    assert "Action: reject" in slip
    # The form keeps it too.
    assert desk.text("Customer ID") == "jane@example.com"


@pytest.fixture
def small_disk(home: Path) -> tuple[str, ...]:
    """The command that puts a disk of 512 KiB where the journal is, for the program alone."""
    folder = home / "data/consent-desk"
    folder.mkdir(mode=0o700)
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    mount = 'mount -t tmpfs -o size=512k,mode=700 none "$0" && exec "$@"'
    before = ("unshare", "--mount", *user, "sh", "-c", mount, str(folder))
    try:
        tried = subprocess.run([*before, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if tried.returncode:
        pytest.skip("no mounts for oneself here")
    return before


def test_on_a_full_disk_nothing_is_noted_or_sent_and_room_heals_it(
    home: Path, engagement: Engagement, small_disk: tuple[str, ...]
) -> None:
    folder = str(home / "data/consent-desk")
    with Desk(home, before=small_disk) as desk:
        desk.set_up(engagement.project(), says="no keyring")
        desk.wait("Customer ID type", "registered")
        desk.tell("fill_disk", folder)
        assert_not_noted(desk, engagement, "the disk is full")
        desk.tell("free_disk", folder)
        desk.press("Send")
        assert b"jane@example.com" in engagement.next()
        desk.wait("Receipt", "Delivered")
        assert desk.text("Response log").count("\n") == 0
        desk.close()


@pytest.fixture
def by_the_rules(home: Path) -> tuple[str, ...]:
    """The command before the program that takes from root the right to write everywhere."""
    for part in AT_HOME.values():
        (home / part).mkdir(mode=0o700, exist_ok=True)
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed, and root may write everywhere")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_without_a_place_for_the_journal_the_window_opens_and_says_so(
    home: Path, engagement: Engagement, by_the_rules: tuple[str, ...]
) -> None:
    (home / "data").chmod(0o500)
    with Desk(home, before=by_the_rules) as desk:
        desk.wait("Practice", "Practice.")
        desk.set_up(engagement.project(), says="no keyring")
        assert f"The folder {home / 'data/consent-desk'} cannot be used" in desk.wait("Status", "cannot")
        desk.type("Customer ID", "jane@example.com")
        desk.press("Send")
        desk.wait("Status", "Nothing was noted.")
        assert engagement.sent.empty()
        desk.close()


def test_a_journal_out_of_sight_is_no_fresh_start(home: Path, by_the_rules: tuple[str, ...]) -> None:
    folder = home / "data/consent-desk"
    folder.mkdir(mode=0o000)
    with Desk(home, before=by_the_rules) as desk:
        said = desk.wait("Status", "The journal cannot be opened: its file or folder cannot be written to.")
        assert "Ask your administrator for permission to write to the file and to its folder." in said
        assert desk.tell("title") == "Consent Desk"
        desk.press("Send")
        desk.wait("Status", "Nothing was noted.")
        desk.close()
    folder.chmod(0o700)


def test_where_nothing_at_all_can_be_written_the_window_opens_and_says_so(
    home: Path, engagement: Engagement, by_the_rules: tuple[str, ...]
) -> None:
    for part in ("config", "data", "state", "cache"):
        (home / part).chmod(0o500)
    with Desk(home, before=by_the_rules) as desk:
        desk.wait("Practice", "Practice.")
        desk.open_new_settings()
        desk.type_project(engagement.project())
        desk.press("Save")
        desk.wait("Save status", "The list of projects could not be saved.")
        desk.press("Cancel")
        # Practice needs no place of its own.
        desk.send_tutorial()
        desk.wait("Receipt", "Delivered to the Sandbox only.")
        desk.close()
