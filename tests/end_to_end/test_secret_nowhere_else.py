"""A secret with a name of its own goes through everything, and is found nowhere but where it belongs."""

import json
import signal
import stat
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.address import BaseUrl
from consent_desk.domain.wire.project import Project
from tests.end_to_end.desk import Desk, Engagement, accepting, keyring_session, linux, silent, states
from tests.engagement.http.servers import Peer, Server, answer, unknown_authority
from tests.engagement.http.test_masking import KEY_ID, SPELLINGS, pair, remains

pytestmark = linux

SECRET = 'cAnArY-9f1c"\\/+&=%<~7b2e0d55'
PAIR = pair(SECRET)
PLAINTEXT = """
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 99

    def set_password(self, *entry):
        with open(__file__ + ".secrets", "a") as file:
            print(*entry, file=file)

    def get_password(self, *entry):
        return None
"""
LOCK = "import secretstorage; secretstorage.get_default_collection(secretstorage.dbus_init()).lock()"


def traces(*places: bytes | str) -> set[str]:
    """What of the secret can be read there, in whatever form it lies about."""
    texts = (place if isinstance(place, str) else place.decode("latin-1") for place in places)
    return {piece for text in texts for piece in remains(SECRET, text)}


def files_with_traces(*folders: Path) -> dict[str, set[str]]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    return {str(path): found for path in files if (found := traces(path.read_bytes()))}


def look_at(desk: Desk) -> None:
    """Look at what others can see of the process, and at what a person can."""
    process = Path(f"/proc/{desk.process.pid}")
    assert not traces((process / "cmdline").read_bytes(), (process / "environ").read_bytes())
    limits = (process / "limits").read_text().splitlines()
    assert next(line.split()[-3:] for line in limits if line.startswith("Max core")) == ["0", "0", "bytes"]
    assert int((process / "coredump_filter").read_text(), 16) == 0
    assert not traces(*desk.tell("clipboard"))
    assert not traces(*desk.tell("every_text"))
    # The details of what was just noted are read first.
    desk.wait("Response details", "Customer ID: ")
    for tab in ("Answer", "As received", "Headers", "Request", "Explanation"):
        desk.tell("turn_to", tab)
        assert not traces(desk.text("Response details"), desk.text("Request body"))


def send(desk: Desk, customer: str, says: str) -> None:
    desk.send_tutorial(customer)
    desk.wait("Receipt", customer)
    desk.wait("Receipt", says)


def refusing_with_an_echo(peer: Peer) -> None:
    """Refuse, and say all that was received: headers, the secret itself, and that as JSON."""
    received = bytes(peer.received)
    body = b'{"success": false, "errors": ["invalid secret %s"]}' % json.dumps(SECRET)[1:-1].encode()
    header = next(line for line in received.split(b"\r\n") if line.startswith(b"Authorization"))
    echo = b"X-Echo: " + header + b"\r\nX-Secret: " + SECRET.encode() + b"\r\n"
    peer.send(answer(body, "403 Forbidden", echo))


def speaking_plainly(peer: Peer) -> None:
    """Answer a TLS greeting as a web server without TLS does."""
    peer.read()
    peer.send(answer(b"", "400 Bad Request"))


