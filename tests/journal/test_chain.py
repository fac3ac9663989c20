"""The hash chain: what it is made of, and that it is made of everything."""

import sqlite3
from contextlib import closing
from functools import reduce
from hashlib import sha256
from pathlib import Path

import pytest

from consent_desk.journal.chain import COLUMNS, canonical, digest, genesis, link
from consent_desk.journal.schema import blank
from tests.journal.journals import filled

UUID = "5f0f6b0a-63a5-4c5b-8d53-0d6a5b6d1e11"


def row(table: str, **values: object) -> dict[str, object]:
    return {**dict.fromkeys(COLUMNS[table]), **values}


def test_the_canonical_bytes_are_as_documented() -> None:
    fact = row("fact", seq=7, state="délivré", elapsed=0.5, gone=b"\0\xff", status=-1)
    assert canonical("fact", fact) == (
        b"fact\nelapsed r 16:3fe0000000000000\ngone b 4:00ff\nseq i 1:7\n"
        b"state t 9:d\xc3\xa9livr\xc3\xa9\nstatus i 2:-1\n"
    )


def test_the_hashes_are_as_documented() -> None:
    fact, consent = row("fact", seq=1), row("consent", seq=1)
    both = sha256(b"consent-desk fact 1\nfact\nseq i 1:1\nconsent\nseq i 1:1\n").digest()
    assert genesis(UUID) == sha256(b"consent-desk journal 1\n" + UUID.encode()).digest()
    assert digest(fact, consent) == both
    assert digest(fact, None) == sha256(b"consent-desk fact 1\nfact\nseq i 1:1\n").digest()
    assert link(b"#" * 32, both) == sha256(b"consent-desk link 1\n" + b"#" * 32 + both).digest()


def test_a_column_that_is_null_everywhere_changes_no_hash() -> None:
    assert canonical("fact", row("fact", seq=1)) == b"fact\nseq i 1:1\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"detail": "ab", "cause": ""}, {"detail": "a", "cause": "b"}),
        ({"detail": "a\nseq i 1:1"}, {"detail": "a", "seq": 1}),
        ({"detail": "1"}, {"detail": 1}),
        ({"detail": 1.0}, {"detail": 1}),
        ({"detail": ""}, {"detail": None}),
        ({"detail": "00"}, {"detail": b"\0"}),
    ],
)
def test_different_rows_have_different_bytes(one: dict[str, object], other: dict[str, object]) -> None:
    assert canonical("fact", row("fact", **one)) != canonical("fact", row("fact", **other))


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_but_the_chain_itself_is_covered(table: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(blank())
        there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
    assert there - {"chain"} == set(COLUMNS[table])
    assert list(COLUMNS[table]) == sorted(COLUMNS[table])


def test_a_stretch_of_the_chain_can_be_followed_from_its_digests(tmp_path: Path) -> None:
    filled(tmp_path / "journal.db", 5)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.row_factory = sqlite3.Row
        facts = connection.execute("SELECT * FROM fact ORDER BY seq").fetchall()
        consents = {each["request_id"]: each for each in connection.execute("SELECT * FROM consent")}
        uuid = connection.execute("SELECT uuid FROM journal").fetchone()[0]
    digests = [digest(fact, consents.pop(fact["request_id"], None)) for fact in facts]
    assert reduce(link, digests, genesis(uuid)) == facts[-1]["chain"]
    assert reduce(link, digests[3:6], facts[2]["chain"]) == facts[5]["chain"]
    assert len({fact["chain"] for fact in facts}) == len(facts)
