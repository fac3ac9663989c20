"""A foreign server for each test, a keyring for each file."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.desk import Engagement, keyring_session


@pytest.fixture
def engagement() -> Iterator[Engagement]:
    with Engagement() as server:
        yield server


@pytest.fixture(scope="module")
def keyring() -> Iterator[dict[str, str]]:
    with keyring_session() as session:
        yield session
