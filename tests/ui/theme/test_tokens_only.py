"""Every colour has its name among the tokens, so that light, dark and high contrast are each one table."""

import re

from tests.end_to_end.desk import ROOT

LITERAL = re.compile(
    r"""#[0-9a-fA-F]{6}\b|QColor\(["'\d]|QColor\.from|GlobalColor\.(?!transparent)|setStyleSheet"""
)


def test_no_colour_is_written_elsewhere() -> None:
    package = ROOT / "consent_desk"
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        if path.parent != package / "ui" / "theme"
        for line in path.read_text("utf-8").splitlines()
        if LITERAL.search(line)
    ]
    assert found == []
