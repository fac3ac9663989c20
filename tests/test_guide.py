"""The guide and the pictures agree with the program."""

import re
from pathlib import Path

from consent_desk.ui import states
from consent_desk.ui.states import CALLED, PRACTISED

DOCS = Path(__file__).resolve().parent.parent / "docs"
GUIDE = (DOCS / "guide.md").read_text("utf-8")
README = (DOCS.parent / "README.md").read_text("utf-8")


OUTCOMES = (
    *(one.word for one in (*CALLED.values(), states.HELD, states.NOT_TOLD, states.GIVEN_UP)),
    *(*PRACTISED.values(), states.CORRECTED.word, states.OPT_OUT, states.CLOCK, states.KEY),
    *(states.BUSY, states.NETWORK, states.TRUST),
)


def test_the_guide_says_what_an_outcome_means_and_what_to_do() -> None:
    for word in sorted({str(word) for word in OUTCOMES}):
        [row] = re.findall(rf"^\| \*\*{word}\*\* \| (.+) \| (.+) \|$", GUIDE, re.MULTILINE)
        assert all(len(cell) > 5 for cell in row)


def test_every_picture_is_there_and_shown() -> None:
    shown = {*re.findall(r"\]\(pictures/([\w-]+\.png)\)", GUIDE)}
    shown |= {*re.findall(r"\]\(docs/pictures/([\w-]+\.png)\)", README)}
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}
