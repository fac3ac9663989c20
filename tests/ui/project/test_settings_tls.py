"""What is read of a server that is not to be trusted, and what is found in the details."""

from contextlib import closing

from consent_desk.domain.wire.address import BaseUrl
from consent_desk.engagement.http.transport import HttpTransport
from consent_desk.sandbox.server import Sandbox
from consent_desk.system.folders import Folders
from tests.engagement.http.servers import Server, answer, answering, trusting, unknown_authority
from tests.ui.conftest import OpenOne
from tests.ui.desks import MemoryKeyring, keep, real


def test_an_issuer_that_is_not_trusted_is_named_and_nothing_is_sent(
    open_desk: OpenOne, folders: Folders, keyring: MemoryKeyring, engagement: Sandbox
) -> None:
    with (
        Server(answering(answer()), unknown_authority()) as server,
        closing(HttpTransport(ssl_context=trusting)) as transport,
    ):
        elsewhere = BaseUrl(scheme="https", host="localhost", port=server.port)
        keep(folders, keyring, real(engagement, base_url=elsewhere))
        desk = open_desk(keyring, transport=transport).ready()
        desk.send()
        desk.wait_for_status("does not trust the issuer of the server's certificate, trustme")
        desk.choose_line()
        desk.wait_for_details("certificate issued by trustme")
        assert "nothing had left" in desk.details("Explanation")
        assert set(server.received) == {b""}
