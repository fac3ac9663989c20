"""The keyring at its border: the real gnome-keyring in a child process, and backends that misbehave."""

import gc
import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any, ClassVar

import pytest
from keyring.backends import SecretService, libsecret
from keyring.compat.properties import classproperty
from keyring.errors import KeyringError, PasswordDeleteError

from consent_desk.domain.errors import KeyringFailureError, NoKeyringError
from consent_desk.domain.wire.project import Project, Secret
from consent_desk.projects.keyring import KeyringStore
from consent_desk.projects.projects import ProjectListFile, Projects, SecretStore
from tests.consents import a_project
from tests.end_to_end.desk import keyring_session
from tests.secret_service import run_in_keyring

CANARY = "canary-5f1d-secret"
LINE = f'{{"secret":"{CANARY}"}}'
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the user's own keyring would answer")

# The libraries leave the connection of a call that failed to be collected, as it is at the end of each test.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
Session = Mapping[str, str]


@pytest.fixture(scope="module")
def shared() -> Iterator[Session]:
    """One keyring for all tests that leave it as it was."""
    with keyring_session() as session:
        yield session


def connect(session: Session, monkeypatch: pytest.MonkeyPatch) -> KeyringStore:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session["DBUS_SESSION_BUS_ADDRESS"])
    return KeyringStore()


@pytest.fixture
def store(shared: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringStore]:
    """An empty keyring, unlocked."""
    store = connect(shared, monkeypatch)
    with collection() as there:
        for item in there.get_all_items():
            item.delete()
    yield store
    gc.collect()


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[KeyringStore, int]]:
    """A keyring for a test that locks, freezes or kills it, and its process."""
    with keyring_session() as session:
        yield connect(session, monkeypatch), int(session["KEYRING_PID"])
        gc.collect()


@contextmanager
def collection() -> Iterator[Any]:
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        yield secretstorage.get_default_collection(bus)


def unlock() -> None:
    """As a person does in the system's dialog."""
    from secretstorage.defines import SS_PATH
    from secretstorage.util import DBusAddressWrapper, format_secret, open_session

    with collection() as there:
        password = format_secret(open_session(there.connection), b"testpass", "text/plain")
        interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
        keyring = DBusAddressWrapper(SS_PATH, interface, there.connection)
        keyring.call("UnlockWithMasterPassword", "o(oayays)", there.collection_path, password)


def kept() -> dict[str, bytes]:
    with collection() as there:
        return {item.get_attributes()["username"]: item.get_secret() for item in there.get_all_items()}


