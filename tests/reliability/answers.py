"""Have a server answer in every wrong way, and see what the program makes of it.

    python -m tests.reliability.answers [MUTATIONS] [SEED]

Mutations: real answers, mutated byte by byte, go over a real connection to the real transport, and what
comes out is judged as a sending and read as a look-up. Nothing may crash, and nothing is delivered unless
its answer says `"success": true` with status 200. Faults: each kind has its right outcome and its right
state.
"""

import gzip
import json
import ssl
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.policy import retry_after
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.answer import meaning, pretty
from consent_desk.domain.wire.customer import lacks_permission, read_consents, read_history
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NotSent, Outcome, Phase
from consent_desk.engagement.http.transport import HttpTransport
from tests.consents import NOON
from tests.engagement.http.servers import (
    LONG,
    SUCCESS,
    Peer,
    Script,
    Server,
    answer,
    answering,
    certified,
    free_port,
    request_to,
    through,
    trusting,
    tunnelling,
    unknown_authority,
)
from tests.wrong_answers import EVERY, wire

# ------------------------------------------------------------------------------------------------ mutations

HISTORY = (
    b'{"success": true, "data": [{"type": "consent", "timestamp": 1780228800.5, "properties": '
    b'{"action": "reject", "category": "sms_marketing", "desk_request_id": "r-1", "source": "private_api"}}]}'
)
STATUS = (
    b'{"success": true, "results": [{"success": true, "value": false}, '
    b'{"success": true, "value": 1780228800.5}, {"success": true, "value": "page"}]}'
)
WHOLE = (
    answer(),
    answer(b'{"success": false, "errors": ["At least one valid id should be specified"]}'),
    answer(b'{"success": true, "errors": {"_global": ["Customer does not exist"]}}', "404 Not Found"),
    answer(b'{"success": false, "error": "invalid secret"}', "403 Forbidden"),
    answer(b'{"success": false}', "429 Too Many Requests", b"Retry-After: 30\r\n"),
    answer(b"<html>500</html>", "500 Internal Server Error", b"Date: Wed, 11 Jun 2026 12:00:00 GMT\r\n"),
    answer(HISTORY, headers=b"Date: Wed, 11 Jun 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"),
    answer(STATUS),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + SUCCESS + b"\r\n0\r\n\r\n",
    answer(b'{"success": true, "results": [{"success": true}, {"success": false, "errors": ["No"]}]}'),
    answer(gzip.compress(SUCCESS, mtime=0), headers=b"Content-Encoding: gzip\r\n"),
    answer(b"Access denied by policy", "403 Forbidden"),
    answer(b"moved", "302 Found", b"Location: https://other.example/\r\nSet-Cookie: a=b; Path=/\r\n"),
    answer(headers=b"Content-Type: application/json; charset=utf-8\r\nX-Request-Id: 1\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"", "429 Too Many Requests", b"Retry-After: 5\r\n"),
)
WORDS = (
    *(b"true", b"false", b"null", b"0", b"-1", b"1e999", b"NaN", b'""', b"[]", b"{}", b'"success"'),
    *(b"\r\n", b"\r\n\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b'"', b"\\", b","),
    *(b"\r", b"\n", b":", b" ", b"-", b";", b"\t", b"charset", b"\xe2\x80\xa8"),
    *(b"200", b"100", b"999", b"HTTP/1.1", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"x" * 70_000),
)


def mutated(dice: Random) -> bytes:
    """A real answer with one to six changes."""
    content = bytearray(dice.choice(WHOLE))
    # Half of them in the body alone: most changes of a head end in no answer at all.
    first = content.find(b"\r\n\r\n") + 4 if dice.random() < 0.5 else 0
    for _ in range(dice.randint(1, 6)):
        start = min(dice.randrange(first, max(len(content), first + 1)), len(content))
        end = start + dice.choice((0, 1, 1, 2, dice.randrange(40)))
        match dice.randrange(5):
            case 0 if start < len(content):
                content[start] ^= 1 << dice.randrange(8)
            case 1:
                content[start:end] = b""
            case 2:
                content[start:end] = dice.choice(WORDS)
            case 3:
                content[start:start] = content[start:end] * dice.randint(1, 4)
            case _:
                content[start:end] = dice.randbytes(dice.randrange(8))
    if first and dice.random() < 0.9:
        body = bytes(content[first:])
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    return bytes(content)


def says_success(outcome: Outcome) -> bool:
    """Whether an answer, and no part of it otherwise, says that it was taken, read by json alone."""
    if not isinstance(outcome, Answered) or outcome.status != 200 or outcome.truncated:
        return False
    verdicts: list[object] = []

    def parted(pairs: list[tuple[str, object]]) -> dict[str, object]:
        verdicts.extend(value for key, value in pairs if key == "success")
        return dict(pairs)

    try:
        document = json.loads(outcome.body.decode("utf-8-sig"), object_pairs_hook=parted)
    except (ValueError, RecursionError):
        return False
    says = isinstance(document, dict) and document.get("success") is True
    return says and all(verdict is True for verdict in verdicts)


def read_every_way(outcome: Outcome) -> State:
    """All that the program ever reads out of an outcome; return its state as a sending."""
    state = judge(outcome, Action.REJECT).state
    if judge(outcome, Action.ACCEPT, practice=True, again=True).state not in {
        State.DELIVERED,
        State.UNCONFIRMED,
    }:
        raise AssertionError("a second sending is certain of more than success")
    if isinstance(outcome, Answered):
        if not (
            200 <= outcome.status <= 999
            and all(isinstance(one, str) for pair in outcome.headers for one in pair)
        ):
            raise AssertionError("no status or no headers of an answer")
        meaning(outcome.status, outcome.headers, outcome.body)
        pretty(outcome.body)
        read_history(outcome.status, outcome.body)
        read_consents(outcome.status, outcome.body, ("sms_marketing",), NOON)
        lacks_permission(outcome.status, outcome.body)
        if not 0 <= retry_after(outcome, NOON) <= 900_000_000:
            raise AssertionError("a wait beyond 15 minutes")
    return state


def run_mutations(count: int, seed: int) -> tuple[Counter[State], list[str]]:
    """Return how often each state came of it, and a line for each promise that did not hold."""
    dice, states, wrong = Random(seed), Counter[State](), list[str]()
    pending = [b""]

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(pending[0])

    with Server(script) as server:
        transport = HttpTransport(deadline=5)
        for number in range(count):
            pending[0] = mutated(dice)
            outcome = transport.start(request_to(server.url)).wait()
            try:
                state = read_every_way(outcome)
            except Exception as error:  # noqa: BLE001 -- that there is none is what is tried here
                wrong.append(f"mutation {number}: {type(error).__name__}: {error}")
                continue
            states[state] += 1
            if state is State.DELIVERED and not says_success(outcome):
                wrong.append(f"mutation {number}: delivered without success: true")
            phase = None if isinstance(outcome, Answered) else outcome.phase
            if phase not in {None, Phase.WAITING, Phase.READING} or state is State.QUEUED:
                wrong.append(f"mutation {number}: it had left, and is said not to have")
    return states, wrong


# --------------------------------------------------------------------------------------------------- faults

Right = int | tuple[type[NotSent | Lost], Cause]


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault: what the server does, how it is reached, and what is right to make of it.

    `right` is a status, or the kind of outcome with its cause. `line`: plain, tls (to a server
    without), another's, nobody's (a certificate), proxy, tunnel (through one), closed, or the URL itself.
    """

    state: State
    right: Right
    script: Script
    line: str = "plain"


def told(status: str, body: bytes, state: State, headers: bytes = b"") -> Kind:
    return Kind(state, int(status[:3]), answering(answer(body, status, headers)))


def reset(peer: Peer) -> None:
    peer.read_request()
    peer.reset()


def silence(peer: Peer) -> None:
    peer.read_request()
    peer.stay()


def drip(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\nX: ")
    peer.drip(b"y" * 10_000)


def drip_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(answer(b"", length=10_000))
    peer.drip(b" " * 10_000)


REFUSED, UNCONFIRMED, RETRY_WAIT = State.REFUSED, State.UNCONFIRMED, State.RETRY_WAIT
HTML = b"<html><title>Sign in</title></html>"
MOVED = b"Location: https://elsewhere.example/\r\n"
SHORT = 0.3
"""Seconds for a call on which a fault lasts until its deadline."""

KINDS: Mapping[str, Kind] = {
    "200 success as a text": told("200 OK", b'{"success": "true"}', UNCONFIRMED),
    "200 success 1": told("200 OK", b'{"success": 1}', UNCONFIRMED),
    "200 success and errors": told("200 OK", b'{"success": true, "errors": [{"code": 5}]}', UNCONFIRMED),
    "200 success in a list": told("200 OK", b'[{"success": true}]', UNCONFIRMED),
    "200 empty": told("200 OK", b"", UNCONFIRMED),
    "200 cut JSON": told("200 OK", b'{"success": tru', UNCONFIRMED),
    "200 JSON 100,000 deep": told("200 OK", b'{"success": true, "a": ' + b"[" * 100_000, UNCONFIRMED),
    "200 longer than 1 MiB": told("200 OK", SUCCESS + b" " * 1_100_000, UNCONFIRMED),
    "301": told("301 Moved Permanently", b"", REFUSED, MOVED),
    "302": told("302 Found", HTML, REFUSED, MOVED),
    "307": told("307 Temporary Redirect", b"", REFUSED, MOVED),
    "400 invalid project": told(
        "400 Bad Request", b'{"success": false, "error": "Invalid project id"}', REFUSED
    ),
    "429": told("429 Too Many Requests", b"{}", RETRY_WAIT),
    "429 with Retry-After": told("429 Too Many Requests", b"", RETRY_WAIT, b"Retry-After: 99999\r\n"),
    "500 with success": told("500 Internal Server Error", SUCCESS, UNCONFIRMED),
    "503 with Retry-After": told("503 Service Unavailable", HTML, UNCONFIRMED, b"Retry-After: 5\r\n"),
    "reset before the answer": Kind(UNCONFIRMED, (Lost, Cause.CUT), reset),
    "silence": Kind(UNCONFIRMED, (Lost, Cause.DEADLINE), silence),
    "headers a byte at a time": Kind(UNCONFIRMED, (Lost, Cause.DEADLINE), drip),
    "a body a byte at a time": Kind(UNCONFIRMED, (Lost, Cause.DEADLINE), drip_body),
    "connection refused": Kind(RETRY_WAIT, (NotSent, Cause.CONNECTION_REFUSED), silence, "closed"),
    "unknown host": Kind(RETRY_WAIT, (NotSent, Cause.UNKNOWN_HOST), silence, f"http://{'a' * 64}.localhost"),
    "certificate of nobody": Kind(RETRY_WAIT, (NotSent, Cause.CERTIFICATE_ISSUER), silence, "nobody's"),
    "certificate of another host": Kind(RETRY_WAIT, (NotSent, Cause.CERTIFICATE_NAME), silence, "another's"),
    "no TLS there": Kind(
        RETRY_WAIT, (NotSent, Cause.NOT_TLS), lambda peer: peer.send(b"220 mail\r\n"), "tls"
    ),
    "reset in the handshake": Kind(RETRY_WAIT, (NotSent, Cause.CUT), Peer.reset, "tls"),
    "silence in the handshake": Kind(RETRY_WAIT, (NotSent, Cause.DEADLINE), Peer.stay, "tls"),
    "the proxy wants a password": Kind(
        RETRY_WAIT,
        (NotSent, Cause.PROXY_CREDENTIALS),
        answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        "proxy",
    ),
    "the proxy says no": Kind(
        RETRY_WAIT,
        (NotSent, Cause.PROXY),
        answering(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
        "proxy",
    ),
    "cut behind the proxy": Kind(UNCONFIRMED, (Lost, Cause.CUT), Peer.read_request, "tunnel"),
}
"""What is not in the table of wrong answers."""

OF_THE_TABLE = {
    name: Kind(row.state, (Lost, row.cause) if row.cause else row.status or 0, answering(wire(row)))
    for name, row in EVERY.items()
}


def tls_of(line: str) -> ssl.SSLContext | None:
    """The server's end of a line."""
    match line:
        case "nobody's":
            return unknown_authority()
        case "another's":
            return certified("other.example")
        case "tunnel":
            return certified("engagement.example")
        case _:
            return None


def outcome_of(kind: Kind) -> Outcome:
    """Send to a server with this fault."""
    with ExitStack() as servers:
        proxy = None
        url = kind.line
        if kind.line == "closed":
            url = f"http://127.0.0.1:{free_port()}"
        elif kind.line == "proxy":
            proxy = f"http://{servers.enter_context(Server(kind.script)).authority}"
            url = "https://engagement.example"
        elif "://" not in kind.line:
            tls = tls_of(kind.line)
            host = "engagement.example" if kind.line == "tunnel" else "localhost"
            server = servers.enter_context(Server(kind.script, tls, host=host))
            url = f"{'http' if kind.line == 'plain' else 'https'}://{server.authority}"
            if kind.line == "tunnel":
                proxy = f"http://{servers.enter_context(Server(tunnelling(server.port))).authority}"
        deadline = SHORT if kind.right in {(Lost, Cause.DEADLINE), (NotSent, Cause.DEADLINE)} else LONG
        transport = HttpTransport(through(proxy), deadline=deadline, ssl_context=trusting)
        return transport.start(request_to(url)).wait()


def run_faults(kinds: Mapping[str, Kind]) -> list[str]:
    """Return a line for each fault that was taken for something else."""
    wrong = []
    for name, kind in kinds.items():
        outcome = outcome_of(kind)
        found: object = outcome.status if isinstance(outcome, Answered) else (type(outcome), outcome.cause)
        state = judge(outcome, Action.REJECT).state
        if (found, state) != (kind.right, kind.state):
            wrong.append(f"{name}: {outcome}, {state}, instead of {kind.right}, {kind.state}")
    return wrong


def main() -> int:
    """Print the figures; return 0 if all is as it should be."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260611
    states, wrong = run_mutations(count, seed)
    split = ", ".join(f"{number} {state.value}" for state, number in states.most_common())
    print(f"mutated answers: {count}, {len(wrong)} crashed or delivered wrongly; {split} (seed {seed})")
    kinds = {**KINDS, **OF_THE_TABLE}
    faults = run_faults(kinds)
    print(f"HTTP faults by kind: {len(kinds) - len(faults)} of {len(kinds)} with the right outcome")
    for line in (*wrong, *faults):
        print(f"  WRONG: {line}")
    return bool(wrong or faults)


if __name__ == "__main__":
    sys.exit(main())
