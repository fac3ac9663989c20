"""A sandbox on the seeded data, its clock in the test's hands, and a client for it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import SEED, Client


@dataclass(slots=True)
class Clock:
    """UNIX seconds that pass only when a test says so."""

    time: float = 1_700_000_000.25

    def __call__(self) -> float:
        return self.time


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever happens, nothing is written to standard output or error."""
    yield
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(SEED, now=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)