def make_hostile(home: Path, proxy: Server) -> dict[str, str]:
    """What may lie about on a computer and would lead a secret astray; the environment for it."""
    netrc = home / ".netrc"
    hosts = ("127.0.0.1", "localhost", "api.elsewhere.invalid")
    netrc.write_text("".join(f"machine {host} login intruder password astray\n" for host in hosts))
    netrc.chmod(0o600)
    (home / "plain").mkdir()
    (home / "plain/plaintext.py").write_text(PLAINTEXT)
    (home / "config/python_keyring").mkdir()
    (home / "config/python_keyring/keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=plaintext.Keyring\nkeyring-path={home / 'plain'}\n"
    )
    names = ("http_proxy", "https_proxy", "all_proxy")
    proxies = {spelt: proxy.url for name in names for spelt in (name, name.upper())}
    return {
        **proxies,
        "NETRC": str(netrc),
        "SSLKEYLOGFILE": str(home / "tls-keys"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def save_another(desk: Desk, project: Project, says: str) -> None:
    desk.tell("choose", "Project", "New project…")
    desk.wait("Save", "")
    desk.type_project(project)
    desk.press("Save")
    desk.wait("Project state", says)
    desk.wait("Request URL", str(project.base_url))


def test_a_secret_is_on_the_wire_and_in_the_keyring_and_nowhere_else(
    home: Path, engagement: Engagement
) -> None:
    project = engagement.project(SECRET, key_id=KEY_ID)
    with (
        Server(lambda peer: peer.send(answer(b"", "407 No"))) as proxy,
        Server(lambda peer: peer.stay(), unknown_authority()) as impostor,
        Server(speaking_plainly) as plain,
        keyring_session() as session,
    ):
        folders = home, Path(session["KEYRING_FOLDER"])
        env = session | make_hostile(home, proxy)
        with Desk(home, env=env) as desk:
            desk.set_up(project, says="saved in GNOME Keyring")
            send(desk, "one@example.com", "Delivered")
            assert f"Authorization: Basic {PAIR}\r\n".encode() in engagement.next()
            desk.tell("pick", "Copy", "Whole request, without the key")
            look_at(desk)

            engagement.script = refusing_with_an_echo
            send(desk, "two@example.com", "Not accepted")
            look_at(desk)

            for where in ("slot", "thread"):
                desk.tell("fail", where, f"something with {SECRET} and {PAIR} in it")
                desk.wait("Status", "Something unexpected went wrong (RuntimeError).")
                desk.press("Dismiss messages")

            tls = BaseUrl(scheme="https", host="localhost", port=impostor.port)
            save_another(desk, project_at(project, tls, "Impostor"), "saved in GNOME Keyring")
            send(desk, "three@example.com", "does not trust the issuer of the server")
            no_tls = BaseUrl(scheme="https", host="localhost", port=plain.port)
            save_another(desk, project_at(project, no_tls, "Not TLS"), "saved in GNOME Keyring")
            send(desk, "four@example.com", "does not speak https")
            assert proxy.received == []
            elsewhere = BaseUrl(scheme="https", host="api.elsewhere.invalid")
            save_another(desk, project_at(project, elsewhere, "Proxied"), "saved in GNOME Keyring")
            send(desk, "five@example.com", "proxy")
            look_at(desk)
            assert not traces(*proxy.received, *impostor.received, *plain.received)

            desk.tell("choose", "Project", project.name)
            desk.wait("Request URL", str(project.base_url))
            engagement.script = silent
            desk.send_tutorial("six@example.com")
            desk.wait("Cancel this", "")
            engagement.next()
            engagement.next()
            desk.signal(signal.SIGTERM)
            assert (desk.ended(), desk.said) == (0, "")
        assert files_with_traces(*folders) == {}
        assert State.UNCONFIRMED in states(desk.journal)

        # The next one without PYTHON_KEYRING_BACKEND, so that the configuration file gets its turn.
        del env["PYTHON_KEYRING_BACKEND"]
        engagement.script = accepting
        with Desk(home, env=env) as desk:
            desk.wait("Project state", "key from the keyring")
            assert desk.text("Project") == project.name
            send(desk, "seven@example.com", "Delivered")
            look_at(desk)
            subprocess.run([sys.executable, "-c", LOCK], env=env, check=True)
            desk.open_settings()
            desk.type("API secret", SECRET)
            desk.press("Save")
            desk.wait("Save status", "The keyring is locked.")
            desk.tell("end", "close button")
            desk.wait("Close anyway", "Close anyway")
            desk.press("Close anyway")
            assert desk.ended() == 0
            # The keyring library leaves its connection open where the keyring is locked, and Python says so,
            # with the line at which it noticed.
            assert all("ResourceWarning" in line or line[:2] == "  " for line in desk.said.splitlines())
        assert files_with_traces(*folders) == {}

    faults = home / "state/consent-desk/log/faults.log"
    assert faults.read_text().count("builtins.RuntimeError") == 2
    assert stat.S_IMODE(faults.stat().st_mode) == 0o600
    assert not (home / "tls-keys").exists()
    assert not list((home / "plain").glob("*.secrets"))
    assert list((home / "tmp").iterdir()) == []
    everything = engagement.everything
    assert traces(everything.replace(PAIR.encode(), b"")) == set()
    assert b"intruder" not in everything
    assert b64encode(b"intruder:astray") not in everything


def project_at(project: Project, base_url: BaseUrl, name: str) -> Project:
    return Project(
        id="",
        name=name,
        base_url=base_url,
        project_token=project.project_token,
        key_id=project.key_id,
        secret=project.secret,
    )


FORMS = (
    *("as it is", "JSON", "JSON in JSON", "JSON with slashes escaped", "HTML", "in UTF-16", "hexadecimal"),
    *("URL", "URL, twice", "URL, as a form", "base64 without its end", "base64 for URLs"),
    *("base64", "base64, one byte later", "base64, two bytes later"),
)


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_are_found_where_they_are(form: str) -> None:
    assert traces(f"begin {SPELLINGS[form](SECRET)} end")
    assert traces(f"begin {SPELLINGS[form](PAIR)} end")


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert not traces(f"Authorization: Basic {pair('another')}")
