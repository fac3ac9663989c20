"""The kept wordings in a small file of the configuration folder, never half written."""

import json
from collections.abc import Mapping
from pathlib import Path

from consent_desk.domain.consent.values import complaint_about_wording
from consent_desk.domain.errors import DeskError, WordingTrouble
from consent_desk.domain.message import say
from consent_desk.system.atomic_file import replace_file
from consent_desk.system.folders import private_folder

VERSION = 1


class JsonWordingFile:
    """The wordings in the file at `path`, mode 0600. What cannot be read is not written over.

    Raises WordingTrouble.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Texts by project ID and category; none where nothing was ever kept."""
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise self._unreadable() from error
        match document:
            case {"version": 1, "texts": dict(projects)} if all(map(_is_project, projects.values())):
                return {
                    one: {category: tuple(texts) for category, texts in of_it.items()}
                    for one, of_it in projects.items()
                }
            case _:
                raise self._unreadable()

    def write(self, wordings: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """Replace all, wholly or not at all."""
        content = json.dumps({"version": VERSION, "texts": wordings}, indent=1).encode("ascii")
        try:
            private_folder(self._path.parent)
            replace_file(self._path, content + b"\n")
        except (OSError, DeskError) as error:
            raise WordingTrouble(
                say("The text could not be kept."),
                say(
                    "See that {folder} can be written and that the disk is not full. Then try again.",
                    folder=self._path.parent,
                ),
            ) from error

    def _unreadable(self) -> WordingTrouble:
        return WordingTrouble(
            say("The kept texts cannot be read."),
            say("They were left as they are. Mend {path}, or move it away to begin anew.", path=self._path),
        )


def _is_project(of_it: object) -> bool:
    return isinstance(of_it, dict) and all(
        isinstance(texts, list)
        and all(isinstance(text, str) and complaint_about_wording(text) is None for text in texts)
        for texts in of_it.values()
    )
