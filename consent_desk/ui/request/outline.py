"""The body of a request that is not complete: what there is, and what belongs where there is nothing."""

import json

from consent_desk.domain.consent.draft import Draft
from consent_desk.domain.text import inert
from consent_desk.ui.widgets.messages import phrase

_LONGEST = 200


def outline(draft: Draft) -> str:
    """What `draft` would send, laid out: no JSON while something lacks."""
    category = (draft.categories or (draft.category,))[0]
    id_type = _or(draft.customer_id_type, phrase("request", "ID type"))
    customer_id = _or(draft.customer_id, phrase("request", "customer ID"))
    action = _or(draft.action, phrase("request", "action"))
    in_category = _or(category, phrase("request", "category"))
    stamp = phrase("request", "set when you send")
    lines = (
        "{",
        f'  "customer_ids": {{{id_type}: {customer_id}}},',
        '  "event_type": "consent",',
        f'  "timestamp": ‹{stamp}›,',
        '  "properties": {',
        f'    "action": {action},',
        f'    "category": {in_category}',
        "  }",
        "}",
    )
    return "\n".join(lines)


def _or(text: str, what: str) -> str:
    return json.dumps(inert(text, _LONGEST), ensure_ascii=False) if text.strip() else f"‹{what}›"
