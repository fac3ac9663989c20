"""What a salvage came to is told with all its counts."""

from dataclasses import replace

from consent_desk.domain.backup import Salvage
from consent_desk.ui.recovery.presenter import told_salvaged

WHOLE = Salvage(
    damaged=None,
    consents=40,
    consents_lost=0,
    facts=120,
    facts_lost=0,
    incomplete=0,
    rest=0,
    restored=0,
)


def test_where_nothing_is_lost_nothing_else_is_said() -> None:
    assert told_salvaged(WHOLE) == "40 consents were saved, none is known to be lost."


def test_facts_that_are_lost_are_counted() -> None:
    words = "Of 127 facts, what happened to the consents, 7 could not be read."
    assert words in told_salvaged(replace(WHOLE, facts_lost=7))
