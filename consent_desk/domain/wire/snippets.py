"""A call as code that makes it: the body one literal, byte for byte, the key pair from the environment.

Each is what it looks like and no more: no redirect is followed, no file in the home folder has a say, and of
the headers only those are set that Engagement asks for (the reference's section 3). *Raw HTTP* has them all.
"""

import re
from enum import StrEnum
from typing import assert_never
from urllib.parse import urlsplit

from consent_desk.domain.message import Message, say
from consent_desk.domain.text import hidden_character, hidden_name, visible
from consent_desk.domain.wire.request import PublicRequest

KEY_ID = "CONSENT_DESK_KEY_ID"
SECRET = "CONSENT_DESK_SECRET"  # noqa: S105 -- where it stands, not what it is
"""Names of environment variables. Neither text is ever in a snippet."""

_ASKED_FOR = frozenset({"Content-Type", "Accept"})


class Language(StrEnum):
    """What a call can be written in, by the name that people know."""

    CURL = "curl (bash)"
    PYTHON = "Python requests"
    JAVASCRIPT = "JavaScript fetch"
    PHP_CURL = "PHP cURL"
    PHP_HTTP_REQUEST2 = "PHP HTTP_Request2"
    RAW = "Raw HTTP"


def snippet(language: Language, request: PublicRequest) -> str | Message:
    """Write `request`, a POST, in `language`; or say why its body cannot be written as text."""
    body = _text(request.body)
    if isinstance(body, Message):
        return body
    url = request.url
    headers = tuple((name, value) for name, value in request.headers if name in _ASKED_FOR)
    match language:
        case Language.CURL:
            return _curl(url, headers, body)
        case Language.PYTHON:
            return _python(url, headers, body)
        case Language.JAVASCRIPT:
            return _javascript(url, headers, body)
        case Language.PHP_CURL:
            return _php_curl(url, headers, body)
        case Language.PHP_HTTP_REQUEST2:
            return _php_http_request2(url, headers, body)
        case Language.RAW:
            return _raw(request, body)
        case never:
            assert_never(never)


def _text(body: bytes) -> str | Message:
    try:
        text = body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        return say("wire", "Not to be written as code: byte {at} of the body is no text.").format(
            at=f"{error.start + 1:,}"
        )
    # No command line holds a NUL, no text a half: what arrives would be something else.
    unfit = re.search("[\0\ud800-\udfff]", text)
    if unfit is None:
        return text
    return say("wire", "Not to be written as code: character {at} of the body is {what}.").format(
        at=f"{unfit.start() + 1:,}",
        what=hidden_name(unfit[0]),
    )


_Headers = tuple[tuple[str, str], ...]


def _curl(url: str, headers: _Headers, body: str) -> str:
    # -q: no ~/.curlrc, and it has to come first. --data-raw: an @ at the beginning names no file.
    # Expect: above a size, curl otherwise asks first and waits, and some proxies refuse that.
    lines = (
        "curl -q --globoff --silent --show-error --include --max-time 30",
        f'--user "${{{KEY_ID}:?}}:${{{SECRET}:?}}"',
        *(f"--header {_in_bash(f'{name}: {value}')}" for name, value in headers),
        "--header 'Expect:'",
        f"--data-raw {_in_bash(body)}",
        f"--url {_in_bash(url)}",
    )
    return " \\\n  ".join(lines) + "\n"


def _python(url: str, headers: _Headers, body: str) -> str:
    # With `auth` given, no ~/.netrc is asked; a text as `data` would be sent in latin-1 where that can be.
    return f"""\
import os

import requests

response = requests.post(
    {url!r},
    data={body!r}.encode("utf-8"),
    headers={dict(headers)!r},
    auth=(os.environ["{KEY_ID}"], os.environ["{SECRET}"]),
    allow_redirects=False,
    timeout=30,
)
print(response.status_code, response.text)
"""


