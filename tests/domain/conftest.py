"""The domain reads neither files nor the environment: its many tests need no home folder."""

import pytest


@pytest.fixture(autouse=True)
def home() -> None:
    """None."""
