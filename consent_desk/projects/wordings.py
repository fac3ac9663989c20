"""The wordings that this desk keeps for the categories of a project, to be read out and recorded."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from consent_desk.domain.consent.values import complaint_about_category, complaint_about_wording
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.message import say
from consent_desk.system.json_file import JsonFile

Wordings: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Texts in their order, by project ID and category."""


class SavedWordings:
    """Keeps texts in the file at `path`, mode 0600. What cannot be read is not written over.

    Called on one lane: what is read is written again before anything else. Raises DeskError.
    """

    def __init__(self, path: Path) -> None:
        self._file = JsonFile(
            path=path,
            indent=1,
            unreadable=say("projects", "The saved wordings cannot be read."),
            unsaved=say("projects", "The wording could not be saved."),
        )

    def of(self, project_id: str) -> Mapping[str, tuple[str, ...]]:
        """The texts of a project by category."""
        return self._read().get(project_id, {})

    def keep(self, project_id: str, category: str, text: str) -> Mapping[str, tuple[str, ...]]:
        """Keep `text` as the last one for `category`, once; return all of them. Raises InvalidError."""
        complaint = complaint_about_category(category) or complaint_about_wording(text)
        if complaint is not None or not text.strip():
            why = complaint or say("projects", "Write the wording first.")
            raise InvalidError(say("projects", "This wording cannot be saved."), why)
        before = self._texts(project_id, category)
        return self._put(project_id, category, before if text in before else (*before, text))

    def remove(self, project_id: str, category: str, text: str) -> Mapping[str, tuple[str, ...]]:
        """Keep `text` no longer; return all of the project."""
        kept = tuple(one for one in self._texts(project_id, category) if one != text)
        return self._put(project_id, category, kept)

    def forget(self, project_id: str) -> None:
        """Keep nothing of a project that was removed."""
        before = self._read()
        if project_id in before:
            self._file.write({"texts": {one: texts for one, texts in before.items() if one != project_id}})

    def _texts(self, project_id: str, category: str) -> tuple[str, ...]:
        return self.of(project_id).get(category, ())

    def _put(self, project_id: str, category: str, texts: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
        before = self._read()
        of_project = {**before.get(project_id, {}), category: texts}
        of_project = {one: kept for one, kept in of_project.items() if kept}
        if of_project != before.get(project_id, {}):
            self._file.write({"texts": {**before, project_id: of_project}})
        return of_project

    def _read(self) -> Wordings:
        match self._file.read():
            case {"version": 1, "texts": dict(projects)} if all(map(_is_project, projects.values())):
                return {
                    one: {category: tuple(texts) for category, texts in of_it.items()}
                    for one, of_it in projects.items()
                }
            case None:
                return {}
            case _:
                raise self._file.damaged()


def _is_project(of_it: object) -> bool:
    return isinstance(of_it, dict) and all(
        isinstance(texts, list)
        and all(isinstance(text, str) and complaint_about_wording(text) is None for text in texts)
        for texts in of_it.values()
    )
