"""Keep a secret out of the answer of a server that echoes it: answers are shown and written down."""

import re
from base64 import b64decode
from collections.abc import Callable

from consent_desk.domain.project import Secret

_SHORTEST = 8
"""Characters: what is shorter stands in many an answer by chance."""

_URL_SAFE = {"+": "-", "/": "_"}


def concealing(authorization: Secret) -> Callable[[str], str]:
    """What puts asterisks, as many, in the place of an Authorization value's credentials.

    The base64 pair, padded or not, and the API secret; each character plain, or escaped as in JSON or
    in a URL, in upper or lower case.
    """
    pair = authorization.reveal().partition(" ")[2]
    try:
        secret = b64decode(pair, validate=True).decode("latin-1").partition(":")[2]
    except ValueError:
        secret = ""
    spellings = [
        "".join(_spellings(character) for character in text) + end
        for text, end in ((pair.rstrip("="), f"(?:{_spellings('=')}){{0,2}}"), (secret, ""))
        if len(text) >= _SHORTEST
    ]
    if not spellings:
        return str
    written = re.compile("|".join(spellings))
    return lambda text: written.sub(lambda found: "*" * len(found[0]), text)


def _spellings(character: str) -> str:
    ways = [
        re.escape(character),
        rf"(?i:\\u{ord(character):04x})",
        f"(?i:{''.join(f'%{byte:02x}' for byte in character.encode())})",
    ]
    if character in '"\\/':
        ways.append(re.escape(f"\\{character}"))
    if character in _URL_SAFE:
        ways.append(_URL_SAFE[character])
    return f"(?:{'|'.join(ways)})"
