"""A disk that loses power: what was done to it in order, and what may be left of that after a moment.

What was synced is left. Of the rest anything may be: of each sector of 512 bytes any version that it had
since the last sync, one in ten of them torn (the beginning of one version and the end of another, or
garbage where something was being written); any of the lengths that a file had; zeros or garbage where a
file grew and the content did not arrive. Bytes that nobody wrote never change (SQLite's "powersafe
overwrite", https://www.sqlite.org/psow.html), and nothing that came after a truncation is left without it.

The models differ in the names. Linux: a name made, removed or given to another file is durable once its
folder was synced, and never by the sync of the file. Windows: there is no sync of a folder; a name is
durable, with the folder that it is in, by the flush of the file it leads to, and a removed one may come back
until the end. Names that are not durable are there or not, each for itself, in no order.
"""

import os
import random
from dataclasses import dataclass
from enum import StrEnum

SECTOR = 512
SHARES = (0.0, 0.2, 0.5, 0.8, 1.0)
"""So much of what is not durable is left: one of these for the names, and one for the bytes of each file."""
TORN = 0.1


class Model(StrEnum):
    """Whose file system it is."""

    LINUX = "Linux"
    WINDOWS = "Windows"


class File:
    """What names lead to, whatever they are: an inode."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes were written at an offset."""

    file: File
    offset: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file was cut off."""

    file: File
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was written to a file is on the disk."""

    file: File


@dataclass(frozen=True, slots=True)
class Named:
    """`file` got the name `made`, lost the name `left`, or, where both are given, was renamed."""

    file: File
    made: str | None = None
    left: str | None = None

    @property
    def folder(self) -> str:
        """Where that happened."""
        return os.path.dirname(self.made or self.left or "")  # noqa: PTH120 - strings are quicker here


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """All names in a folder are on the disk."""

    folder: str


Event = Wrote | Truncated | Synced | Named | FolderSynced


class Disk:
    """The folder `root`: what was on its disk at the start, and all `events` since then.

    The files themselves are real; here is only noted what was done to them.
    """

    def __init__(self, root: str, left: dict[str, bytes | None]) -> None:
        self.root = root
        self.events: list[Event] = []
        self._files = {path: File() for path in left}
        self._names = dict(self._files)
        self._contents = {self._files[path]: content or b"" for path, content in left.items()}
        self._folders = {path for path, content in left.items() if content is None}

    def holds(self, path: str) -> bool:
        """Is that a file or folder of this disk?"""
        return path.startswith(self.root + os.sep)

    def file(self, path: str) -> File:
        """What the name leads to now; a file that is made with it."""
        if path not in self._files:
            self._files[path] = File()
            self.events.append(Named(self._files[path], made=path))
        return self._files[path]

    def make_folder(self, path: str) -> None:
        """Note that a folder was made."""
        self._folders.add(path)
        self.file(path)

    def link(self, source: str, target: str) -> None:
        """Note that the file at `source` has a second name."""
        self._files[target] = self._files[source]
        self.events.append(Named(self._files[source], made=target))

    def rename(self, source: str, target: str) -> None:
        """Note that the file at `source` is at `target` now."""
        self._files[target] = self._files.pop(source)
        self.events.append(Named(self._files[target], made=target, left=source))

    def remove(self, path: str) -> None:
        """Note that a name was removed."""
        self.events.append(Named(self._files.pop(path), left=path))

    def after_cut(self, moment: int, model: Model, dice: random.Random) -> dict[str, bytes | None]:
        """What is left if the power goes after so many events, by path; None for a folder."""
        media = _Media(dict(self._names), dict(self._contents), model)
        for event in self.events[:moment]:
            media.take(event)
        media.lose(dice)
        left: dict[str, bytes | None] = {}
        for path, file in sorted(media.names.items()):
            # A file whose folder is lost is lost.
            if os.path.dirname(path) in {self.root, *left}:  # noqa: PTH120 - as above
                left[path] = None if path in self._folders else media.contents.get(file, b"")
        return left


