"""A call as code. That each of them runs, and what then arrives: tests/end_to_end/test_snippets.py."""

import ast
from dataclasses import replace

import pytest

from consent_desk.domain.wire.request import PublicRequest, noted_request, prepare
from consent_desk.domain.wire.snippets import Language, snippet
from tests.domain.examples import KEY_ID, PROJECT, SECRET, TOKEN, TUTORIAL

CODE = [one for one in Language if one is not Language.RAW]


def of(body: str | bytes) -> PublicRequest:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return noted_request(str(PROJECT.base_url), TOKEN, data)


@pytest.mark.parametrize("language", Language)
def test_a_snippet_names_the_key_pair_and_does_not_hold_it(language: Language) -> None:
    request = prepare(PROJECT, TUTORIAL)
    text = snippet(language, request)
    assert isinstance(text, str)
    assert "CONSENT_DESK_KEY_ID" in text
    assert "CONSENT_DESK_SECRET" in text
    for secret in (KEY_ID, SECRET, request.authorization.reveal().removeprefix("Basic ")):
        assert secret not in text


@pytest.mark.parametrize("language", Language)
def test_what_was_noted_is_written_as_what_was_prepared(language: Language) -> None:
    prepared = prepare(PROJECT, TUTORIAL)
    assert snippet(language, of(prepared.body)) == snippet(language, prepared)


@pytest.mark.parametrize("language", CODE)
def test_of_the_headers_code_sets_those_that_engagement_asks_for(language: Language) -> None:
    text = snippet(language, of("{}"))
    assert isinstance(text, str)
    for asked in ("Content-Type", "application/json", "Accept"):
        assert asked in text
    for ours in ("User-Agent", "identity", "Connection"):
        assert ours not in text


def test_raw_http_has_all_headers_and_ends_with_the_body() -> None:
    body = '{"a":"Zoë\u2028"}'
    text = snippet(Language.RAW, of(body))
    assert isinstance(text, str)
    head, _, rest = text.partition("\r\n\r\n")
    assert rest == body
    assert head.split("\r\n")[:4] == [
        f"POST /track/v2/projects/{TOKEN}/customers/events HTTP/1.1",
        "Host: api.exponea.com",
        "Authorization: Basic base64($CONSENT_DESK_KEY_ID:$CONSENT_DESK_SECRET)",
        "Content-Type: application/json",
    ]
    assert head.endswith("\r\nConnection: close\r\nContent-Length: 15")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"a":"\ud83d"}', "character 7 of the body is half a character (U+D83D)."),
        ("\0", "character 1 of the body is a NUL character."),
        (b'{"a":"\xff"}', "byte 7 of the body is no text."),
    ],
)
def test_what_would_arrive_as_something_else_is_refused(
    language: Language, body: str | bytes, why: str
) -> None:
    assert str(snippet(language, of(body))) == f"Not to be written as code: {why}"


def test_python_holds_the_body_as_one_literal() -> None:
    body = '{"a":"\'\\"\\\\\u2028\n$"}'
    text = snippet(Language.PYTHON, of(body))
    assert isinstance(text, str)
    literals = [one.value for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Constant)]
    assert body in literals


@pytest.mark.parametrize("language", CODE)
def test_what_nobody_sees_stands_in_code_by_its_number(language: Language) -> None:
    text = snippet(language, of("a\u202eb\u2028c\u00a0d\r"))
    assert isinstance(text, str)
    assert text.isascii()
    assert "\r" not in text


def test_no_line_break_or_tab_of_the_body_reaches_a_terminal() -> None:
    plain, odd = (snippet(Language.CURL, of(body)) for body in ("abc", "a\tb\nc"))
    assert isinstance(plain, str)
    assert isinstance(odd, str)
    assert "'a'$'\\x09''b'$'\\x0a''c'" in odd
    assert plain.count("\n") == odd.count("\n")


def test_javascript_can_stand_in_a_page() -> None:
    text = snippet(Language.JAVASCRIPT, of("</script><!--"))
    assert isinstance(text, str)
    assert "</script" not in text
    assert "<!--" not in text


def test_php_reads_no_variables_out_of_the_body() -> None:
    for language in (Language.PHP_CURL, Language.PHP_HTTP_REQUEST2):
        plain, odd = (snippet(language, of(body)) for body in ("$a {$b} \\n", "$a \u2028"))
        assert isinstance(plain, str)
        assert isinstance(odd, str)
        assert "'$a {$b} \\\\n'" in plain
        assert '"\\$a \\u{2028}"' in odd


@pytest.mark.parametrize(
    ("language", "stands_there"),
    [
        # Older libcurls wait for leave above 1 KB; urllib3 before 2 sends a text in latin-1.
        (Language.CURL, "'Expect:'"),
        (Language.PHP_CURL, "'Expect:'"),
        (Language.PYTHON, '.encode("utf-8")'),
    ],
)
def test_what_older_libraries_need_stands_there(language: Language, stands_there: str) -> None:
    assert stands_there in str(snippet(language, of("{}")))


def test_an_address_is_a_literal_too() -> None:
    request = replace(of("{}"), url="https://a.example/x'\"$(id)`id`\\")
    text = snippet(Language.CURL, request)
    assert isinstance(text, str)
    assert "--url 'https://a.example/x'\\''\"$(id)`id`\\'" in text
