"""Making proofs, from the journal and from Engagement's history."""

import pytest

from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.errors import JournalTrouble
from consent_desk.domain.evidence.document import sealed
from consent_desk.domain.evidence.proof import FromHistory, FromJournal, Proof, history_events
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.answer import Meaning
from consent_desk.domain.wire.outcome import Answered, Cause, NotSent, Outcome, Phase
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.calls import MOST_PAGES, Call, Transport
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.journal.verify import Verdict
from consent_desk.proof.check import check
from consent_desk.proof.make import Proofs, Rebuilding
from consent_desk.sandbox.server import Sandbox
from tests.consents import NOON, a_project, later
from tests.delivery.desk import Made
from tests.faulty_engagement import told
from tests.journal.journals import noted_in
from tests.proof.proofs import JANE, PROJECT, local
from tests.sandbox.client import SEED

NO_CUSTOMER = told(404, {"success": False, "errors": {"_global": ["Customer does not exist"]}})


class Answers:
    """A transport that answers each call with the next outcome; the last one stays."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = [*outcomes]
        self.calls = 0

    def start(self, request: PreparedRequest) -> Call:
        self.calls += 1
        return Made(self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0])


class Kept:
    """Keeps what is saved."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, Timestamp, bytes, bytes]] = []

    def save(self, folder: str, at: Timestamp, content: bytes, pages: bytes) -> tuple[str, str]:
        self.saved.append((folder, at, content, pages))
        return "a.json", "a.pdf"


@pytest.fixture
def proofs(journal: SqliteJournal) -> Proofs:
    return Proofs(journal, Kept(), lambda: NOON)


def rebuilding(transport: Transport) -> Rebuilding:
    return Rebuilding(transport, Kept(), lambda: NOON)


def page(*times: float) -> Answered:
    events = [{"type": "consent", "timestamp": at, "properties": {"action": "reject"}} for at in times]
    return told(200, {"success": True, "data": events})


def test_a_consent_is_proven(journal: SqliteJournal, proofs: Proofs) -> None:
    first, _ = noted_in(journal, State.VERIFIED), noted_in(journal)
    proof = proofs.of_consent(first, local)
    assert isinstance(proof.source, FromJournal)
    assert [one.record.noted.consent.request_id for one in proof.source.witnesses] == [first]
    assert proof.local_times["2026-05-31T12:00:00.000000Z"] == "2026-05-31T14:00:00.000000+02:00 CEST"


def test_all_of_a_customer_is_proven(journal: SqliteJournal, proofs: Proofs) -> None:
    mine = noted_in(journal), noted_in(journal, noted_at=later(5))
    noted_in(journal, customer=CustomerId(type="registered", value="joe"))
    proof = proofs.of_customer(PROJECT, JANE, local)
    assert isinstance(proof.source, FromJournal)
    assert proof.whole
    assert tuple(one.record.noted.consent.request_id for one in proof.source.witnesses) == mine


def test_of_a_customer_that_the_journal_does_not_know_there_is_no_proof(proofs: Proofs) -> None:
    with pytest.raises(JournalTrouble, match="holds nothing of this customer"):
        proofs.of_customer(PROJECT, JANE, local)


def test_both_files_are_saved_and_the_one_bears_the_checksum_of_the_other(
    journal: SqliteJournal, proofs: Proofs
) -> None:
    files = Kept()
    proof = proofs.of_consent(noted_in(journal), local)
    for saving in (Proofs(journal, files, lambda: NOON), Rebuilding(Answers(), files, lambda: NOON)):
        assert saving.save(proof, "folder", lambda proof, sha256: sha256.encode()) == ("a.json", "a.pdf")
    files.saved.pop()
    [(folder, at, content, pages)] = files.saved
    assert (folder, at, content) == ("folder", NOON, sealed(proof))
    assert check(content).sha256 == pages.decode()


def test_a_history_is_read_page_by_page_to_its_end() -> None:
    transport = Answers(page(9, 8), page(7), page(), page(9, 8))
    proof = rebuilding(transport).of_customer(a_project(), JANE, local)
    assert isinstance(proof, Proof)
    assert isinstance(proof.source, FromHistory)
    assert [event["timestamp"] for event in history_events(proof.source)] == [9, 8, 7]
    assert transport.calls == 4
    assert check(sealed(proof)).verdict is Verdict.UNREADABLE


def test_a_history_that_changed_while_it_was_read_is_no_proof() -> None:
    why = rebuilding(Answers(page(9), page(), page(10, 9))).of_customer(a_project(), JANE, local)
    assert isinstance(why, Meaning)
    assert "changed while it was read" in str(why.why)


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([NotSent(phase=Phase.CONNECTING, cause=Cause.UNREACHABLE)], "cannot be reached"),
        ([told(403, {"success": False, "error": "invalid secret"})], "key is wrong"),
        ([Answered(status=200, headers=(), body=b"{", truncated=True)], "too long to read"),
        ([told(200, {"success": True, "data": {}})], "could not be understood"),
        (
            [told(200, {"success": True, "data": [{"timestamp": 9, "properties": []}]})],
            "an event of the customer's history cannot be read",
        ),
        ([NO_CUSTOMER], "shows no consent"),
        ([page()], "shows no consent"),
        ([page(9), page(), told(429, {})], "too many calls"),
        ([page(9)], "too long to be read"),
    ],
)
def test_why_a_history_could_not_be_read_is_said(outcomes: list[Outcome], words: str) -> None:
    transport = Answers(*outcomes)
    why = rebuilding(transport).of_customer(a_project(), JANE, local)
    assert isinstance(why, Meaning)
    assert words in str(why.why)
    assert transport.calls <= MOST_PAGES


def test_a_proof_is_rebuilt_from_the_sandbox_and_says_that_it_is_practice() -> None:
    transport = HttpTransport()
    with Sandbox(SEED) as sandbox:
        customer = CustomerId(type="registered", value="jane@example.com")
        proof = rebuilding(transport).of_customer(sandbox.project, customer, local)
    transport.close()
    assert isinstance(proof, Proof), proof
    assert proof.source.practice
