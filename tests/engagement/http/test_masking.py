"""A server that echoes the credentials, however it writes them: they are starred out, or nothing is kept."""

import binascii
import bz2
import gzip
import json
import re
import time
import zlib
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from html import escape, unescape
from itertools import product
from textwrap import wrap
from urllib.parse import quote, quote_plus, unquote

import pytest

from consent_desk.domain.wire.outcome import Answered
from consent_desk.domain.wire.project import Secret
from consent_desk.domain.wire.request import PreparedRequest
from consent_desk.engagement.http.masking import NOT_TOLD, Echo
from consent_desk.engagement.http.response import NO_TEXT, UNREADABLE, keepable
from consent_desk.engagement.http.transport import HttpTransport
from tests.engagement.http.servers import BODY, SUCCESS, Server, answer, answering

KEY_ID = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
SECRETS = {
    "as the vendor's": "w7k2m9x4c1v8b3n6q5z0a7s2d9f4g1h8j3k6l5p0o7i2u9y4t1r8e3w6q5m0n7b2",
    "with every sign": "s3/cR3t+=&%<\"'\\~7b2e0d55?>;:{}[]~~~???>>>",
    "short": "pa55/W+d",
}
MEBIBYTE = 1 << 20
LONG = MEBIBYTE // 4

Spell = Callable[[str], str]


def pair(secret: str) -> str:
    return b64encode(f"{KEY_ID}:{secret}".encode()).decode()


def conceal(secret: str) -> Callable[[str], str]:
    return Echo(Secret(f"Basic {pair(secret)}"))


def in_json(text: str, times: int = 1) -> str:
    for _ in range(times):
        text = json.dumps({"echo": text})
    return text


def every(form: str, text: str) -> str:
    return "".join(form % ord(one) for one in text)


def lines(text: str, end: str) -> str:
    return end.join(text[place : place + 7] for place in range(0, len(text), 7))


def base64_in(before: int) -> Spell:
    return lambda text: b64encode(b"\0\1\2"[:before] + text.encode() + b"\xff&").decode()


