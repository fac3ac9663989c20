"""Where this user's files are, closed to all others."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import say

if sys.platform != "win32":
    from os import geteuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders of one user. Some may be the same one; none need exist. Without `cache` none is kept."""

    config: Path
    data: Path
    logs: Path
    cache: Path | None = None

    @property
    def journal(self) -> Path:
        """Where the journal is; its mark is beside it."""
        return self.data / "journal.sqlite"


def user_folders() -> Folders:
    """The folders in the places that the operating system has for them; on Windows they do not roam."""
    from platformdirs import PlatformDirs

    places = PlatformDirs("consent-desk", appauthor=False, roaming=False)
    return Folders(
        config=places.user_config_path,
        data=places.user_data_path,
        logs=places.user_log_path,
        cache=places.user_cache_path,
    )


def private_folder(path: Path) -> Path:
    """Make `path` and what is missing above it with mode 0700, tighten it if it is ours; return it.

    Raises DeskError where there is no such folder afterwards.
    """
    try:
        for folder in reversed((path, *path.parents)):
            missing = not os.path.lexists(folder)
            folder.mkdir(mode=0o700, exist_ok=True)
            if missing:
                # Loaded at the first start only: the window does not need it to show.
                from consent_desk.system.atomic_file import sync_folder

                # Or a power cut could take it, with all that is kept in it. Some file systems cannot.
                with suppress(OSError):
                    sync_folder(folder.parent)
        if sys.platform != "win32":
            status = path.stat()
            # Somebody else's, as a mounted folder may seem: whoever owns it decides.
            if status.st_mode & 0o077 and status.st_uid == geteuid():
                path.chmod(0o700)
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def is_there(path: Path) -> bool:
    """Whether there is anything at `path`, a dangling link too. Raises OSError where that cannot be told."""
    # Unlike Path.exists and os.path.lexists, some of which take "not allowed to look" for "nothing there".
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of mode 0700 for one run, gone at the end with all that is in it. Raises DeskError."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="consent-desk-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unusable(Path(tempfile.gettempdir()), error) from error
    with folder as name:
        yield Path(name)


def _unusable(path: Path, error: OSError) -> DeskError:
    return DeskError(
        say("system", "The folder {folder} cannot be used ({why}).").format(folder=path, why=error.strerror),
        say("system", "See that your user may write there and that the disk is not full. Then start again."),
    )


def resource(name: str) -> Path:
    """A file of `resources/`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "resources" / name
    return inside if inside.exists() else package.parent / "resources" / name
