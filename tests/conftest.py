"""What holds for every test: a platform without windows, and nothing of the environment of who runs it."""

import gc
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from consent_desk.journal.journal import SqliteJournal
from tests.delivery.desk import FullJournal

# Qt reads these as it loads, pytest-qt's own import included. Left alone, QT_LOGGING_RULES or a theme
# would change what tests see, and QT_FORCE_STDERR_LOGGING would take messages past qt_log_level_fail.
for name in [name for name in os.environ if name.startswith("QT_")]:
    del os.environ[name]
os.environ["LC_ALL"] = "C.UTF-8"  # dates and numbers as the tests expect them, wherever they run
# Of the size of a desk's screen: that of the platform itself is 800 by 800.
TESTS = Path(__file__).parent
SCREEN = TESTS / "screen.json"
os.environ["QT_QPA_PLATFORM"] = os.environ.get("CONSENT_DESK_TEST_PLATFORM", f"offscreen:configfile={SCREEN}")

settings.register_profile("default", deadline=None, max_examples=25)
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=25, print_blob=True)
settings.register_profile("soak", deadline=None, max_examples=500)
settings.load_profile("ci" if os.environ.get("CI") else "default")

FOREIGN = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"),
    *("NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS"),
)
XDG = {
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_RUNTIME_DIR": "runtime",
    "XDG_STATE_HOME": "state",
}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded for all tests is no garbage: to look through it anew takes a tenth of their time."""
    gc.disable()
    result = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return result


OTHER_PROGRAMS = ("test_reliability.py", "end_to_end", "cli", "test_wheel.py", "test_setup.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for other programs begins first: else all would wait for the longest of it at the end."""
    place = {name: number for number, name in enumerate(OTHER_PROGRAMS)}
    items.sort(key=lambda item: place.get(item.path.relative_to(TESTS).parts[0], len(place)))


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder for this test alone, outside its tmp_path. Tests may look into it."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    with tempfile.TemporaryDirectory(prefix="consent-desk-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
            monkeypatch.setenv(name, folder)
        for name, part in XDG.items():
            (place / part).mkdir(mode=0o700)  # Qt warns of a runtime folder that others can read
            monkeypatch.setenv(name, str(place / part))
        yield place


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal of this test is, or will be."""
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A new journal for this test alone."""
    journal = SqliteJournal.open(path)
    yield journal
    journal.close()


@pytest.fixture
def full(path: Path) -> Iterator[FullJournal]:
    full = FullJournal.open(path)
    yield full
    full.close()
