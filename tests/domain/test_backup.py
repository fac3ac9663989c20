"""What is known of a backup is a value: two lists of the same folder are alike."""

from pathlib import Path

from consent_desk.domain.backup import Backup, CheckedBackup


def test_a_backup_is_its_place() -> None:
    path = Path("backups") / "journal-2026-05-31.sqlite"
    assert Backup(path=path, day="2026-05-31") == Backup(path=path, day="2026-05-31")
    assert Backup(path=path, day="2026-05-31") != Backup(path=path, day="2026-05-31", second=True)


def test_a_checked_backup_is_sound_unless_something_is_said_to_be_wrong() -> None:
    assert CheckedBackup(consents=3).why is None
