"""The body of a request that is not complete: what there is, and what belongs where there is nothing."""

import json

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.text import inert

_LONGEST = 200


def outline(draft: Draft) -> str:
    """What `draft` would send, laid out: no JSON while something lacks."""
    category = (draft.categories or (draft.category,))[0]
    lines = (
        "{",
        f'  "customer_ids": {{{_or(draft.customer_id_type, "ID type")}: '
        f"{_or(draft.customer_id, 'customer ID')}}},",
        '  "event_type": "consent",',
        '  "timestamp": ‹set when you send›,',
        '  "properties": {',
        f'    "action": {_or(draft.action, "action")},',
        f'    "category": {_or(category, "category")}',
        "  }",
        "}",
    )
    return "\n".join(lines)


def _or(text: str, what: str) -> str:
    return json.dumps(inert(text, _LONGEST), ensure_ascii=False) if text.strip() else f"‹{what}›"
