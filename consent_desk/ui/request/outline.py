"""The body of a request that is not complete: what there is, and what belongs where there is nothing."""

import json

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.text import inert
from consent_desk.ui.widgets.messages import phrase

_LONGEST = 200


def outline(draft: Draft) -> str:
    """What `draft` would send, laid out: no JSON while something lacks."""
    category = (draft.categories or (draft.category,))[0]
    lines = (
        "{",
        phrase("request", '  "customer_ids": {{{or_}: {or_2}}},').format(
            or_=_or(draft.customer_id_type, "ID type"), or_2=_or(draft.customer_id, "customer ID")
        ),
        phrase("request", '  "event_type": "consent",'),
        phrase("request", '  "timestamp": ‹set when you send›,'),
        phrase("request", '  "properties": {'),
        phrase("request", '    "action": {or_},').format(or_=_or(draft.action, "action")),
        phrase("request", '    "category": {or_}').format(or_=_or(category, "category")),
        "  }",
        "}",
    )
    return "\n".join(lines)


def _or(text: str, what: str) -> str:
    return json.dumps(inert(text, _LONGEST), ensure_ascii=False) if text.strip() else f"‹{what}›"
