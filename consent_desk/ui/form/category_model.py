"""The consent categories that a project offers, for a combo box that takes typing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from consent_desk.domain.wire.category import Category


class CategoryModel(QAbstractListModel):
    """Consent categories: the list shows label, ID and marks, the field takes the exact ID."""

    def __init__(self) -> None:
        super().__init__()
        self._categories: Sequence[Category] = ()
        self._by_id: Mapping[str, Category] = {}

    def replace(self, categories: Sequence["Category"]) -> None:
        """Offer `categories` instead."""
        self.beginResetModel()
        self._categories = tuple(categories)
        # Of two with one ID the first one counts.
        self._by_id = {one.id: one for one in reversed(self._categories)}
        self.endResetModel()

    def label(self, category_id: str) -> str | None:
        """The label of a category, None where it is not among those fetched."""
        found = self._by_id.get(category_id)
        return None if found is None else found.label

    def remark(self, category_id: str) -> str:
        """What is worth knowing of a category besides its ID, empty where there is nothing."""
        found = self._by_id.get(category_id)
        if found is None:
            return ""
        label = () if found.label == found.id else (found.label,)
        return " · ".join((*label, *_marks(found)))

    def __len__(self) -> int:
        return len(self._categories)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._categories)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if not index.isValid():
            return None
        category = self._categories[index.row()]
        if role == Qt.ItemDataRole.EditRole:
            return category.id
        if role == Qt.ItemDataRole.DisplayRole:
            return described(category)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join((*_names(category), *_marks(category)))
        return None


def described(category: "Category") -> str:
    """A category in a list: label, ID and marks."""
    return "   ".join((*_names(category), *(f"· {mark}" for mark in _marks(category))))


def _names(category: "Category") -> tuple[str, ...]:
    return (category.id,) if category.label == category.id else (category.label, category.id)


def _marks(category: "Category") -> tuple[str, ...]:
    marks = {
        "legitimate interest": category.legitimate_interest,
        "not meant for this API": not category.by_private_api,
    }
    return tuple(mark for mark, borne in marks.items() if borne)
