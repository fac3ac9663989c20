"""What was found of a customer goes with them when somebody begins to present."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from consent_desk.sandbox.server import Sandbox
from tests.ui import controls
from tests.ui.desks import SEED, OpenDesk
from tests.ui.presenting.test_presenter import everything, present

JANE = {
    "customer_ids": {"registered": "jane@example.com"},
    "consents": [
        {
            "days_ago": 400,
            "properties": {
                "action": "accept",
                "category": "sms_marketing",
                "valid_until": "unlimited",
                "source": "canary-source",
                "message": "canary-wording",
            },
        }
    ],
}


@pytest.fixture(autouse=True)
def look_ups() -> None:
    """They are made here."""


@pytest.fixture
def engagement() -> Iterator[Sandbox]:
    with Sandbox({**SEED, "customers": [JANE]}) as sandbox:
        yield sandbox


def test_what_is_known_of_a_customer_is_put_away_and_comes_back(acme: OpenDesk) -> None:
    controls.write(acme.window, "Customer ID", "jane@example.com")
    acme.key(Qt.Key.Key_Return)
    acme.bot.waitUntil(lambda: "canary-source" in everything(acme.window), timeout=10_000)
    present(acme)
    acme.bot.waitUntil(
        lambda: "Masked for presenting" in acme.window.preview.body.placeholderText(), timeout=10_000
    )
    shown = everything(acme.window)
    assert [name for name in ("jane@", "canary-source", "canary-wording") if name in shown] == []
    present(acme)
    acme.bot.waitUntil(lambda: "canary-source" in everything(acme.window), timeout=10_000)
    assert controls.line(acme.window, "Customer ID").text() == "jane@example.com"
