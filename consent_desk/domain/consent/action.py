"""The two decisions."""

from enum import StrEnum


class Action(StrEnum):
    """The decision, spelled as the API wants it: any other spelling opts the person out."""

    ACCEPT = "accept"
    REJECT = "reject"


BOTH = frozenset(Action)
