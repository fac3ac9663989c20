"""Does a journal, or a backup of it, agree with a proof?"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consent_desk.domain.errors import JournalError
from consent_desk.domain.evidence.proof import FromJournal, Proof
from consent_desk.domain.message import Message, say
from consent_desk.journal.errors import told
from consent_desk.journal.file import reading
from consent_desk.journal.head import Head
from consent_desk.journal.personal_data import find_consents
from consent_desk.journal.rows import head
from consent_desk.proof.check import chain_at, digests_of

_NOT_COMPARED = say("proof", "The journal on this computer could not be compared: {why}.")
_DIFFERS = say(
    "proof",
    "The journal on this computer DIFFERS from it at fact {fact}: one of the two was changed, or the journal "
    "went on from an earlier state.",
)
_EARLIER = say(
    "proof", "The journal on this computer is an earlier state. Up to its end, fact {facts}, it agrees."
)
_TOO_EARLY = say(
    "proof", "The journal on this computer is an earlier state, of fact {facts}, and does not hold it."
)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a journal says to a proof. `agrees` is None where it says nothing."""

    agrees: bool | None
    said: Message


def compare(proof: Proof, journal: Path) -> Compared:
    """Compare a sound proof with the journal at `journal`, and change nothing there."""
    source = proof.source
    if not journal.is_file():
        return Compared(None, say("proof", "There is no journal here to compare it with."))
    try:
        with told(_NOT_COMPARED), reading(journal) as connection:
            here = head(connection)
            if here.journal != source.chain.journal:
                said = say("proof", "The journal on this computer does not hold it: it is another one.")
                return Compared(None, said)
            return _compare(connection, here, proof, source)
    except JournalError as trouble:
        return Compared(None, trouble.title)
    except TypeError:
        # It has lost its name.
        return Compared(None, _NOT_COMPARED.format(why=say("proof", "it is damaged")))


def _compare(connection: sqlite3.Connection, here: Head, proof: Proof, source: FromJournal) -> Compared:
    places = [(fact, chain) for fact, chain in _places(source, here.facts) if fact <= here.facts]
    for fact, chain in places:
        row = connection.execute("SELECT chain FROM fact WHERE seq = ?", (fact,)).fetchone()
        if row is None or row["chain"] != chain:
            return Compared(False, _DIFFERS.format(fact=fact))
    if here.facts < source.chain.facts:
        return Compared(
            True if places else None,
            (_EARLIER if places else _TOO_EARLY).format(facts=here.facts),
        )
    if proof.whole and (left_out := _left_out(connection, source)):
        return Compared(
            False, say("proof", "It leaves out consent {which} of the customer.").format(which=left_out)
        )
    if since := sum(_facts_since(connection, source)):
        agrees = say(
            "proof",
            "It agrees with the journal on this computer, where %n facts came since.",
            "It agrees with the journal on this computer, where %n fact came since.",
            since,
        )
        return Compared(True, agrees)
    return Compared(True, say("proof", "It agrees with the journal on this computer."))


def _places(source: FromJournal, last: int) -> Iterator[tuple[int, bytes]]:
    """Facts and the chain after each that a proof tells of; `last` of the journal's among them if it can."""
    shown = {fact: digest for one in source.witnesses for fact, digest in digests_of(one.rows)}
    for stretch in source.chain.stretches:
        if stretch.first <= last < stretch.last:
            yield last, chain_at(stretch, shown, last)
        yield stretch.last, stretch.after
    yield source.chain.facts, source.chain.head


def _left_out(connection: sqlite3.Connection, source: FromJournal) -> str | None:
    noted = source.witnesses[0].record.noted
    shown = {one.record.noted.consent.request_id for one in source.witnesses}
    for request_id in find_consents(connection, noted.project_id, noted.consent.customer):
        first = connection.execute("SELECT min(seq) FROM fact WHERE request_id = ?", (request_id,))
        if request_id not in shown and first.fetchone()[0] <= source.chain.facts:
            return request_id
    return None


def _facts_since(connection: sqlite3.Connection, source: FromJournal) -> Iterator[int]:
    for one in source.witnesses:
        key = one.record.noted.consent.request_id
        sql = "SELECT count(*) FROM fact WHERE request_id = ? AND seq > ?"
        yield connection.execute(sql, (key, source.chain.facts)).fetchone()[0]
