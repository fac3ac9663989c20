"""Keep a secret out of the answer of a server that echoes it: answers are shown and written down."""

import json
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import quote

from consent_desk.domain.project import Secret

_SHORTEST = 8
"""Characters: what is shorter stands in many an answer by chance."""


def concealing(authorization: Secret) -> Callable[[str], str]:
    """What puts asterisks, as many, in the place of an Authorization value's credentials.

    The base64 pair and the API secret, plain, JSON-escaped and URL-escaped.
    """
    pair = authorization.reveal().partition(" ")[2]
    try:
        secret = b64decode(pair, validate=True).decode("latin-1").partition(":")[2]
    except ValueError:
        secret = ""
    spellings = {
        spelling
        for text in (pair, secret)
        if len(text) >= _SHORTEST
        for spelling in (text, json.dumps(text)[1:-1], text.replace("/", "\\/"), quote(text, safe=""))
    }

    def conceal(text: str) -> str:
        for spelling in spellings:
            text = text.replace(spelling, "*" * len(spelling))
        return text

    return conceal