# How a server can write a text: each is tried on the secret, on `key:secret`, and on the Authorization value.
SPELLINGS: dict[str, Spell] = {
    "as it is": str,
    "JSON": in_json,
    "JSON in JSON": lambda text: in_json(text, 2),
    "JSON in JSON, five times": lambda text: in_json(text, 5),
    "JSON with slashes escaped": lambda text: in_json(text).replace("/", "\\/"),
    r"JSON, partly \u": lambda text: in_json(text).replace("=", "\\u003d").replace("/", "\\u002F"),
    r"JSON, all \u": lambda text: every("\\u%04x", text),
    r"JSON, all \U in capitals": lambda text: every("\\u%04X", text),
    r"JSON, all \u, in JSON": lambda text: in_json(every("\\u%04x", text)),
    r"\u with braces": lambda text: every("\\u{%x}", text),
    r"\x": lambda text: every("\\x%02x", text),
    "octal": lambda text: every("\\%03o", text),
    "HTML": escape,
    "HTML, twice": lambda text: escape(escape(text)),
    "HTML, decimal": lambda text: every("&#%d;", text),
    "HTML, decimal with zeros": lambda text: every("&#%07d;", text),
    "HTML, decimal without an end": lambda text: " ".join(every("&#%d", one) for one in text),
    "HTML, hexadecimal": lambda text: every("&#x%x;", text),
    "HTML, HEXADECIMAL": lambda text: every("&#X%X;", text),
    "HTML, escaped as HTML": lambda text: escape(every("&#%d;", text)),
    "HTML by names": lambda text: (
        text.replace("&", "&amp;").replace("/", "&sol;").replace("+", "&plus;").replace("=", "&equals;")
    ),
    "HTML in JSON": lambda text: in_json(escape(text)),
    "URL": lambda text: quote(text, safe=""),
    "URL, in small letters": lambda text: every("%%%02x", text),
    "URL, all of it": lambda text: every("%%%02X", text),
    "URL, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "URL, three times, all of it": lambda text: quote(quote(every("%%%02X", text), safe=""), safe=""),
    "URL, as a form": quote_plus,
    "URL, %u": lambda text: every("%%u%04x", text),
    "URL in JSON in a URL": lambda text: quote(in_json(quote(text, safe="")), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL, by twos": lambda text: binascii.hexlify(text.encode(), ":").decode().upper(),
    "hexadecimal, as a list": lambda text: ", ".join(f"0x{ord(one):02x}" for one in text),
    "hexadecimal dump": lambda text: "\n".join(wrap(text.encode().hex(" "), 48)),
    "base64": base64_in(0),
    "base64, one byte later": base64_in(1),
    "base64, two bytes later": base64_in(2),
    "base64 without its end": lambda text: base64_in(0)(text).rstrip("="),
    "base64 for URLs": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: encodebytes((text + " " * 60).encode()).decode(),
    "base64 in a URL": lambda text: quote(base64_in(2)(text), safe=""),
    "base64 in lines, in JSON": lambda text: in_json(encodebytes(text.encode()).decode()),
    "in lines": lambda text: lines(text, "\n"),
    "in lines of a mail": lambda text: lines(text, "=\r\n"),
    "in lines, in JSON": lambda text: in_json(lines(text, "\r\n")),
    "in lines, folded": lambda text: lines(text, "\r\n\t "),
    "with spaces": " ".join,
    "with dashes": lambda text: lines(text, "-"),
    "in chunks": lambda text: lines(text, "\r\n7\r\n"),
    "in chunks with extensions": lambda text: lines(text, "\r\n1F;x=y\r\n"),
    "in chunks, in JSON": lambda text: in_json(lines(text, "\r\n7\r\n")),
    "with HTML's line breaks": lambda text: lines(text, "<br/>"),
    "with places to break": lambda text: lines(text, '<wbr class="x">'),
    "as a list of characters": lambda text: json.dumps(list(text)),
    "in the other case": str.swapcase,
    "in UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "without its end": lambda text: text[:-3],
    "without its beginning": lambda text: text[3:],
}
CUT = {"without its end", "without its beginning"}
# Of so few letters and digits, only what is not torn apart can be told from other texts.
NOT_TOLD_APART = {
    "as the vendor's": set[str](),
    "with every sign": CUT,
    "short": CUT
    | {
        *("HTML, decimal without an end", "hexadecimal, as a list", "as a list of characters", "in UTF-16"),
        *("in lines", "in lines of a mail", "in lines, in JSON", "in lines, folded", "with spaces"),
        *("in chunks", "in chunks with extensions", "in chunks, in JSON", "with dashes"),
        *("with HTML's line breaks", "with places to break", "in the other case"),
    },
}


def bare(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text).lower()


def pieces(secret: str) -> set[str]:
    """Halves of all that a secret can be read from, once nothing is escaped any more."""
    # Of the pair without its first part, which tells no more than the key's ID.
    texts = [secret.encode(), pair(secret)[88:].encode()]
    forms = {form for text in texts for form in (text.decode(), text.hex())}
    # Inside a longer base64 text it can begin at any of three places; the ends depend on the neighbours.
    forms |= {b64encode(b"\0" * before + text).decode()[4:-4] for text in texts for before in range(3)}
    halves = {form: len(form) // 2 for form in map(bare, forms)}
    return {form[place:][:half] for form, half in halves.items() for place in (0, half) if half > 4}


def remains(secret: str, told: str) -> set[str]:
    """What a person with some patience could read."""
    layer, wanted, found = told, pieces(secret), set[str]()
    for _ in range(6):
        shown = bare(layer)
        found |= {piece for piece in wanted if piece in shown}
        for undo in (decoded, unquote, unescape):
            layer = undo(layer)
        layer = re.sub(r"\\(.)", r"\1", layer)
    return found


def decoded(text: str) -> str:
    escapes = r"\\u\{?([0-9a-fA-F]{2,4})\}?|\\x([0-9a-fA-F]{2})"
    return re.sub(escapes, lambda one: chr(int(one[1] or one[2], 16)), text)


@pytest.mark.parametrize("kind", SECRETS)
def test_credentials_are_starred_out_however_they_are_written(kind: str) -> None:
    secret = SECRETS[kind]
    texts = (secret, f"{KEY_ID}:{secret}", pair(secret), f"Authorization: Basic {pair(secret)}")
    for spelling, text in product(SPELLINGS, texts):
        if text == secret and spelling in NOT_TOLD_APART[kind]:
            continue
        written = f"begin {SPELLINGS[spelling](text)} end"
        told = conceal(secret)(written)
        assert len(told) == len(written), told
        assert told.startswith("begin ")
        assert told.endswith(" end")
        assert not remains(secret, told), told


@pytest.mark.parametrize(
    "text",
    [
        SUCCESS.decode(),
        json.dumps({"success": False, "errors": ["invalid secret"], "path": "C:\\temp\\x", "n": 250.00}),
        '<!doctype html><p class="x">Größe &amp; &lt;b&gt; 100 %25 &copy;</p>\r\n1f\r\n\\u0041',
        f"key {KEY_ID} not found",
        "w7k2m9x4 and 7b2e0d55 are no secrets, nor is pa55, nor W+d",
        "x" * 1000,
        "",
    ],
)
@pytest.mark.parametrize("kind", SECRETS)
def test_nothing_else_is_starred_out(kind: str, text: str) -> None:
    assert conceal(SECRETS[kind])(text) == text


@pytest.mark.parametrize("kind", ["as the vendor's", "with every sign"])
def test_credentials_within_which_an_answer_breaks_off_are_starred_out(kind: str) -> None:
    secret = SECRETS[kind]
    for spell in (str, quote, in_json, pair):
        text = f"Sent was {spell(secret)}"
        for end in range(len(text)):
            left = conceal(secret)(text[:end])
            assert len(left) == end
            for beginning in (secret[:20], pair(secret)[:12]):
                assert beginning not in left


@pytest.mark.parametrize("secret", ["", "x", "true", "success", "errors"])
def test_a_very_short_secret_eats_no_answer(secret: str) -> None:
    # It stands in many an answer by chance. Beside its key it is told apart.
    assert conceal(secret)(SUCCESS.decode()) == SUCCESS.decode()
    written = f"{pair(secret)} and {in_json(f'Basic {pair(secret)}')}"
    assert pair(secret).rstrip("=") not in conceal(secret)(written)


@pytest.mark.parametrize("authorization", ["Basic ", "Basic !!", "x", ""])
def test_an_odd_authorization_eats_no_answer(authorization: str) -> None:
    answered = SUCCESS.decode() + authorization
    assert Echo(Secret(authorization))(answered) == answered


def test_what_is_escaped_over_and_over_is_not_kept() -> None:
    secret = SECRETS["as the vendor's"]
    written = secret
    for _ in range(15):
        written = quote(f"%{written}", safe="")
    assert not remains(secret, conceal(secret)(written))
    assert conceal(secret)("\\" * 100_000) == NOT_TOLD


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize(
    "unit",
    [
        *("a", "\\", "%41", "%25", "&amp;", "&a", "<a"),
        *("\\u0061", "\r\n1", "0x", "a b ", "\\u006", "%2541", "\u00e9"),
    ],
)
def test_a_long_body_made_to_be_slow_takes_no_longer_than_any_other(kind: str, unit: str) -> None:
    conceals = conceal(SECRETS[kind])
    begun = time.process_time()
    conceals(unit * (LONG // len(unit)))
    # Measured: 0.01 to 0.2 s. A pattern that goes back would take hours.
    assert time.process_time() - begun < 10


def test_a_secret_that_repeats_itself_takes_no_longer() -> None:
    secret = "a" * 63 + "b"
    for unit in ("a", f"{secret[:-1]}c", secret, every("%%%02x", "a"), every("\\u%04x", secret)):
        begun = time.process_time()
        told = conceal(secret)(unit * (LONG // len(unit)))
        assert time.process_time() - begun < 10
        assert secret not in told


# -------------------------------------------------------------------------------------------- whole bodies


def kept(body: bytes, encoding: str = "") -> bytes:
    secret = SECRETS["as the vendor's"]
    headers = (("Content-Type", "x"), ("content-encoding", encoding)) if encoding else ()
    return keepable(body, headers, Echo(Secret(f"Basic {pair(secret)}")))


ECHO = json.dumps({"success": True, "errors": [], "echo": SECRETS["as the vendor's"]}).encode()


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (zlib.compress(ECHO)[2:-4], "", NO_TEXT),
        (gzip.compress(ECHO, mtime=0)[:-9], "gzip", UNREADABLE),
        (gzip.compress(ECHO, mtime=0) + b"rubbish", "gzip", UNREADABLE),
        (gzip.compress(ECHO + b" " * 2 * MEBIBYTE, mtime=0), "gzip", UNREADABLE),
        (gzip.compress(b"", mtime=0) * 50_000, "gzip", UNREADABLE),
        (zlib.compress(ECHO)[:-9], "deflate", NO_TEXT),
        (bz2.compress(ECHO), "bzip2", NO_TEXT),
        (b"<p>" * 5000 + gzip.compress(ECHO, mtime=0), "", NO_TEXT),
        (bytes(range(256)) * 10, "", NO_TEXT),
        ("Größe".encode("latin-1"), "br", NO_TEXT),
    ],
)
def test_what_may_hide_the_credentials_is_not_kept_and_that_is_said(
    body: bytes, encoding: str, said: str
) -> None:
    assert kept(body, encoding) == said.encode()


def packed_raw(text: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(text) + packing.flush()


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (lambda text: gzip.compress(text, mtime=0), "gzip"),
        (lambda text: gzip.compress(text, mtime=0), ""),
        (lambda text: gzip.compress(text[:9], mtime=0) + gzip.compress(text[9:], mtime=0), "gzip"),
        (lambda text: gzip.compress(gzip.compress(text, mtime=0), mtime=0), "gzip, gzip"),
        (zlib.compress, "deflate"),
        (zlib.compress, ""),
        (packed_raw, "deflate"),
    ],
)
def test_what_is_packed_is_read_and_its_credentials_starred_out(
    packed: Callable[[bytes], bytes], encoding: str
) -> None:
    stars = "*" * len(SECRETS["as the vendor's"])
    assert kept(packed(SUCCESS), encoding) == SUCCESS
    assert json.loads(kept(packed(ECHO), encoding)) == {"success": True, "errors": [], "echo": stars}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        *((SUCCESS, encoding) for encoding in ("", "gzip", "deflate", "br", "x-odd", "\xff")),
        (SUCCESS, "gzip, " * 20 + "gzip"),
        (b"x^2 + y^2", ""),
        (b"", ""),
        ("Größe".encode("latin-1"), ""),
        ("Größe 東京".encode("utf-16"), ""),
        (b'{"success": tru\xff\xfe\x00', ""),
        (b"\x1b[31mred\x1b[0m " * 50, ""),
    ],
)
def test_a_body_in_which_nothing_can_hide_is_kept_as_it_came(body: bytes, encoding: str) -> None:
    assert kept(body, encoding) == body


def test_credentials_in_names_and_values_of_headers_and_in_the_body_reach_no_outcome() -> None:
    secret = SECRETS["as the vendor's"]
    headers = (
        f"X-{secret}: 1\r\nX-Json: {in_json(secret, 2)}\r\nX-Url: {quote(quote(every('%%%02x', secret)))}\r\n"
        f"X-Base64: {base64_in(1)(secret)}\r\nX-Folded: {lines(secret, chr(13) + chr(10) + ' ')}\r\n"
        "Content-Encoding: gzip\r\n"
    )
    with Server(answering(answer(gzip.compress(ECHO, mtime=0), headers=headers.encode()))) as server:
        request = PreparedRequest(
            method="POST",
            url=f"{server.url}/x",
            authorization=Secret(f"Basic {pair(secret)}"),
            headers=(),
            body=BODY,
        )
        outcome = HttpTransport().start(request).wait()
    assert isinstance(outcome, Answered)
    assert json.loads(outcome.body)["echo"] == "*" * len(secret)
    assert not remains(secret, repr(outcome))
    assert base64_in(1)(secret)[4:-8] not in repr(outcome)
