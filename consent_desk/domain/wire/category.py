"""The consent categories of a project (the reference's section 4.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent_desk.domain.consent.values import complaint_about_category
from consent_desk.domain.text import cut
from consent_desk.domain.wire.answer import read_answer

_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Category:
    """A consent category: its exact `id`, which goes on the wire, and the `label` that people know.

    Without `by_private_api` the project does not mean it to be changed over this API. `legitimate_interest`
    is the project's own mark.
    """

    id: str
    label: str
    by_private_api: bool = True
    legitimate_interest: bool = False


def labels_of(categories: Sequence[Category]) -> Mapping[str, str]:
    """What people call each of `categories`, by its ID, which stands beside a label that several bear."""
    # Of two with one ID the first one counts.
    labels = {one.id: one.label for one in reversed(categories)}
    count = Counter(labels.values())
    return {id_: label if count[label] == 1 else f"{label} ({id_})" for id_, label in labels.items()}


def read_categories(body: bytes, languages: Sequence[str] = ()) -> tuple[Category, ...] | None:
    """The categories in the answer `body`, None where it is no such answer. Malformed ones are left out.

    Labels come in the first of `languages` (`de-AT`, `de`) that a category has, else in its default one.
    """
    answer = read_answer(body)
    results = answer.document.get("results") if isinstance(answer.document, dict) else None
    if not answer.is_success or not isinstance(results, list):
        return None
    return tuple(category for item in results if (category := _category(item, languages)) is not None)


def _category(item: object, languages: Sequence[str]) -> Category | None:
    if not isinstance(item, dict):
        return None
    category_id = item.get("id")
    if not isinstance(category_id, str) or complaint_about_category(category_id) is not None:
        return None
    sources = item.get("sources")
    return Category(
        category_id,
        _label(item.get("translations"), languages) or category_id,
        by_private_api=not (isinstance(sources, dict) and sources.get("private_api") is False),
        legitimate_interest=item.get("legitimate_interest") is True,
    )


def _label(translations: object, languages: Sequence[str]) -> str | None:
    if not isinstance(translations, dict):
        return None
    by_language = {_language(str(language)): found for language, found in translations.items()}
    for language in (*languages, ""):
        found = by_language.get(_language(language))
        name = found.get("name") if isinstance(found, dict) else None
        if isinstance(name, str) and complaint_about_category(name) is None:
            return cut(name, _LONGEST_LABEL)
    return None


def _language(text: str) -> str:
    return text.replace("_", "-").casefold()
