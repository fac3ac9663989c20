"""Is a proof still what was written? The file for machines is checked alone.

Found is whatever was changed without doing over again all that follows from it. Not found is a proof that was
made anew as a whole: that takes other rows to another head, so compare the head with one kept elsewhere.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import InvalidError
from consent_desk.domain.evidence.document import FORMAT, checksum, document
from consent_desk.domain.evidence.proof import (
    Chain,
    FromJournal,
    Json,
    Proof,
    Stretch,
    gist,
    made,
    moments,
    named,
    written,
)
from consent_desk.domain.message import Message, say
from consent_desk.journal.chain import COLUMNS, digest, genesis, link
from consent_desk.journal.evidence import columns, contents, octets, witness
from consent_desk.journal.rows import content_sha256
from consent_desk.journal.verify import Verdict, WrongError
from consent_desk.proof.format_1 import FORMAT as FORMAT_1
from consent_desk.proof.format_1 import document_1, history_events_1, moments_1

_SIZE = 32
_DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, InvalidError, ValueError)
"""What comes of reading a file that holds other values than a proof does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProof:
    """What was found: `why` says what is wrong, or why it cannot be checked; `proof` is what was read.

    `sha256` is that of the whole file, as the pages for people bear it; `gist` says what it is about, where
    nothing in it is wrong.
    """

    verdict: Verdict
    sha256: str
    why: Message | None = None
    proof: Proof | None = None
    gist: tuple[Message, ...] = ()


def check(content: bytes) -> CheckedProof:
    """Check the file for machines by itself."""
    found = CheckedProof(verdict=Verdict.WRONG, sha256=sha256(content).hexdigest())
    try:
        parsed = json.loads(content, object_pairs_hook=_only_once, parse_constant=_refuse)
        if not isinstance(parsed, dict) or not _is_known(parsed):
            why = say("proof", "This is no proof of a kind that this version knows ({known}).").format(
                known=FORMAT
            )
            return replace(found, verdict=Verdict.UNREADABLE, why=why)
        proof, about = _check(parsed)
    except WrongError as wrong:
        return replace(found, why=wrong.why)
    except _DAMAGE:
        return replace(found, why=say("proof", "The file is damaged: no proof holds such values."))
    if proof is None:
        why = say(
            "proof",
            "Nothing in it is wrong, but it was rebuilt from Engagement's history, without a journal: there "
            "is no chain that could be checked. Compare it with what Engagement shows.",
        )
        return replace(found, verdict=Verdict.UNREADABLE, why=why, gist=about)
    return replace(found, verdict=Verdict.SOUND, proof=proof, gist=about)


def _is_known(parsed: Json) -> bool:
    # Of the first format there are some that were rebuilt from Engagement's history.
    return parsed.get("format") == FORMAT_1 or (parsed.get("format") == FORMAT and "chain" in parsed)


def _check(parsed: dict[str, Any]) -> tuple[Proof | None, tuple[Message, ...]]:
    """What a file holds, and what it is about. What was rebuilt holds no proof."""
    if "chain" not in parsed:
        about = tuple(_of_history(parsed))
        _compare(parsed, moments_1(parsed), lambda: document_1(parsed))
        return None, about
    proof = Proof(
        made_at=_timestamp(parsed["made"]["at"]),
        program=parsed["made"]["by"],
        whole=parsed["about"].startswith("all"),
        source=_from_journal(parsed),
        local_times=parsed["local_times"],
    )
    if parsed["format"] == FORMAT_1:
        _compare(parsed, moments_1(parsed), lambda: document_1(parsed))
    else:
        told = {written(at) for at in moments(proof.made_at, proof.source)}
        _compare(parsed, told, lambda: document(proof))
    return proof, gist(proof)


def _compare(parsed: Json, told: Collection[str], anew: Callable[[], Json]) -> None:
    """Is everything what follows from the rows or pages? These tell of the moments `told`."""
    if set(parsed["local_times"]) != set(told):
        raise WrongError(say("proof", "The local times are not those of what is told."))
    for utc, local in parsed["local_times"].items():
        if datetime.fromisoformat(local.partition(" ")[0]) != datetime.fromisoformat(utc):
            raise WrongError(say("proof", "A local time is not that of what is told: {utc}.").format(utc=utc))
    unsealed = {name: value for name, value in parsed.items() if name != "sha256"}
    if _plain(anew()) != _plain(unsealed):
        raise WrongError(say("proof", "What it says of the consents is not what its rows say."))
    if checksum(unsealed) != parsed["sha256"]:
        raise WrongError(say("proof", "The file is not as it was written: its checksum is another one."))


def _plain(value: object) -> str:
    # As text: to Python, true is 1 and 1 is 1.0.
    return json.dumps(value, sort_keys=True)


