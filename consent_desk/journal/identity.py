"""Is this the journal that was left here? Where that is not sure, what is open may have gone out since."""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.errors import DeskError
from consent_desk.domain.lifecycle.state import OPEN_STATES, Fact, State
from consent_desk.journal.chain import genesis
from consent_desk.journal.errors import ANOTHER, CUT, NOT_OPENED, REWRITTEN, UNSURE, Reason, told
from consent_desk.journal.file import reading
from consent_desk.journal.head import Head, Spoilt, advance_head, create_head, head_file, legible, read_head
from consent_desk.journal.owners import Owner, require_alone
from consent_desk.journal.rows import append_fact, head
from consent_desk.journal.schema import transaction
from consent_desk.system.atomic_file import set_aside, sync_folder
from consent_desk.system.folders import is_there
from consent_desk.system.json_file import JsonFile

if sys.platform == "win32":
    import winreg


FROM_BACKUP = "restored from a backup"
FROM_DAMAGED = "saved from a damaged file"
_ELSEWHERE = "opened on another computer"
_UNMARKED = "opened without its mark"


def saved_of(path: Path) -> Path:
    """Where what was saved of the journal at `path` waits until the damaged file is set aside."""
    return path.with_name(f".{path.name}.saved")


def put_in_place(path: Path, mark: Head) -> None:
    """Let what was saved be the journal at `path`, where there is none any more. Raises OSError."""
    # The mark first: without its journal it makes no start begin anew, and this is done once more.
    create_head(head_file(path), mark)
    saved_of(path).rename(path)
    sync_folder(path.parent)


def finish_salvage(path: Path, installation: str, now: Callable[[], Timestamp]) -> int:
    """Finish a salvage that was broken off once the damaged file had another name.

    Returns how many consents of it may have gone out since; 0 where nothing was broken off.
    """
    with told(NOT_OPENED):
        saved_as = saved_of(path)
        if is_there(path) or not is_there(saved_as):
            return 0
        # Its companion may still be here: to SQLite it would be that of the new file.
        set_aside(path, "damaged", now())
        with reading(saved_as) as connection:
            mark = replace(head(connection), installation=installation)
            restored: int = connection.execute(
                "SELECT count(*) FROM standing WHERE state = ?", (State.RESTORED,)
            ).fetchone()[0]
        put_in_place(path, mark)
        return restored


def installation_of(path: Path) -> str:
    """Where the journal at `path` was written last, as its mark says; empty where that does not matter."""
    with told(NOT_OPENED):
        mark = legible(read_head(head_file(path)))
        return "" if mark is None else mark.installation


def recognise(
    connection: sqlite3.Connection,
    path: Path,
    owner: Owner,
    installation: str,
    now: Callable[[], Timestamp],
) -> int:
    """Compare a journal with its mark, and bring that up to date; return how many were restored.

    Every open consent gets the fact `restored` where the journal was carried here, or has no mark; nobody but
    `owner` may have it open then: what another one has under way is not lost. Raises JournalError where
    somebody has, JournalDamagedError where its end is missing or nobody can tell, or it is not the journal
    that the mark belongs to.
    """
    with told(NOT_OPENED):
        found = read_head(head_file(path))
        mark = legible(found)
        here = head(connection)
        wrong = None if found is None else mismatch(connection, found)
        # A power cut spoils what was being written: then the journal is already ahead of the rest.
        is_torn = wrong is UNSURE and mark is not None and mark.facts < here.facts
        if wrong is not None and not is_torn:
            raise wrong.trouble(NOT_OPENED)
        restored = 0
        is_carried = mark is not None and installation and mark.installation not in {"", installation}
        if is_carried or (mark is None and here.facts):
            require_alone(path, NOT_OPENED, owner)
            restored = restore_open(connection, now(), _ELSEWHERE if is_carried else _UNMARKED)
        now_here = replace(head(connection), installation=installation)
        if mark is None or is_torn or mark.installation != installation:
            create_head(head_file(path), now_here)
        elif mark != now_here:
            advance_head(head_file(path), now_here)
        # What was saved of it once is not to take its place, should its file be lost one day.
        with suppress(OSError):
            saved_of(path).unlink(missing_ok=True)
        return restored


def mismatch(connection: sqlite3.Connection, mark: Head | Spoilt) -> Reason | None:
    """Why `mark` cannot be one that this journal left behind: it must be its head, or an ancestor of it.

    Of one that is spoilt nobody can tell.
    """
    if isinstance(mark, Spoilt):
        return (None if mark.rest is None else mismatch(connection, mark.rest)) or UNSURE
    here = head(connection)
    if mark.journal != here.journal:
        return ANOTHER
    if mark.facts > here.facts:
        return CUT
    row = connection.execute("SELECT chain FROM fact WHERE seq = ?", (mark.facts,)).fetchone()
    chain = genesis(here.journal) if mark.facts == 0 else None if row is None else row["chain"]
    return None if chain is not None and chain.hex() == mark.head else REWRITTEN


def restore_open(connection: sqlite3.Connection, at: Timestamp, why: str) -> int:
    """Append `restored` to every open consent, all or none; return how many there are."""
    with transaction(connection):
        rows = connection.execute(
            "SELECT request_id FROM standing JOIN consent USING (seq) "
            "WHERE state IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (json.dumps(sorted(OPEN_STATES)),),
        ).fetchall()
        for row in rows:
            append_fact(connection, row["request_id"], Fact(at=at, state=State.RESTORED, note=why))
        # None is in flight any more, whoever sent it.
        connection.execute("DELETE FROM claim")
    return len(rows)


def installation_id(config: Path) -> str:
    """An ID for this program in this user's account on this computer, made at the first call.

    A copy of the folder `config` on another computer gives another one, where the system has a name for
    computers. Empty where none can be kept, or that of before cannot be read now: then a carried journal is
    not recognised.
    """
    file = JsonFile(path=config / "installation.json", indent=None)
    try:
        kept = (file.load() or {}).get("id")
    except ValueError:
        kept = None
    except OSError:
        return ""
    if not isinstance(kept, str):
        kept = str(uuid4())
        try:
            file.save({"id": kept})
        except (OSError, DeskError):
            return ""
    return sha256(f"{kept} {_computer()}".encode()).hexdigest()[:32]


def _computer() -> str:
    if sys.platform == "win32":
        with (
            suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key,
        ):
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return ""
    with suppress(OSError):
        return Path("/etc/machine-id").read_text("ascii", errors="replace").strip()
    return ""