def in_keyring(
    story: str, *, unlock: bool = True, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Tell `story` in a child process with a keyring of its own; its assertions are this test's."""
    ended = run_in_keyring(dedent(PROLOGUE) + dedent(story), unlock=unlock, env=env)
    assert ended.returncode == 0, ended.stderr
    return ended


PROLOGUE = """
    import os, signal, sys
    from contextlib import suppress
    from threading import Thread
    from consent_desk.projects.keyring import KeyringStore
    from consent_desk.domain.errors import DeskError

    store = KeyringStore()
"""


def every_call(store: SecretStore, line: str = LINE) -> tuple[Callable[[], object], ...]:
    return lambda: store.save("a/1", line), lambda: store.load("a/1"), lambda: store.remove("a/1")


def every_call_raises(store: SecretStore, kind: type[KeyringFailureError], line: str = LINE) -> None:
    for call in every_call(store, line):
        with pytest.raises(KeyringFailureError) as raised:
            call()
        assert type(raised.value) is kind
        assert CANARY not in everything_told(raised.value)


# ------------------------------------------------------------------------------- the real gnome-keyring


def test_line_is_saved_loaded_replaced_and_removed(store: KeyringStore) -> None:
    assert store.load("a/1") is None
    assert store.save("a/1", "first") == "GNOME Keyring / Secret Service"
    store.save("b/1", "of another project")
    assert KeyringStore().load("a/1") == "first"
    store.save("a/1", "second")
    assert KeyringStore().load("a/1") == "second"
    assert kept() == {"a/1": b"second", "b/1": b"of another project"}
    store.remove("a/1")
    assert store.load("a/1") is None
    assert kept() == {"b/1": b"of another project"}


def test_removing_what_is_not_there_is_no_error(store: KeyringStore) -> None:
    store.remove("a/1")
    assert kept() == {}


@pytest.mark.parametrize(
    "line",
    [
        "Zoë, 東京, العربية, 👩‍👩‍👧, e\u0301, \u00a0 and \u202e",
        "x" * 1200,
        "ß" * 1280,
        "😀" * 640,
        ' "quoted" \\back\\ {json: "yes"} %s {0} \t ',
    ],
    ids=["many scripts", "1,200 characters", "1,280 characters", "640 pairs", "signs and spaces"],
)
def test_line_comes_back_exactly(store: KeyringStore, line: str) -> None:
    store.save("a/1", line)
    assert KeyringStore().load("a/1") == line


def test_two_services_do_not_see_each_other(store: KeyringStore) -> None:
    store.save("a/1", "of this one")
    other = KeyringStore("Another Desk")
    assert other.load("a/1") is None
    other.remove("a/1")
    assert store.load("a/1") == "of this one"


def test_locked_keyring_is_said_to_be_locked_and_keeps_everything(store: KeyringStore) -> None:
    store.save("a/1", "kept")
    with collection() as there:
        there.lock()
    every_call_raises(store, KeyringFailureError)
    with pytest.raises(KeyringFailureError):
        store.save("a/2", "new")
    unlock()
    assert kept() == {"a/1": b"kept"}
    assert store.load("a/1") == "kept"


def test_keyring_that_was_never_initialised_is_trouble_and_not_absence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with keyring_session(unlock=False) as session:
        every_call_raises(connect(session, monkeypatch), KeyringFailureError)
        gc.collect()


def test_frozen_keyring_blocks_only_its_own_thread_and_answers_when_it_thaws(
    own: tuple[KeyringStore, int],
) -> None:
    store, daemon = own
    store.save("a/1", "kept")
    found: list[str | None] = []
    lane = Thread(target=lambda: found.append(store.load("a/1")), daemon=True)
    os.kill(daemon, signal.SIGSTOP)
    lane.start()
    lane.join(0.3)
    assert lane.is_alive()
    assert not found
    os.kill(daemon, signal.SIGCONT)
    lane.join(10)
    assert found == ["kept"]


def test_frozen_keyring_does_not_keep_the_program_from_ending() -> None:
    in_keyring("""
        store.save("a/1", "kept")
        os.kill(int(os.environ["KEYRING_PID"]), signal.SIGSTOP)
        lane = Thread(target=store.save, args=("a/1", "new"), daemon=True)
        lane.start()
        lane.join(0.3)
        assert lane.is_alive()
    """)


def test_keyring_that_ends_during_a_call_is_trouble(own: tuple[KeyringStore, int]) -> None:
    store, daemon = own
    store.save("a/1", "kept")
    found: list[type[Exception]] = []

    def load() -> None:
        try:
            store.load("a/1")
        except KeyringFailureError as trouble:
            found.append(type(trouble))

    lane = Thread(target=load, daemon=True)
    os.kill(daemon, signal.SIGSTOP)
    lane.start()
    lane.join(0.3)
    assert lane.is_alive()
    os.kill(daemon, signal.SIGKILL)
    lane.join(10)
    assert found == [KeyringFailureError]


def test_a_bus_that_fails_once_is_asked_once_more_and_is_never_taken_for_no_keyring(
    store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save("a/1", "kept")
    failures = 0
    dbus_init = pytest.importorskip("secretstorage").dbus_init

    def failing() -> Any:
        nonlocal failures
        if failures > 0:
            failures -= 1
            raise ConnectionResetError("the bus was restarted")
        return dbus_init()

    with monkeypatch.context() as unsteady:
        unsteady.setattr("secretstorage.dbus_init", failing)
        failures = 1
        assert store.load("a/1") == "kept"
        for call in every_call(store):
            failures = 2
            with pytest.raises(KeyringFailureError) as raised:
                call()
            assert type(raised.value) is KeyringFailureError
        assert failures == 0
    assert kept() == {"a/1": b"kept"}


def test_a_bus_that_is_gone_is_no_absence_of_a_keyring(
    store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save("a/1", "kept")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    with pytest.raises(KeyringFailureError) as raised:
        store.load("a/1")
    assert type(raised.value) is KeyringFailureError
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    with pytest.raises(NoKeyringError):
        store.load("a/1")


# ----------------------------------------------------- somebody else would choose where the secret goes

PLAIN_BACKEND = '''
"""A backend that keeps secrets in a plain file, as some do."""
import os
from pathlib import Path
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 9  # above all allowed ones, below the Chainer
    file = Path(os.environ["PLAIN_FILE"])

    def get_password(self, service, username):
        return self.file.read_text() if self.file.exists() else None

    def set_password(self, service, username, password):
        self.file.write_text(password)
'''


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose keyringrc.cfg names a backend that writes plain text."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "plain_backend.py").write_text(PLAIN_BACKEND)
    settings = tmp_path / "python_keyring" / "keyringrc.cfg"
    settings.parent.mkdir()
    settings.write_text(f"[backend]\ndefault-keyring=plain_backend.Keyring\nkeyring-path={code}\n")
    return {"XDG_CONFIG_HOME": str(tmp_path), "PLAIN_FILE": str(tmp_path / "plain.txt")}


def test_null_backend_of_the_environment_is_passed_by() -> None:
    in_keyring(
        """
        assert store.save("a/1", "kept") == "GNOME Keyring / Secret Service"
        assert store.load("a/1") == "kept"
        import keyring
        assert keyring.get_password("Consent Desk", "a/1") is None, "the environment has no effect at all"
        """,
        env={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
    )


def test_plain_text_backend_of_a_settings_file_is_passed_by_unloaded(plain: dict[str, str]) -> None:
    in_keyring(
        f"""
        store.save("a/1", {CANARY!r})
        assert store.load("a/1") == {CANARY!r}
        assert "plain_backend" not in sys.modules
        assert not any("code" in place.rsplit("/") for place in sys.path)
        import keyring
        assert type(keyring.get_keyring()).__module__ == "plain_backend", "the settings have no effect at all"
        """,
        env=plain,
    )
    assert not Path(plain["PLAIN_FILE"]).exists()


def test_of_several_backends_only_the_allowed_one_gets_the_line(plain: dict[str, str]) -> None:
    in_keyring(
        f"""
        sys.path.insert(0, os.environ["XDG_CONFIG_HOME"] + "/code")
        import keyring.core, plain_backend
        keyring.core.load_config = lambda: None
        chosen = keyring.get_keyring()
        assert type(chosen).__name__ == "ChainerBackend"
        assert type(chosen.backends[0]) is plain_backend.Keyring
        store.save("a/1", {CANARY!r})
        assert store.load("a/1") == {CANARY!r}
        store.remove("a/1")
        assert store.load("a/1") is None
        """,
        env=plain,
    )
    assert not Path(plain["PLAIN_FILE"]).exists()


@linux
@pytest.mark.parametrize("chosen", ["", "keyring.backends.null.Keyring", "plain_backend.Keyring"])
def test_without_a_keyring_nothing_is_kept_anywhere(
    chosen: str, plain: dict[str, str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (plain | ({"PYTHON_KEYRING_BACKEND": chosen} if chosen else {})).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(tmp_path / "code")
    store = KeyringStore()
    for call in every_call(store):
        with pytest.raises(NoKeyringError):
            call()
    files = [file for folder in (home, tmp_path) for file in folder.rglob("*") if file.is_file()]
    assert not [file for file in files if CANARY.encode() in file.read_bytes()]


# -------------------------------------------------------------------------------- backends that misbehave


class Backend:
    """A keyring in memory that is preferred to all others."""

    priority: float = 99
    kept: ClassVar[dict[tuple[str, str], str]] = {}
    calls: ClassVar[list[str]] = []

    def get_password(self, service: str, entry: str) -> str | None:
        self.calls.append("get")
        return self.kept.get((service, entry))

    def set_password(self, service: str, entry: str, line: str) -> None:
        self.calls.append("set")
        self.kept[service, entry] = line

    def delete_password(self, service: str, entry: str) -> None:
        self.calls.append("delete")
        if self.kept.pop((service, entry), None) is None:
            raise PasswordDeleteError("not found")


Install = Callable[[type[Backend]], SecretStore]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a backend in the place of an allowed one."""
    Backend.kept = {}
    Backend.calls = []

    def put(kind: type[Backend]) -> SecretStore:
        monkeypatch.setattr(SecretService, "Keyring", kind)
        return KeyringStore()

    return put


def everything_told(trouble: BaseException) -> str:
    """All that a log, a crash report or a debugger's first look could show of `trouble`."""
    told = [str(trouble), repr(trouble), repr(vars(trouble)), *traceback.format_exception(trouble)]
    record = logging.LogRecord("desk", logging.ERROR, "", 0, "trouble: %r", (trouble,), None)
    record.exc_info = (type(trouble), trouble, trouble.__traceback__)
    told.append(logging.Formatter().format(record))
    for other in (trouble.__cause__, trouble.__context__):
        if other is not None:
            told.append(everything_told(other))
    return "\n".join(told)


def test_line_is_read_back_before_it_counts_as_saved(install: Install) -> None:
    store = install(Backend)
    assert store.save("a/1", LINE) == "GNOME Keyring / Secret Service"
    assert Backend.calls == ["set", "get"]


@pytest.mark.parametrize(
    "change", [lambda _line: None, str.upper, lambda line: line[:20], lambda line: f"{line} "]
)
def test_line_that_comes_back_changed_or_not_at_all_is_trouble_and_is_removed(
    install: Install, change: Callable[[str], str | None]
) -> None:
    class Changing(Backend):
        def set_password(self, service: str, entry: str, line: str) -> None:
            if (changed := change(line)) is not None:
                super().set_password(service, entry, changed)

    store = install(Changing)
    Backend.kept["Consent Desk", "a/0"] = "of another entry"
    with pytest.raises(KeyringFailureError, match="did not keep") as raised:
        store.save("a/1", LINE)
    assert Backend.kept == {("Consent Desk", "a/0"): "of another entry"}
    assert type(raised.value) is KeyringFailureError
    assert CANARY not in everything_told(raised.value)


def test_nothing_is_removed_after_a_read_that_failed(install: Install) -> None:
    class Unreadable(Backend):
        def get_password(self, service: str, entry: str) -> str | None:
            super().get_password(service, entry)
            raise ConnectionResetError(f"while reading {LINE}")

    every_call_raises(install(Unreadable), KeyringFailureError)
    assert Backend.kept == {("Consent Desk", "a/1"): LINE}
    assert Backend.calls == ["set", "get", "get", "get"]


@pytest.mark.parametrize(
    "error",
    [RuntimeError, KeyringError, OSError, ValueError, LookupError, UnicodeError, MemoryError, Exception],
)
def test_whatever_a_backend_raises_becomes_trouble_without_the_secret(
    install: Install, error: type[Exception]
) -> None:
    class Failing(Backend):
        def set_password(self, service: str, entry: str, line: str) -> None:
            try:
                raise KeyError(line)
            except KeyError as cause:
                raise error(f"could not write {line}") from cause

    with pytest.raises(KeyringFailureError, match="could not be saved") as raised:
        install(Failing).save("a/1", LINE)
    assert type(raised.value) is KeyringFailureError
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert CANARY not in everything_told(raised.value)
    assert error.__name__ in str(raised.value.advice)


@linux
def test_a_keyring_that_does_not_find_it_while_another_one_fails_is_not_believed(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreachable(Backend):
        @classproperty
        def priority(cls) -> float:  # noqa: N805 -- as keyring has it
            raise ConnectionResetError

    monkeypatch.setattr(libsecret, "Keyring", Backend)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    store = install(Unreachable)
    with pytest.raises(KeyringFailureError, match="cannot be reached now") as raised:
        store.load("a/1")
    assert not isinstance(raised.value, NoKeyringError)
    store.save("a/1", LINE)
    assert store.load("a/1") == LINE


def test_trouble_names_what_was_being_done(install: Install) -> None:
    class Unmade(Backend):
        def __init__(self) -> None:
            raise RuntimeError

    store = install(Unmade)
    doings = ("could not be saved in", "could not be read from", "could not be removed from")
    for call, doing in zip(every_call(store), doings, strict=True):
        with pytest.raises(KeyringFailureError, match=doing):
            call()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("keyring.errors.KeyringLocked", KeyringFailureError),
        ("keyring.errors.InitError", KeyringFailureError),
        ("secretstorage.exceptions.LockedException", KeyringFailureError),
        ("secretstorage.exceptions.PromptDismissedException", KeyringFailureError),
        ("secretstorage.exceptions.ItemNotFoundException", KeyringFailureError),
    ],
)
def test_a_lock_is_told_apart_from_other_trouble(
    install: Install, error: str, kind: type[KeyringFailureError], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, name = error.rpartition(".")
    raising = getattr(pytest.importorskip(module), name)

    class Refusing(Backend):
        def get_password(self, service: str, entry: str) -> str | None:
            raise raising(LINE)

    if module == "keyring.errors":
        # Known where there is no Secret Service, too.
        monkeypatch.setitem(sys.modules, "secretstorage.exceptions", None)
    with pytest.raises(KeyringFailureError) as raised:
        install(Refusing).load("a/1")
    assert type(raised.value) is kind
    assert CANARY not in everything_told(raised.value)
    assert "try again" in str(raised.value.advice)


def test_of_the_allowed_keyrings_the_recommended_one_is_taken(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wallet(Backend):
        priority = 100

    monkeypatch.setattr("keyring.backends.kwallet.DBusKeyring", Wallet)
    assert install(Backend).save("a/1", LINE) == "KDE Wallet"


def test_refusal_to_remove_is_trouble_and_not_success(install: Install) -> None:
    class Refusing(Backend):
        def delete_password(self, service: str, entry: str) -> None:
            raise PasswordDeleteError(LINE)

    store = install(Refusing)
    store.save("a/1", LINE)
    with pytest.raises(KeyringFailureError, match="could not be removed") as raised:
        store.remove("a/1")
    assert CANARY not in everything_told(raised.value)


# ------------------------------------------------------------------------------------ lines that do not fit


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\ud800"]
)
@pytest.mark.parametrize("form", ["{line}{end}", "{end}{line}", "{line}{end}{line}", ""])
def test_what_is_not_one_line_never_reaches_a_keyring(install: Install, end: str, form: str) -> None:
    with pytest.raises(ValueError, match="the keyring takes") as raised:
        install(Backend).save("a/1", form.format(line=LINE, end=end))
    assert CANARY not in everything_told(raised.value)
    assert Backend.calls == []


@pytest.mark.parametrize("line", ["x" * 1281, "😀" * 641, "ß" * 1281])
def test_line_too_long_for_windows_is_refused_everywhere(install: Install, line: str) -> None:
    with pytest.raises(KeyringFailureError, match="1,280 characters") as raised:
        install(Backend).save("a/1", line)
    assert line not in everything_told(raised.value)
    assert Backend.calls == []


def test_keyring_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, consent_desk.projects.keyring as store; store.KeyringStore(); "
    ended = subprocess.run([sys.executable, "-c", code + "sys.exit('keyring' in sys.modules)"], check=False)
    assert ended.returncode == 0


@linux
@pytest.mark.parametrize("unlock", [True, False])
def test_looking_for_a_keyring_starts_no_compiler_and_no_other_program(unlock: bool, tmp_path: Path) -> None:
    # To find a library, ctypes asks ldconfig, a compiler and a linker, all by their names.
    started = tmp_path / "started"
    for name in ("gcc", "cc", "ld", "objdump", "ldconfig", "sh"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} >> '{started}'\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    in_keyring(
        f"""
        begun = []
        os.environ["PATH"] = {str(tmp_path)!r}
        sys.addaudithook(lambda event, _: begun.append(event) if event in EVENTS else None)
        EVENTS = {{"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"}}
        for call in (store.load, store.remove, lambda entry: store.save(entry, "line")):
            with suppress(DeskError):
                call("a/1")
        assert begun == [], begun
        assert "keyring.backends.macOS" not in sys.modules
        assert "keyring.backends.Windows" not in sys.modules
        """,
        unlock=unlock,
    )
    assert not started.exists()


# ------------------------------------------------------------------------------- with the projects' service


def test_projects_come_back_from_the_keyring_after_a_restart(
    store: KeyringStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    file = tmp_path / "desk" / "projects.json"

    def start() -> Projects:
        return Projects(ProjectListFile(file), KeyringStore())

    def project(number: int, secret: str) -> Project:
        return a_project(id=str(number), name=f"Acme {number}", secret=Secret(secret))

    for number in (1, 2):
        assert start().save(project(number, CANARY)).keyring == "GNOME Keyring / Secret Service"
    listed = start().listed()
    assert listed is not None
    one, two = listed
    assert [start().load(each) for each in listed] == [project(1, CANARY), project(2, CANARY)]
    assert set(kept()) == {one.entry, two.entry}
    start().remove("1")
    assert start().listed() == (two,)
    assert set(kept()) == {two.entry}
    assert CANARY not in caplog.text, "a library wrote it to the log"
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["projects.json"]
    content = file.read_text()
    secrets = (CANARY, a_project().project_token, a_project().base_url.host)
    assert not [text for text in secrets if text in content]