def _of_history(parsed: Json) -> Iterator[Message]:
    """What a file is about that was rebuilt from Engagement's history."""
    made_at, customer = written(_timestamp(parsed["made"]["at"])), parsed["customer"]
    origin = f"rebuilt from Engagement's history on {made_at}; no journal"
    yield from made(made_at, parsed["made"]["by"], origin, practice="watermark" in parsed)
    yield say("proof", "{count} events of {customer}").format(
        count=len(list(history_events_1(parsed))),
        customer=named(CustomerId(type=customer["type"], value=customer["id"])),
    )


def _from_journal(parsed: Json) -> FromJournal:
    chain = parsed["chain"]
    digests = {fact: summed for rows in parsed["journal_rows"] for fact, summed in digests_of(rows)}
    read = Chain(
        journal=chain["journal"],
        facts=chain["facts"],
        head=bytes.fromhex(chain["head"]),
        stretches=tuple(
            Stretch(
                first=each["first"],
                last=each["last"],
                before=bytes.fromhex(each["before"]),
                others=octets(each["others"]),
                after=bytes.fromhex(each["after"]),
            )
            for each in chain["stretches"]
        ),
    )
    _follow(read, digests)
    witnesses = tuple(witness(rows) for rows in parsed["journal_rows"])
    consents = [one.record.noted for one in witnesses]
    about = {(each.project_id, each.consent.customer) for each in consents}
    if not consents or len(about) > 1 or (len(consents) > 1 and not parsed["about"].startswith("all")):
        raise WrongError(say("proof", "It does not hold what it says that it is about."))
    return FromJournal(witnesses, read)


def _follow(chain: Chain, digests: Mapping[int, bytes]) -> None:
    """Compute each stretch anew. Every fact that is shown must stand in one of them."""
    left, end = set(digests), 0
    for stretch in chain.stretches:
        if stretch.first == 1 and stretch.before != genesis(chain.journal):
            raise WrongError(say("proof", "The chain does not begin as that of its journal does."))
        if not end < stretch.first <= stretch.last <= chain.facts:
            raise WrongError(say("proof", "The stretches of the chain are not in order."))
        end = stretch.last
        own = {fact for fact in left if stretch.first <= fact <= end}
        # Before anything is computed: whoever wrote the file may have wished for a billion facts.
        fits = len(stretch.others) == (end - stretch.first + 1 - len(own)) * _SIZE
        if not fits or chain_at(stretch, digests, end) != stretch.after:
            raise WrongError(
                say(
                    "proof",
                    "The chain from fact {first} to {last} is broken: one of them, or the consent it belongs "
                    "to, was changed.",
                ).format(
                    first=stretch.first,
                    last=stretch.last,
                )
            )
        left -= own
    if left:
        raise WrongError(say("proof", "Fact {fact} stands nowhere in the chain.").format(fact=min(left)))
    if chain.stretches and (end == chain.facts) != (chain.stretches[-1].after == chain.head):
        raise WrongError(say("proof", "The head of the chain is not where the chain leads."))


def chain_at(stretch: Stretch, shown: Mapping[int, bytes], until: int) -> bytes:
    """The chain after the fact `until` of a stretch, `shown` being the digests of those that are shown."""
    here = stretch.before
    places = iter(range(0, len(stretch.others), _SIZE))
    for fact in range(stretch.first, until + 1):
        if (digested := shown.get(fact)) is None:
            place = next(places)
            digested = stretch.others[place : place + _SIZE]
        here = link(here, digested)
    return here


def digests_of(rows: Json) -> Iterator[tuple[int, bytes]]:
    """The number and digest of each fact, its erasable contents checked against its hashes."""
    consent = columns(rows["consent"], "consent")
    facts = [columns(fact, "fact") for fact in rows["facts"]]
    is_gone = any(fact["gone"] is not None for fact in facts)
    before = 0
    for number, (row, fact) in enumerate(zip(rows["facts"], facts, strict=True)):
        if fact["request_id"] != consent["request_id"] or not before < fact["seq"]:
            raise WrongError(
                say("proof", "Fact {fact} does not belong to its consent.").format(fact=fact["seq"])
            )
        before = fact["seq"]
        said = {"answer": fact["content_sha256"], "remark": fact["remark_sha256"]}
        beside = {table: contents(row, table) for table in said}
        if number == 0:
            said["personal"], said["answer"] = said["answer"], None
            beside["personal"] = contents(rows, "personal")
        for table, wanted in said.items():
            parts = beside[table]
            summed = None if parts is None else content_sha256(*parts)
            if summed != wanted and (summed is not None or not is_gone):
                raise WrongError(
                    say("proof", "Fact {fact}: what belongs to it of {table} was changed.").format(
                        fact=before, table=table
                    )
                )
        yield before, digest({name: fact[name] for name in COLUMNS["fact"]}, None if number else consent)


def _timestamp(text: str) -> Timestamp:
    since = datetime.fromisoformat(text) - datetime.fromisoformat("1970-01-01T00:00:00Z")
    return Timestamp((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def is_proof(path: Path) -> bool:
    """Whether the file at `path` is to be checked as a proof rather than as a journal. Raises OSError."""
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"{")


def is_pages(path: Path) -> bool:
    """Whether it is the file for people, which nobody can check. Raises OSError."""
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"
