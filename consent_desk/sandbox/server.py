"""The sandbox's HTTP face: a server for this machine only, which misbehaves when it is told to."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from threading import Condition, Lock
from typing import Self

from consent_desk.domain.errors import DeskError
from consent_desk.domain.faults import Fault
from consent_desk.domain.message import say
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import PRACTICE_ID, Project, Secret
from consent_desk.sandbox import answers, endpoints, faults
from consent_desk.sandbox.endpoints import Received
from consent_desk.sandbox.listener import LOOPBACK, LoopbackServer, Reply
from consent_desk.sandbox.project import KEY_ID, PROJECT_TOKEN, SECRET, EngagementProject

_REMEMBERED = 10_000
_REMEMBERED_BYTES = 32 * 1024 * 1024
_MOST_STORED = 64 * 1024 * 1024


class Sandbox:
    """A practice Engagement project on 127.0.0.1, on a port that was free.

    `seed` holds its categories and customers; a write becomes visible to reads `delay` seconds later.
    `engagement` is the state behind it. `received` are the last requests that bore its key, 10,000 and 32 MiB
    at most. `customers` are the seeded (ID type, ID) pairs, `location` is where redirects lead. Safe to use
    from any thread. Raises DeskError where `seed` is unusable.
    """

    def __init__(
        self,
        seed: Mapping[str, object],
        *,
        delay: float = 0.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.engagement = EngagementProject(seed, delay=delay, now=now)
        self.customers = self.engagement.seeded
        self._lock = Lock()
        self._server: LoopbackServer | None = None
        self._base_url: BaseUrl | None = None
        self._arrived = Condition()
        self._received: deque[Received] = deque()
        self._remembered = 0
        self._stored = 0
        self._fault: Fault | None = None
        self._times = inf
        self.location = faults.ELSEWHERE

    def start(self) -> None:
        """Listen, after `close` on the same port if that is free. Raises DeskError where it cannot."""
        with self._lock:
            if self._server is not None:
                return
            try:
                self._server = self._listen()
            except OSError as error:
                why = error.strerror or "no reason"
                raise DeskError(
                    say("sandbox", "The Sandbox cannot listen on this computer ({why}).").format(why=why),
                    say("sandbox", "Check whether a security program forbids it."),
                ) from error
            self._base_url = BaseUrl(scheme="http", host=LOOPBACK, port=self._server.port)

    def _listen(self) -> LoopbackServer:
        try:
            # What was noted for the port of before, and is looked up there, stays right.
            return LoopbackServer(self._take, port=(self._base_url and self._base_url.port) or 0)
        except OSError:
            return LoopbackServer(self._take, port=0)

    def close(self) -> None:
        """Stop at once, hung connections too. Closing again changes nothing."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def project(self) -> Project:
        """The sandbox as the desk reaches it. Raises DeskError before the first start."""
        if self._base_url is None:
            raise DeskError(
                say("sandbox", "The Sandbox has not been started."),
                say("sandbox", "Start the program again."),
            )
        id_types = dict.fromkeys(id_type for id_type, _ in self.customers)
        return Project(
            id=PRACTICE_ID,
            name="Sandbox",
            base_url=self._base_url,
            project_token=PROJECT_TOKEN,
            key_id=KEY_ID,
            secret=Secret(SECRET),
            id_types=tuple(id_types) or ("registered",),
            practice=True,
        )

    @property
    def received(self) -> tuple[Received, ...]:
        """The requests that arrived whole and were not refused for address or key, the oldest first."""
        with self._arrived:
            return tuple(self._received)

    def wait_for(self, count: int, *, within: float = 5.0) -> bool:
        """Wait until `count` requests have arrived; False where they have not `within` seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._received) >= count, within)

    @property
    def fault(self) -> Fault | None:
        """How the next request will be wronged, if it will."""
        with self._arrived:
            return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self.misbehave(fault)

    def misbehave(self, fault: Fault | None, *, times: float = inf) -> None:
        """Wrong every request from now on, or the next `times`; with None, behave again."""
        with self._arrived:
            self._fault, self._times = fault if times else None, times

    def _take(self, request: Received) -> Reply:
        fault = self._note(request)
        if self._stored > _MOST_STORED:
            # Its key is published: whoever is on this computer may write.
            return answers.FULL, None
        stores = fault is None or fault.stores
        true = endpoints.answer(self.engagement, request) if stores else answers.SERVER_ERROR
        return faults.distort(fault, true, self.location), fault

    def _note(self, request: Received) -> Fault | None:
        with self._arrived:
            self._received.append(request)
            self._remembered += _size(request)
            if request.path.startswith("/track/"):
                self._stored += len(request.body)
            while len(self._received) > _REMEMBERED or self._remembered > _REMEMBERED_BYTES:
                self._remembered -= _size(self._received.popleft())
            self._arrived.notify_all()
            fault = self._fault
            self._times -= 1
            if self._times == 0:
                self._fault = None
            return fault


def _size(request: Received) -> int:
    return len(request.path) + len(request.body) + sum(len(text) for pair in request.headers for text in pair)