class _Media:
    """What is durable (`names`, `contents`), and what is on its way."""

    def __init__(self, names: dict[str, File], contents: dict[File, bytes], model: Model) -> None:
        self.names = names
        self.contents = contents
        self._model = model
        self._naming: list[Named] = []
        self._writing: dict[File, list[Wrote | Truncated]] = {}

    def take(self, event: Event) -> None:
        match event:
            case Wrote(file=file) | Truncated(file=file):
                self._writing.setdefault(file, []).append(event)
            case Named():
                self._naming.append(event)
            case Synced(file=file):
                content = bytearray(self.contents.get(file, b""))
                for each in self._writing.pop(file, []):
                    _apply(content, each)
                self.contents[file] = bytes(content)
                if self._model is Model.WINDOWS:
                    self._settle([each for each in self._naming if self._goes_with(file, each)])
            case FolderSynced(folder=folder):
                if self._model is Model.LINUX:
                    self._settle([each for each in self._naming if each.folder == folder])

    def lose(self, dice: random.Random) -> None:
        """Decide what is left of all that is on its way."""
        share = dice.choice(SHARES)
        for naming in self._naming:
            if dice.random() < share:
                self._name(naming)
        for file, writing in self._writing.items():
            self.contents[file] = _left_of(self.contents.get(file, b""), writing, dice)

    def _goes_with(self, file: File, naming: Named) -> bool:
        """Is that a name of the file, or of a folder that it is in?"""
        inside = f"{naming.made}{os.sep}"
        return naming.file is file or any(
            each.file is file and (each.made or "").startswith(inside) for each in self._naming
        )

    def _settle(self, settled: list[Named]) -> None:
        for naming in settled:
            self._name(naming)
            before = self._naming[: self._naming.index(naming)]
            for each in before:
                # What had the name before does not get it back.
                if naming.made is not None and each.made == naming.made and each not in settled:
                    self._naming[self._naming.index(each)] = Named(each.file, left=each.left)
            self._naming.remove(naming)

    def _name(self, naming: Named) -> None:
        if naming.left is not None and self.names.get(naming.left) is naming.file:
            del self.names[naming.left]
        if naming.made is not None:
            self.names[naming.made] = naming.file


def _apply(content: bytearray, event: Wrote | Truncated) -> None:
    if isinstance(event, Truncated):
        del content[event.size :]
        content.extend(bytes(event.size - len(content)))
    else:
        content.extend(bytes(max(0, event.offset - len(content))))
        content[event.offset : event.offset + len(event.octets)] = event.octets


def _left_of(durable: bytes, writing: list[Wrote | Truncated], dice: random.Random) -> bytes:
    """What is left of a file of which `durable` is on the disk, and `writing` was on its way."""
    cuts = [number for number, event in enumerate(writing) if isinstance(event, Truncated)]
    history = _History(durable)
    for event in writing[: dice.choice((*cuts, len(writing)))] if cuts else writing:
        history.take(event)
    return history.left(dice)


class _History:
    """All that the sectors of a file, and its length, have been since its last sync."""

    def __init__(self, durable: bytes) -> None:
        self._content = bytearray(durable)
        self._known = len(durable)
        self._lengths = [len(durable)]
        self._versions: dict[int, list[bytes]] = {}
        self._written: dict[int, list[slice]] = {}

    def take(self, event: Wrote | Truncated) -> None:
        if isinstance(event, Truncated):
            _apply(self._content, event)
            self._known = min(self._known, event.size)
            self._lengths = [event.size]
            for number in [each for each in self._versions if each * SECTOR >= event.size]:
                del self._versions[number], self._written[number]
            return
        end = event.offset + len(event.octets)
        numbers = range(event.offset // SECTOR, (end - 1) // SECTOR + 1)
        for number in numbers:
            self._versions.setdefault(number, [self._sector(number)])
        _apply(self._content, event)
        self._lengths.append(len(self._content))
        for number in numbers:
            start = number * SECTOR
            self._versions[number].append(self._sector(number))
            written = slice(max(0, event.offset - start), min(SECTOR, end - start))
            self._written.setdefault(number, []).append(written)

    def left(self, dice: random.Random) -> bytes:
        """One of the lengths, with one of the versions of each sector: the last one more or less often."""
        length = dice.choice((dice.choice(self._lengths), max(self._lengths), self._lengths[-1]))
        garbage, late = dice.random() < 0.5, dice.choice(SHARES)
        left = self._content[:length]
        left.extend(bytes(length - len(left)))
        for number, versions in self._versions.items():
            start = number * SECTOR
            sector = versions[-1] if dice.random() < late else dice.choice(versions)
            if dice.random() < TORN:
                sector = _torn(sector, versions, self._written[number], dice)
            end = min(SECTOR, length - start)
            if garbage and start + len(sector) >= self._known:
                sector += dice.randbytes(max(0, end - len(sector)))
            left[start : start + max(0, end)] = sector[: max(0, end)].ljust(end, b"\0")
        return bytes(left)

    def _sector(self, number: int) -> bytes:
        return bytes(self._content[number * SECTOR : (number + 1) * SECTOR])


def _torn(sector: bytes, versions: list[bytes], written: list[slice], dice: random.Random) -> bytes:
    """Mixed with another version, or with garbage in a place where something was being written."""
    if dice.random() < 0.3:
        place = dice.choice(written)
        if len(sector) < place.stop:
            return sector
        return sector[: place.start] + dice.randbytes(place.stop - place.start) + sector[place.stop :]
    other, middle = dice.choice(versions), dice.randrange(SECTOR)
    return sector[:middle] + other[middle:] if min(len(sector), len(other)) >= middle else sector
