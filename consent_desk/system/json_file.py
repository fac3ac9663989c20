"""A small file of JSON with a version in it, closed to others and never half written."""

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent_desk.domain.errors import DeskError
from consent_desk.domain.message import Message, say
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

LARGEST = 8_000_000
"""Bytes: a file that is larger was written by somebody else."""


_UNREADABLE = say("system", "The file cannot be read.")
_UNSAVED = say("system", "The file could not be saved.")
_LEFT = say("system", "They were left as they are. Mend {path}, or move it away to begin anew.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFile:
    """The file at `path`, mode 0600. `read` and `write` raise DeskError.

    `load` and `save` are for what nobody misses: they raise OSError, ValueError and DeskError.
    """

    path: Path
    indent: int | None
    unreadable: Message = _UNREADABLE
    advice: Message = _LEFT
    unsaved: Message = _UNSAVED

    def load(self) -> dict[str, Any] | None:
        """The object in it, None where there is no file. Raises ValueError where it is damaged."""
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        try:
            document = json.loads(content) if len(content) <= LARGEST else None
        except RecursionError as error:
            raise ValueError from error
        if not isinstance(document, dict):
            raise ValueError
        return document

    def save(self, document: Mapping[str, object]) -> None:
        """Replace it, wholly or not at all, with `document` of version 1."""
        content = json.dumps({"version": 1, **document}, indent=self.indent).encode("ascii") + b"\n"
        if len(content) > LARGEST:
            raise OSError(errno.EFBIG, "too large", str(self.path))
        private_folder(self.path.parent)
        try:
            replace_file(self.path, content)
        except OSError:
            # Some file systems cannot make sure of the name as well: the file is replaced by then.
            if self.path.read_bytes() != content:
                raise

    def read(self) -> dict[str, Any] | None:
        """The object in it, None where there is no file."""
        try:
            return self.load()
        except (OSError, ValueError) as error:
            raise self.damaged() from error

    def write(self, document: Mapping[str, object]) -> None:
        """Replace it, wholly or not at all, with `document` of version 1."""
        try:
            self.save(document)
        except (OSError, DeskError) as error:
            advice = say(
                "system", "See that {folder} can be written and that the disk is not full. Then try again."
            )
            raise DeskError(self.unsaved, advice.format(folder=self.path.parent)) from error

    def damaged(self) -> DeskError:
        """What is said where it holds nothing that makes sense."""
        return DeskError(self.unreadable, self.advice.format(path=self.path))
