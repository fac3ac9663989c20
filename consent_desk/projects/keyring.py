"""The operating system's keyring, or none: a secret is never kept anywhere else.

`keyring` is asked for its backends one by one. Its own choice is not taken: an environment variable,
a configuration file or an installed package can make that a backend that keeps nothing, or a plain file.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from consent_desk.domain.errors import KeyringFailureError, NoKeyringError
from consent_desk.domain.message import Message, say

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

LIMIT = 2 * 1280
"""Bytes of UTF-16 that the smallest keyring, that of Windows, keeps in one entry."""

_SECRET_SERVICE = "GNOME Keyring / Secret Service"  # noqa: S105 -- the name of a keyring
_OF_WINDOWS = (("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Manager"),)
_OF_MACOS = (("keyring.backends.macOS", "Keyring", "macOS Keychain"),)
_OF_DESKTOPS = (
    ("keyring.backends.SecretService", "Keyring", _SECRET_SERVICE),
    ("keyring.backends.libsecret", "Keyring", _SECRET_SERVICE),
    ("keyring.backends.kwallet", "DBusKeyring", "KDE Wallet"),
    ("keyring.backends.kwallet", "DBusKeyringKWallet4", "KDE Wallet"),
)


_OVER_BUS = frozenset({"keyring.backends.SecretService", "keyring.backends.kwallet"})
"""Backends that ask the session's D-Bus whether their keyring is there, which may fail for the moment."""


def _allowed() -> tuple[tuple[str, str, str], ...]:
    """Module, class and name of the keyrings that this system can have.

    No other one is even loaded: that of macOS looks for its library, and elsewhere starts ldconfig, a
    compiler and a linker to find it.
    """
    return {"win32": _OF_WINDOWS, "darwin": _OF_MACOS}.get(sys.platform, _OF_DESKTOPS)


class KeyringStore:
    """Keeps one line of text an entry. Every method can block for ever: the system may ask a person.

    Raises KeyringFailureError, NoKeyringError, or KeyringFailureError; no text of theirs holds what is kept.
    """

    def __init__(self, service: str = "Consent Desk") -> None:
        self._service = service

    def load(self, entry: str) -> str | None:
        """The line kept under `entry`, None where there is none."""

        def load() -> str | None:
            keyring, _, is_certain = _best_keyring()
            line = keyring.get_password(self._service, entry)
            if line is None and not is_certain:
                # It may be in the one that does not answer.
                raise _unreachable()
            return line

        return _translated(
            load, say("projects", "The project's settings could not be read from the keyring.")
        )

    def save(self, entry: str, line: str) -> str:
        """Keep `line`, see that it is kept, and return the keyring's name for people.

        Raises ValueError where `line` is not one line, and KeyringFailureError above 1,280 characters.
        """
        _check(line)

        def save() -> str | None:
            keyring, name, _ = _best_keyring()
            keyring.set_password(self._service, entry, line)
            # A read that fails goes out of here as it is: what it could not see is never removed.
            if keyring.get_password(self._service, entry) == line:
                return name
            with contextlib.suppress(Exception):
                keyring.delete_password(self._service, entry)
            return None

        name = _translated(save, say("projects", "The project's settings could not be saved in the keyring."))
        if name is None:
            raise KeyringFailureError(
                say("projects", "The keyring did not keep what it was given."),
                say(
                    "projects", "Ask your administrator which keyring this computer uses. Nothing was saved."
                ),
            )
        return name

    def remove(self, entry: str) -> None:
        """Forget `entry`; one that is not there is no error."""

        def remove() -> None:
            keyring, *_ = _best_keyring()
            # A missing entry and a refusal raise the same error: look first.
            if keyring.get_password(self._service, entry) is not None:
                keyring.delete_password(self._service, entry)

        _translated(remove, say("projects", "The project's settings could not be removed from the keyring."))


def _best_keyring() -> "tuple[KeyringBackend, str, bool]":
    """The allowed keyring that `keyring` recommends most, its name, and whether all others answered."""
    usable, is_certain = _usable()
    if not is_certain:
        # Once more: what fails for the moment is not taken for what is not there.
        usable, is_certain = _usable()
    if not usable and not is_certain:
        raise _unreachable()
    if not usable:
        raise NoKeyringError(
            say("projects", "There is no keyring on this computer that keeps a secret safely."),
            say("projects", "The project's settings are kept until the program ends; enter them again then."),
        )
    _, kind, name = max(usable, key=lambda candidate: candidate[0])
    return kind(), name, is_certain


def _usable() -> "tuple[list[tuple[float, type[KeyringBackend], str]], bool]":
    usable: list[tuple[float, type[KeyringBackend], str]] = []
    is_certain = True
    for module, kind_name, name in _allowed():
        try:
            kind = getattr(importlib.import_module(module), kind_name)
            usable.append((kind.priority, kind, name))
        except Exception as error:  # noqa: BLE001 -- whatever keeps a backend from working
            is_certain &= not _fails_for_now(module, error)
    return usable, is_certain


def _fails_for_now(module: str, error: Exception) -> bool:
    """Is the keyring perhaps there all the same? A backend says by a plain RuntimeError that it is not."""
    if module not in _OVER_BUS or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return False
    is_plain = type(error) is RuntimeError and error.__cause__ is None
    return not is_plain and not isinstance(error, (ImportError, AttributeError))


def _unreachable() -> KeyringFailureError:
    return KeyringFailureError(
        say("projects", "The keyring cannot be reached now."),
        say("projects", "See that it is running, and try again."),
    )


def _check(line: str) -> None:
    # gnome-keyring loses everything that it keeps after a line break, and some keyrings end at a NUL.
    if line.splitlines() != [line] or "\0" in line:
        raise ValueError("the keyring takes exactly one line")
    # A lone surrogate has no place in UTF-8, and the error about it would hold the whole line.
    if any("\ud800" <= character <= "\udfff" for character in line):
        raise ValueError("the keyring takes whole characters")
    if len(line.encode("utf-16-le")) > LIMIT:
        raise KeyringFailureError(
            say("projects", "The project's settings are too long: a keyring keeps {most} characters.").format(
                most="1,280"
            ),
            say("projects", "Enter fewer customer ID types, or shorter ones."),
        )


def _translated(call: Callable[[], T], title: Message) -> T:
    """What `call` returns; whatever it raises becomes a KeyringFailureError with `title`."""
    try:
        return call()
    except KeyringFailureError:
        raise
    except Exception as error:  # noqa: BLE001 -- backends raise anything, much of it no KeyringError
        trouble = _in_words(error, title)
    # Raised out here: inside, the error, whose text may hold the secret, would be its context.
    raise trouble


def _in_words(error: Exception, title: Message) -> KeyringFailureError:
    from keyring.errors import InitError
    from keyring.errors import KeyringLocked as Locked

    locked: tuple[type[Exception], ...] = (Locked,)
    with contextlib.suppress(ImportError):
        from secretstorage.exceptions import LockedException, PromptDismissedException

        locked = (Locked, LockedException, PromptDismissedException)
    if isinstance(error, locked):
        return KeyringFailureError(
            say("projects", "The keyring is locked."), say("projects", "Unlock it and try again.")
        )
    if isinstance(error, InitError):
        return KeyringFailureError(
            say("projects", "The keyring could not be opened."),
            say("projects", "When the system asks to create or to unlock a keyring, do so. Then try again."),
        )
    kind = type(error).__name__
    return KeyringFailureError(
        title, say("projects", "See that the keyring is unlocked and try again ({kind}).").format(kind=kind)
    )
