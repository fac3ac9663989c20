"""The consent categories of a project (the reference's section 4.3)."""

from dataclasses import dataclass

from consent_desk.domain.answer import read_answer
from consent_desk.domain.consent import complaint_about_category


@dataclass(frozen=True, slots=True)
class Category:
    """A consent category: its exact `id`, which goes on the wire, and the `label` that people know.

    Without `by_private_api` the project does not mean it to be changed over this API.
    """

    id: str
    label: str
    by_private_api: bool = True


def read_categories(body: bytes) -> tuple[Category, ...] | None:
    """The categories in the answer `body`, None where it is no such answer. Malformed ones are left out."""
    answer = read_answer(body)
    results = answer.document.get("results") if isinstance(answer.document, dict) else None
    if answer.success is not True or not isinstance(results, list):
        return None
    return tuple(category for item in results if (category := _category(item)) is not None)


def _category(item: object) -> Category | None:
    if not isinstance(item, dict):
        return None
    category_id = item.get("id")
    if not isinstance(category_id, str) or complaint_about_category(category_id) is not None:
        return None
    translations = item.get("translations")
    default = translations.get("") if isinstance(translations, dict) else None
    name = default.get("name") if isinstance(default, dict) else None
    label = name if isinstance(name, str) and complaint_about_category(name) is None else category_id
    sources = item.get("sources")
    by_private_api = not (isinstance(sources, dict) and sources.get("private_api") is False)
    return Category(category_id, label, by_private_api)
