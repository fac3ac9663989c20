"""The table of wrong answers over real sockets: what came is kept, whole or not, and judged."""

import pytest

from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, Phase
from consent_desk.engagement.http.transport import HttpCall, HttpTransport
from tests.engagement.http.calls import send
from tests.engagement.http.servers import (
    BODY,
    CANARY,
    LONG,
    SUCCESS,
    Peer,
    Server,
    answer,
    answering,
    certified,
    request_to,
    until,
)
from tests.wrong_answers import BROKEN, EVERY, Row, wire


def without_length(headers: object) -> list[tuple[str, str]]:
    assert isinstance(headers, tuple)
    return [one for one in headers if one[0] != "Content-Length"]


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_what_came_is_kept_and_judged(row: Row) -> None:
    with Server(answering(wire(row))) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost if row.cause else Answered)
    assert (outcome.status, outcome.body) == (row.status, row.body)
    assert without_length(outcome.headers)[:90] == without_length(row.headers)[:90]
    if isinstance(outcome, Lost):
        phase = Phase.WAITING if row.status is None else Phase.READING
        assert (outcome.phase, outcome.cause) == (phase, row.cause)
    judgement = judge(outcome, Action.REJECT)
    assert judgement.state is row.state
    assert row.told in f"{judgement.headline} {judgement.advice}"


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN)
def test_over_tls_as_much_is_kept(row: Row) -> None:
    with Server(answering(wire(row)), certified("localhost")) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost)
    assert (outcome.status, outcome.body) == (row.status, row.body)


HEAD = b"HTTP/1.1 200 OK\r\nx-request-id: r-1\r\nContent-Length: 99\r\n"
PARTS = {
    "status": (b"HTTP/1.1 200 OK\r\n", (), b""),
    "headers": (HEAD, (("x-request-id", "r-1"), ("Content-Length", "99")), b""),
    "body": (HEAD + b"\r\n" + SUCCESS, (("x-request-id", "r-1"), ("Content-Length", "99")), SUCCESS),
}


def heard(call: HttpCall) -> tuple[int | None, int, int]:
    """The status, the lines after it, and the bytes of the body that the call has come to."""
    progress = call._progress
    return progress._status, progress._head.count(b"\n"), len(progress._body)


@pytest.mark.parametrize("way", ["deadline", "cancel", "close"])
@pytest.mark.parametrize("part", PARTS)
def test_what_had_come_is_kept_however_the_call_is_ended(part: str, way: str) -> None:
    came, headers, body = PARTS[part]

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(came)
        peer.stay()

    causes = {"deadline": Cause.DEADLINE, "cancel": Cause.CANCELLED, "close": Cause.PROGRAM_ENDED}
    with Server(script) as server:
        transport = HttpTransport(deadline=0.5 if way == "deadline" else LONG)
        call = transport.start(request_to(server.url))
        if way != "deadline":
            until(lambda: heard(call) == (200, came.count(b"\n") - 1, len(body)))
        if way == "cancel":
            call.cancel()
        elif way == "close":
            transport.close()
        outcome = call.wait()
    assert isinstance(outcome, Lost)
    assert outcome.cause is causes[way]
    assert (outcome.status, outcome.headers, outcome.body) == (200, headers, body)


def test_a_part_of_an_answer_holds_no_credentials() -> None:
    echo = f'{{"sent": "{CANARY}", "packed": 1'.encode()
    cut = b"HTTP/1.1 200 OK\r\nX-Sent: " + CANARY.encode() + b"\r\nContent-Length: 999\r\n\r\n" + echo
    with Server(answering(cut)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost)
    assert CANARY.encode() not in outcome.body
    assert CANARY not in str(outcome.headers)
    assert outcome.body.startswith(b'{"sent": "Basic ****')


def test_no_more_than_a_mebibyte_of_a_part_is_kept() -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer(b"y" * (1 << 20), length=1 << 21))

    with Server(script) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost)
    assert outcome.body == b"y" * (1 << 20)


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "begins “SSH-2.0-OpenSSH_9.2”"),
        (b"\r\n\r\n220 mail \x1b[31m\xff\r\n", "begins “220 mail \\u{1b}[31m\\xff”"),
        (b"x" * 5_000, "begins “" + "x" * 100 + "”"),
        (BODY, "begins with what was sent"),
        (b"ERR bad request: " + BODY + b"\r\n", "begins with what was sent"),
        (b"ERR for " + BODY[2:40] + b" is what I say\r\n", "begins with what was sent"),
        (CANARY.encode() + b"\r\n", "begins “Basic ***"),
    ],
)
def test_what_is_no_http_is_told_in_the_details(came: bytes, told: str) -> None:
    with Server(answering(came)) as server:
        outcome = send(server.url)
    assert isinstance(outcome, Lost)
    assert (outcome.phase, outcome.status, outcome.body) == (Phase.WAITING, None, b"")
    assert f"; what came is no HTTP and {told}" in outcome.detail
