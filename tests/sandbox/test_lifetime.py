"""How the sandbox starts and ends."""

import threading
import time
from contextlib import ExitStack
from socket import create_connection

import pytest

from consent_desk.domain.errors import DeskError
from consent_desk.domain.faults import Fault
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import SEED, TIME, Client


def test_a_machine_without_a_free_port_is_trouble_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr("socketserver.TCPServer.server_bind", refuse)
    with pytest.raises(DeskError, match="Address already in use"):
        Sandbox(SEED).start()


def test_before_the_start_there_is_no_address() -> None:
    with pytest.raises(DeskError, match="not been started"):
        _ = Sandbox(SEED).project


@pytest.mark.parametrize("fault", [None, Fault.SILENCE, Fault.TRICKLE_HEADERS, Fault.TRICKLE_BODY])
def test_closing_ends_a_hung_connection_at_once(fault: Fault | None) -> None:
    sandbox = Sandbox(SEED)
    sandbox.start()
    client = Client(sandbox)
    sandbox.fault = fault
    with ExitStack() as stack:
        connections = [
            stack.enter_context(create_connection(("127.0.0.1", client.port), timeout=10)) for _ in range(8)
        ]
        for connection in connections:
            connection.sendall(client.request())
        assert sandbox.wait_for(8)
        begun = time.monotonic()
        sandbox.close()
        # Measured: a few milliseconds. The bound leaves room for a busy machine.
        assert time.monotonic() - begun < 1
        for connection in connections:
            while connection.recv(65536):
                pass


def test_closing_ends_half_a_request() -> None:
    sandbox = Sandbox(SEED)
    sandbox.start()
    with create_connection(("127.0.0.1", Client(sandbox).port), timeout=10) as connection:
        connection.sendall(b"POST /")
        sandbox.close()
        assert connection.recv(100) == b""


def test_after_closing_nobody_answers_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    with Sandbox(SEED) as sandbox:
        client = Client(sandbox)
        client.call("GET", TIME)
        running = set(threading.enumerate()) - before
    for thread in running:
        thread.join(5)
        assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        client.call("GET", TIME)
    assert len(sandbox.received) == 1
    assert str(sandbox.project.base_url) == f"http://127.0.0.1:{client.port}"


def test_starting_and_closing_twice_changes_nothing() -> None:
    sandbox = Sandbox(SEED)
    sandbox.close()
    sandbox.start()
    first = str(sandbox.project.base_url)
    sandbox.start()
    assert str(sandbox.project.base_url) == first
    sandbox.close()
    sandbox.close()


def test_all_its_threads_are_daemons() -> None:
    before = set(threading.enumerate())
    with Sandbox(SEED) as sandbox:
        client = Client(sandbox)
        sandbox.fault = Fault.SILENCE
        with create_connection(("127.0.0.1", client.port), timeout=10) as connection:
            connection.sendall(client.request())
            assert sandbox.wait_for(1)
            mine = set(threading.enumerate()) - before
    assert len(mine) == 2
    assert all(thread.daemon for thread in mine)
