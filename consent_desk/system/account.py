"""Whose session on this computer it is, as the operating system tells."""

import sys

from consent_desk.domain.consent.values import complaint_about_note

if sys.platform == "win32":
    import ctypes

    _DISPLAY_NAME, _ACCOUNT = 3, 2  # NameDisplay and NameSamCompatible of EXTENDED_NAME_FORMAT
else:
    import os
    import pwd


def account_name() -> str:
    """The account, on Windows with its domain; empty where nobody can tell."""
    if sys.platform == "win32":
        return _windows_name(_ACCOUNT)
    entry = _entry()
    return "" if entry is None else entry.pw_name


def full_name() -> str:
    """The person's name, else the account's; empty where it could not be an agent's. May take its time."""
    if sys.platform == "win32":
        name = _windows_name(_DISPLAY_NAME) or _windows_name(_ACCOUNT)
    else:
        entry = _entry()
        # The first part of the GECOS field, where & stands for the account's name.
        name = "" if entry is None else entry.pw_gecos.partition(",")[0].strip() or entry.pw_name
        if entry is not None:
            name = name.replace("&", entry.pw_name.capitalize())
    return name if complaint_about_note(name) is None else ""


if sys.platform == "win32":

    def _windows_name(form: int) -> str:
        size = ctypes.c_ulong(0)
        ask = ctypes.windll.secur32.GetUserNameExW
        ask(form, None, ctypes.byref(size))
        name = ctypes.create_unicode_buffer(size.value + 1)
        return name.value.strip() if ask(form, name, ctypes.byref(size)) else ""

else:

    def _entry() -> "pwd.struct_passwd | None":
        # By number: USER and LOGNAME are what somebody wrote into the environment.
        try:
            return pwd.getpwuid(os.getuid())
        except KeyError:
            return None
