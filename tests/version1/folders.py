"""What a program with version 1 of the journal left: see version1/README.md."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

_ARCHIVE = Path(__file__).with_name("folders.tar.xz")


@dataclass(frozen=True, slots=True)
class Version1:
    """Its folders, unpacked below `root`."""

    root: Path

    @property
    def journal(self) -> Path:
        return self.root / "data" / "journal.sqlite"

    @property
    def backups(self) -> tuple[Path, ...]:
        """The older one first. In it the customer who was erased later is erased too."""
        return tuple(sorted((self.root / "data" / "backups").glob("*.sqlite")))

    @property
    def second(self) -> Path:
        return self.root / "second"

    @property
    def far_backups(self) -> tuple[Path, ...]:
        """In the older one the customer who was erased is whole: the second folder was away then."""
        return tuple(sorted(self.second.glob("*/*.sqlite")))

    @property
    def proofs(self) -> tuple[Path, ...]:
        return tuple(sorted((self.root / "proofs").glob("*.json")))


def unpacked(root: Path) -> Version1:
    """Unpack all of it below `root`, closed to all others as it was."""
    with tarfile.open(_ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    for each in root.rglob("*"):
        each.chmod(0o700 if each.is_dir() else 0o600)
    return Version1(root)
