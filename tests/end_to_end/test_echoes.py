"""A server says what it received, in every way that it can be written: no file and no screen gets it."""

import gzip
import json
import signal
import zlib
from datetime import UTC
from functools import partial
from pathlib import Path

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogQuery
from consent_desk.engagement.http.response import NO_TEXT, UNREADABLE
from consent_desk.journal.backups import make_daily
from consent_desk.journal.export import Export, ExportKind
from consent_desk.journal.journal import SqliteJournal
from consent_desk.proof.make import Proofs
from consent_desk.system.clock import now
from tests.end_to_end.desk import Desk, Engagement, keyring_session, linux
from tests.engagement.http.servers import Peer, Script, answer
from tests.engagement.http.test_masking import KEY_ID, SECRETS, SPELLINGS, pair, remains

pytestmark = linux

SECRET = SECRETS["as the vendor's"]
TEXTS = (SECRET, f"{KEY_ID}:{SECRET}", pair(SECRET), f"Authorization: Basic {pair(SECRET)}")
# What is in UTF-16 or torn by line breaks stands in no line of a header.
IN_HEADERS = {name for name, spell in SPELLINGS.items() if spell(TEXTS[3]).isprintable()}
EVERYTHING = "\n".join(f"{name}: {spell(text)} ." for name, spell in SPELLINGS.items() for text in TEXTS)


def refusing(body: bytes, headers: str = "") -> Script:
    def script(peer: Peer) -> None:
        peer.send(answer(body, "403 Forbidden", f"x-request-id: 1\r\n{headers}".encode("latin-1")))

    return script


def in_headers() -> str:
    lines = (
        f"X-Echo-{number}: {SPELLINGS[name](text)}\r\n"
        for number, name in enumerate(sorted(IN_HEADERS))
        for text in TEXTS[:1]
    )
    return f"X-{SECRET}: 1\r\n" + "".join(lines)


# What is echoed, and what is said of it beside the answer.
WAYS: dict[str, tuple[Script, str]] = {
    "text": (refusing(json.dumps({"errors": ["invalid secret"], "x": EVERYTHING}).encode("ascii")), "*****"),
    "lines": (refusing(EVERYTHING.encode("latin-1")), "*****"),
    "headers": (refusing(b'{"success": false, "error": "invalid secret"}', in_headers()), "invalid secret"),
    "gzip": (refusing(gzip.compress(EVERYTHING.encode()), "Content-Encoding: gzip\r\n"), "*****"),
    "deflate": (refusing(zlib.compress(EVERYTHING.encode())), "*****"),
    "half-of-gzip": (refusing(gzip.compress(EVERYTHING.encode())[:-20]), UNREADABLE),
    "no-text": (refusing(b"\x03\x9a" * 20 + zlib.compress(EVERYTHING.encode())), NO_TEXT),
}


def look_at(desk: Desk) -> None:
    for tab in ("Explanation", "Answer", "As received", "Headers", "Request"):
        desk.tell("turn_to", tab)
        assert not remains(SECRET, desk.text("Response details"))
    assert not any(remains(SECRET, text) for text in desk.tell("every_text"))


def hand_out(journal_file: Path, folder: Path) -> None:
    """Make a backup, exports and proofs of all that was noted."""
    local = partial(moment, zone=UTC)
    journal = SqliteJournal.open(journal_file)
    try:
        tomorrow = Timestamp(now().micros + 86_400_000_000)
        assert make_daily(journal_file, journal, tomorrow) is not None
        for kind in ExportKind:
            export = Export(journal, LogQuery(), kind, folder / f"export.{kind}")
            while export.step():
                pass
            assert export.written == len(WAYS)
        proofs = Proofs(journal, now)
        for found in journal.page(LogQuery()):
            entry = found.entry
            customer = CustomerId(type="registered", value=entry.customer.value)
            proofs.save(
                proofs.of_customer(entry.project_id, customer, local), str(folder), lambda *_: b"%PDF"
            )
    finally:
        journal.close()


def test_a_server_that_echoes_the_credentials_in_every_way_gets_them_into_no_file(
    home: Path, engagement: Engagement
) -> None:
    with keyring_session() as session:
        with Desk(home, env=session) as desk:
            desk.set_up(engagement.project(SECRET, key_id=KEY_ID), says="saved in GNOME Keyring")
            for name, (script, said) in WAYS.items():
                engagement.script = script
                customer = f"{name}@example.com"
                desk.send_tutorial(customer)
                desk.wait("Receipt", customer)
                desk.wait("Receipt", "Not accepted")
                desk.tell("turn_to", "As received")
                desk.wait("Response details", said)
                look_at(desk)
            desk.signal(signal.SIGTERM)
            assert (desk.ended(), desk.said) == (0, "")
        (handed := home / "handed out").mkdir()
        hand_out(desk.journal, handed)
        files = [path for path in home.rglob("*") if path.is_file()]
        assert {".sqlite", ".csv", ".jsonl", ".json", ".pdf"} <= {path.suffix for path in files}
        assert len([path for path in files if path.suffix == ".sqlite"]) > 1
        found = {path.name: there for path in files if (there := remains(SECRET, path.read_text("latin-1")))}
        assert not found
        # It was asked for what it echoed.
        assert pair(SECRET).encode() in engagement.everything