def _javascript(url: str, headers: _Headers, body: str) -> str:
    named = "".join(f"    {_in_javascript(name)}: {_in_javascript(value)},\n" for name, value in headers)
    return f"""\
// For Node.js 18 or newer: a web page would show the key to everybody.
fetch({_in_javascript(url)}, {{
  method: 'POST',
  headers: {{
{named}    'Authorization': 'Basic ' + btoa(process.env.{KEY_ID} + ':' + process.env.{SECRET}),
  }},
  body: {_in_javascript(body)},
  redirect: 'manual',
}}).then(async (response) => console.log(response.status, await response.text()));
"""


def _php_curl(url: str, headers: _Headers, body: str) -> str:
    lines = ", ".join(map(_in_php, (*(f"{name}: {value}" for name, value in headers), "Expect:")))
    return f"""\
<?php
$curl = curl_init({_in_php(url)});
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => {_in_php(body)},
    CURLOPT_HTTPHEADER => [{lines}],
    CURLOPT_USERPWD => getenv('{KEY_ID}') . ':' . getenv('{SECRET}'),
    CURLOPT_FOLLOWLOCATION => false,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 30,
]);
$answer = curl_exec($curl);
echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), ' ', $answer === false ? curl_error($curl) : $answer, "\\n";
"""


def _php_http_request2(url: str, headers: _Headers, body: str) -> str:
    # Laid out as the vendor's "Making your first call" does it.
    named = "".join(f"  {_in_php(name)} => {_in_php(value)},\n" for name, value in headers)
    return f"""\
<?php
require_once 'HTTP/Request2.php';
$request = new HTTP_Request2();
$request->setUrl({_in_php(url)});
$request->setMethod(HTTP_Request2::METHOD_POST);
$request->setConfig(array(
  'follow_redirects' => FALSE,
  'timeout' => 30
));
$request->setHeader(array(
{named}  'Authorization' => 'Basic ' . base64_encode(getenv('{KEY_ID}') . ':' . getenv('{SECRET}'))
));
$request->setBody({_in_php(body)});
try {{
  $response = $request->send();
  if ($response->getStatus() == 200) {{
    echo $response->getBody();
  }}
  else {{
    echo 'Unexpected HTTP status: ' . $response->getStatus() . ' ' .
    $response->getReasonPhrase();
  }}
}}
catch(HTTP_Request2_Exception $e) {{
  echo 'Error: ' . $e->getMessage();
}}
"""


def _raw(request: PublicRequest, body: str) -> str:
    url = urlsplit(request.url)
    headers = (
        ("Host", url.netloc),
        ("Authorization", f"Basic base64(${KEY_ID}:${SECRET})"),
        *request.headers,
        ("Content-Length", str(len(request.body))),
    )
    lines = (f"{request.method} {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "")
    return "\r\n".join((*lines, body))


def _in_bash(text: str) -> str:
    """One word. In single quotes nothing is special, not even `!`; what nobody sees stands as bytes."""

    def in_bytes(character: str) -> str:
        return "'$'" + "".join(f"\\x{byte:02x}" for byte in character.encode()) + "''"

    quoted = visible(text.replace("'", "'\\''"), in_bytes)
    # A tab that is pasted into a terminal completes a word, and a line break may run what is there.
    for character in "\t\n":
        quoted = quoted.replace(character, in_bytes(character))
    return f"'{quoted}'"


def _in_javascript(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    # Within a page, these would end the script, or begin a comment.
    escaped = visible(escaped).replace("</", "<\\/").replace("<!--", "<\\!--")
    return f"'{escaped}'"


def _in_php(text: str) -> str:
    if hidden_character(text) is None:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    # Only between these are characters written by their codes.
    escaped = re.sub(r'[\\"$]', r"\\\g<0>", text).replace("\n", "\\n").replace("\t", "\\t")
    return f'"{visible(escaped)}"'
