"""Child of `run.py`: from the click on Send to the first byte at the sandbox, and whole calls.

Argument: how many. The whole call is made by the program's transport and by a bare `http.client`, in
turn, with the same bytes, on a new connection each.
"""

import http.client
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from consent_desk.app.build import TUTORIAL
from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.request import PreparedRequest, prepare_event
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.journal.journal import SqliteJournal
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import resource
from consent_desk.ui.log.line_details import Deed
from tests.bench.opened import CATEGORIES, CUSTOMERS, begins, opened, says, until

arrivals: list[float] = []
commits: list[float] = []


def timed(work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = work(*arguments, **named)
        commits.append((time.perf_counter() - began) * 1e3)
        return result

    return run


for name in ("note_all", "claim"):
    setattr(SqliteJournal, name, timed(getattr(SqliteJournal, name)))
original = BaseHTTPRequestHandler.parse_request


def notice(handler: BaseHTTPRequestHandler) -> bool:
    """Note when a call has begun to arrive at the sandbox, which then reads its first line."""
    at = time.perf_counter()
    read = original(handler)
    if handler.command == "POST" and handler.path.startswith("/track/"):
        arrivals.append(at)
    return read


# mypy takes the function for a bound method.
BaseHTTPRequestHandler.parse_request = notice  # type: ignore[method-assign, assignment]


def click(count: int) -> tuple[list[float], list[float]]:
    """Milliseconds from click to first byte, and from click to the outcome in the window."""
    first_bytes, outcomes = [], []
    with opened() as (qt, window):
        until(qt, lambda: bool(window.consent.categories.rows.boxes))
        # A decision for each of them, once: the same one again is asked about.
        for customer, category in [*product(CUSTOMERS, CATEGORIES)][:count]:
            window.consent.fill(replace(TUTORIAL, customer_id=customer, category=category))
            label = window.consent.categories.label(category)
            until(qt, partial(begins, window.consent.known.pill, f"{label}: "))
            # Whoever clicks has seen it: what that changed is painted by then.
            qt.processEvents()
            qt.processEvents()
            arrivals.clear()
            clicked = time.perf_counter()
            QTest.mouseClick(window.consent.send, Qt.MouseButton.LeftButton)
            told = f"\n{customer} · opt-out of "
            until(qt, partial(says, window.receipt.text, "Delivered to the Sandbox", told))
            outcomes.append((time.perf_counter() - clicked) * 1e3)
            first_bytes.append((arrivals[0] - clicked) * 1e3)
            until(qt, lambda: not window.log.line.buttons[Deed.CANCEL].isVisible())
            window.status.dismiss.click()
    return first_bytes, outcomes


def call(count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of whole calls: the program's transport, and a bare `http.client`."""
    seed = json.loads(resource("sandbox.json").read_text("utf-8"))
    ours, bare = [], []
    with Sandbox(seed, delay=0) as sandbox:
        body = b'{"customer_ids":{"registered":"jane@example.com"},"event_type":"consent","timestamp":1,'
        body += b'"properties":{"action":"reject","category":"sms_marketing"}}'
        request = prepare_event(sandbox.project, body)
        transport = HttpTransport()
        for _ in range(count):
            began = time.perf_counter()
            outcome = transport.start(request).wait()
            ours.append((time.perf_counter() - began) * 1e3)
            assert isinstance(outcome, Answered)
            assert outcome.status == 200
            began = time.perf_counter()
            status = bare_call(request)
            bare.append((time.perf_counter() - began) * 1e3)
            assert status == 200
        transport.close()
    return ours, bare


def bare_call(request: PreparedRequest) -> int:
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc)
    headers = {"Authorization": request.authorization.reveal(), **dict(request.headers)}
    connection.request(request.method, parts.path, request.body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def main() -> None:
    count = int(sys.argv[1])
    first_bytes, outcomes = click(count)
    ours, bare = call(count)
    found = {"first_bytes": first_bytes, "outcomes": outcomes, "commits": commits, "ours": ours, "bare": bare}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
