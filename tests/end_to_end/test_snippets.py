"""A call that was copied as code, run by what it was written for: what arrives is the body, byte for byte."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from consent_desk.domain.faults import Fault
from consent_desk.domain.wire.request import PublicRequest, noted_request
from consent_desk.domain.wire.snippets import Language, snippet
from consent_desk.sandbox.project import KEY_ID, SECRET
from consent_desk.sandbox.server import Sandbox
from tests.sandbox.client import ADD, BASIC, JANE, SEED, Client

WORDINGS = {
    "quotes": "\"Ja\", 'nein', ''\"\"'\\''",
    "newlines": "a\nb\r\n\n\tc",
    "emoji": "👩‍👩‍👧 🏳️‍🌈 é 漢字",
    "dollar": "$HOME $1 $$ $(id) $",
    "percent": "100 % %s %n %00 %%",
    "backticks": "`id` ``",
    "backslashes": "\\ \\\\ \\n \\x41 \\u0041 \\",
    "templates": "${HOME} #{x} {{x}} {$x} <?= 1 ?>",
    "16 KB": 'Zoë\'s "$" `\\` ' * 900,
    "line separator": "a\u2028b\u2029c",
    "script": "</script><!-- ]]> &amp; &quot;",
    "unseen": "a\u00a0b\u202ec\u202c\ufeffd\u200b\x7f\x85",
    "history": "Hi! !! !$ !1 ^a^b^ # ; | & > < * ? ~",
}
WORDINGS["all at once"] = "".join(text[:60] for text in WORDINGS.values())
"""Texts that somebody agreed to, each to stand in the event that the program sends."""

ODD = {
    "a file's name": "@/etc/passwd",
    "an option": "--next",
    "line breaks": "\n{\r\n\t'\\\n}\n",
    "quotes of its own": "'$x' \\",
}
"""Bodies that are no event: nothing is read into them either."""


def event(wording: str) -> bytes:
    """An event as the program writes it, which itself would refuse some of these wordings."""
    properties = {"action": "reject", "category": "sms_marketing", "message": wording}
    whole = {"customer_ids": JANE, "event_type": "consent", "timestamp": 1620139769, "properties": properties}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


BODIES = {name: event(text) for name, text in WORDINGS.items()} | {
    name: text.encode() for name, text in ODD.items()
}

REQUEST2 = r"""<?php
class HTTP_Request2_Exception extends Exception {}
class HTTP_Request2 {
  const METHOD_POST = 'POST';
  private $url, $method = 'GET', $config = array('follow_redirects' => false), $headers = array(), $body = '';
  function setUrl($url) { $this->url = $url; }
  function setMethod($method) { $this->method = $method; }
  function setConfig($config) { $this->config = $config + $this->config; }
  function setHeader($headers) { $this->headers = $headers + $this->headers; }
  function setBody($body) { $this->body = $body; }
  function send() {
    $lines = array('Connection: close');
    foreach ($this->headers as $name => $value) { $lines[] = "$name: $value"; }
    $http = array('method' => $this->method, 'header' => $lines, 'content' => $this->body,
      'follow_location' => (int) $this->config['follow_redirects'], 'ignore_errors' => true,
      'protocol_version' => 1.1);
    $answer = @file_get_contents($this->url, false, stream_context_create(array('http' => $http)));
    if ($answer === false) { throw new HTTP_Request2_Exception('no answer'); }
    // After a redirect, the last one tells.
    $status = array_values(preg_grep('~^HTTP/~', $http_response_header));
    return new Response(explode(' ', end($status)), $answer);
  }
}
class Response {
  private $status, $answer;
  function __construct($status, $answer) { $this->status = $status; $this->answer = $answer; }
  function getStatus() { return (int) $this->status[1]; }
  function getReasonPhrase() { return $this->status[2]; }
  function getBody() { return $this->answer; }
}
"""
"""As much of PEAR's class as the vendor's tutorial uses."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SEED) as sandbox:
        yield sandbox


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that would have its say: other headers, other keys, redirects."""
    curl = 'location\nnetrc\ninclude\nheader = "Content-Type: text/plain"\nheader = "X-Foreign: 1"\n'
    (tmp_path / ".curlrc").write_text(curl)
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login foreign password foreign\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "HTTP").mkdir()
    (tmp_path / "HTTP" / "Request2.php").write_text(REQUEST2)
    return tmp_path


def needed(*programs: str) -> list[str]:
    """Where the programs are. Skips the test without them: none of them is a Python package."""
    found = [shutil.which(program) for program in programs]
    for program, path in zip(programs, found, strict=True):
        if path is None:
            pytest.skip(f"{program} is not installed")
    return [path for path in found if path is not None]


def child(home: Path, *command: str, given: str = "") -> str:
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    env |= {"CONSENT_DESK_KEY_ID": KEY_ID, "CONSENT_DESK_SECRET": SECRET, "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(
        command, input=given.encode(), env=env, cwd=home, capture_output=True, check=False, timeout=30
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()


def run_in_bash(texts: Sequence[str], home: Path) -> list[str]:
    bash, _ = needed("bash", "curl")
    # As in a terminal, where ! would bring an earlier command back.
    told = "set -o history -o histexpand\n"
    return [child(home, bash, "--norc", "--noprofile", "-i", given=told + text) for text in texts]


# Starting them takes longest: each of several is run as a file, one after the other.
ONE_BY_ONE = {
    "py": """
import runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file, run_name="__main__")
    print(end="\\0")
""",
    "js": """
const fs = require('fs'), vm = require('vm');
(async () => {
  for (const file of process.argv.slice(2)) {
    await vm.runInThisContext(fs.readFileSync(file, 'utf8'), file);
    process.stdout.write('\\0');
  }
})();
""",
}


def run_in_one(ending: str, texts: Sequence[str], home: Path, *command: str) -> list[str]:
    """Run each of `texts` by a command that reads files whose names end so; what each printed."""
    files = [home / f"snippet-{number}.{ending}" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    runner = home / f"one-by-one.{ending}"
    runner.write_text(ONE_BY_ONE[ending])
    return child(home, *command, str(runner), *map(str, files)).split("\0")[:-1]


def run_in_python(texts: Sequence[str], home: Path) -> list[str]:
    return run_in_one("py", texts, home, sys.executable)


def run_in_node(texts: Sequence[str], home: Path) -> list[str]:
    return run_in_one("js", texts, home, *needed("node"))


def run_in_php(texts: Sequence[str], home: Path) -> list[str]:
    [php] = needed("php")
    if "curl_init" in texts[0] and "curl" not in child(home, php, "-m").split():
        pytest.skip("PHP's cURL extension is not installed")
    said = []
    for text in texts:
        (home / "snippet.php").write_text(text, encoding="utf-8")
        said.append(child(home, php, "-d", f"include_path={home}", "snippet.php"))
    return said


RUNS: dict[Language, Callable[[Sequence[str], Path], list[str]]] = {
    Language.CURL: run_in_bash,
    Language.PYTHON: run_in_python,
    Language.JAVASCRIPT: run_in_node,
    Language.PHP_CURL: run_in_php,
    Language.PHP_HTTP_REQUEST2: run_in_php,
}


def request_of(sandbox: Sandbox, body: bytes) -> PublicRequest:
    return noted_request(str(sandbox.project.base_url), sandbox.project.project_token, body)


def written(language: Language, request: PublicRequest) -> str:
    text = snippet(language, request)
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("language", RUNS)
def test_what_arrives_is_the_body_byte_for_byte(language: Language, sandbox: Sandbox, home: Path) -> None:
    texts = [written(language, request_of(sandbox, body)) for body in BODIES.values()]
    told = RUNS[language](texts, home)
    # Nothing is received that does not bear the key.
    assert len(sandbox.received) == len(BODIES), told
    for (name, body), said, arrived in zip(BODIES.items(), told, sandbox.received, strict=True):
        assert (arrived.method, arrived.path, arrived.body) == ("POST", ADD, body), name
        headers = [key.lower() for key, _ in arrived.headers]
        for once in ("authorization", "content-type", "accept", "content-length", "host"):
            assert headers.count(once) == 1, (name, headers)
        assert arrived.header("Authorization") == BASIC
        assert arrived.header("Content-Type") == arrived.header("Accept") == "application/json"
        assert not {"expect", "x-foreign", "content-encoding", "transfer-encoding"} & {*headers}
        if name in WORDINGS:
            assert '"success"' in said, (name, said)


@pytest.mark.parametrize("language", RUNS)
@pytest.mark.parametrize("fault", [Fault.REDIRECT_301, Fault.REDIRECT_307])
def test_no_redirect_is_followed(language: Language, fault: Fault, sandbox: Sandbox, home: Path) -> None:
    with Sandbox(SEED) as elsewhere:
        sandbox.location = f"{elsewhere.project.base_url}{ADD}"
        sandbox.misbehave(fault)
        [said] = RUNS[language]([written(language, request_of(sandbox, BODIES["quotes"]))], home)
        assert (len(sandbox.received), elsewhere.received) == (1, ())
    assert fault.value.removeprefix("redirect-") in said


@pytest.mark.parametrize("body", BODIES.values(), ids=[*BODIES])
def test_raw_http_is_the_request_itself(body: bytes, sandbox: Sandbox) -> None:
    request = request_of(sandbox, body)
    text = written(Language.RAW, request)
    pair = "Basic base64($CONSENT_DESK_KEY_ID:$CONSENT_DESK_SECRET)"
    assert text.count(pair) == 1
    Client(sandbox).raw(text.replace(pair, BASIC, 1).encode())
    [arrived] = sandbox.received
    assert (arrived.method, arrived.path, arrived.body) == ("POST", ADD, body)
    sent = [one for one in arrived.headers if one[0] not in {"Host", "Authorization", "Content-Length"}]
    assert tuple(sent) == request.headers
