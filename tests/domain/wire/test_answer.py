import json
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.text import hidden_character
from consent_desk.domain.wire.answer import Answer, Headers, header, meaning, pretty, read_answer
from tests.domain.examples import HIDDEN_IN_NAMES

OURS: Headers = (("Content-Type", "application/json"), ("x-request-id", "r-1"))
REAL = [
    b'{"success": true, "errors": []}',
    b'{"success": true, "errors": [], "time": 1533663283.89}',
    b'{"success": false, "error": "Could not authenticate"}',
    b'{"success": false, "errors": ["At least one id should be specified."]}',
    b'{"success": false, "errors": {"_global": ["Customer does not exist"]}}',
    b'{"success": false, "errors": {"attributes": {"1": ["Unknown mode", "Unknown category"]}}}',
    b'{"success": false, "message": "No commands"}',
    b'{"success": true, "results": [{"success": true, "value": false}]}',
    b'{"success": true, "results": [{"success": false, "error": "No permission"}]}',
    b"<html><body>The requested URL was not found on the server</body></html>",
    b"BadRequest: The browser (or proxy) sent a request that this server could not understand.",
]


def words(status: int, body: bytes, headers: Headers = OURS) -> tuple[str, str, Field | None]:
    told = meaning(status, headers, body)
    return str(told.why), str(told.advice), told.field


# ------------------------------------------------------------------------------------------ the four shapes


@pytest.mark.parametrize(
    ("body", "success", "errors"),
    [
        (b'{"success": true, "errors": []}', True, ()),
        (b'{"success": false, "errors": ["a", "b"]}', False, ("a", "b")),
        (b'{"success": false, "errors": {"_global": ["a"], "name": ["b", "c"]}}', False, ("a", "b", "c")),
        (b'{"success": false, "errors": {"name": "a"}}', False, ("a",)),
        (b'{"errors": {"attributes": {"1": ["a"], "2": ["b"]}}}', None, ("a", "b")),
        (b'{"success": false, "error": "a"}', False, ("a",)),
        (b'{"success": false, "message": "a"}', False, ("a",)),
        (b'{"message": "c", "error": "b", "errors": ["a"]}', None, ("a", "b", "c")),
        (b'{"errors": ["", " \\r\\n ", null, 1, true, "a"]}', None, ("a",)),
        (b'{"errors": [[[[["a"]]]]]}', None, ("a",)),
        (b'{"errors": [[[[[[["a"]]]]]]]}', None, ()),
        (b"{}", None, ()),
        (b'\xef\xbb\xbf{"success": true}', True, ()),
        *((body, None, ()) for body in (b"[]", b'["success"]', b'"success"', b"1", b"true", b"null")),
    ],
)
def test_every_shape_of_errors_is_read(body: bytes, success: bool | None, errors: tuple[str, ...]) -> None:
    assert read_answer(body) == Answer(json.loads(body), success, errors)


@pytest.mark.parametrize("value", ['"true"', "1", "null", "[true]", '{"": true}', "1.0"])
def test_only_true_and_false_say_success(value: str) -> None:
    assert read_answer(f'{{"success": {value}}}'.encode()).success is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b'{"success": true}}', b"{'success': true}", b"\xff\xfe{"),
        *(b'{"success": true, "x": "\xe9"}', '{"success": true}'.encode("utf-16")),
        *(b'{"success": true, "success": false}', b'{"success": true, "errors": [], "errors": ["a"]}'),
        *(b'{"success": true, "x": {"y": 1, "y": 2}}', b'{"success": true, "\\u0073uccess": false}'),
        *(b'{"success": true, "x": NaN}', b'{"success": true, "x": "a\nb"}', b'{"success": true}\0'),
        *(b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000),
        *(b'{"success": true, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"<html>"),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_json_or_contradicts_itself_says_nothing(body: bytes) -> None:
    assert read_answer(body) == Answer(None, None, ())
    assert pretty(body) is None


def test_a_line_of_a_megabyte_is_cut() -> None:
    body = json.dumps({"success": False, "errors": ["x" * 1_000_000]}).encode()
    assert read_answer(body).errors == ("x" * 300,)


def test_of_many_errors_the_first_are_kept() -> None:
    body = json.dumps({"success": False, "errors": [f"e{number}" for number in range(100_000)]}).encode()
    assert read_answer(body).errors == tuple(f"e{number}" for number in range(20))


def test_an_error_text_is_one_inert_line() -> None:
    for character in HIDDEN_IN_NAMES.values():
        body = json.dumps({"errors": [f"Invalid{character}secret", character * 10_000]}).encode()
        for error in read_answer(body).errors:
            assert hidden_character(error) is None
            assert len(error.encode("utf-8")) <= 3_000


# ------------------------------------------------------------------------------------------- any bytes


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real answer with some bytes cut out, put in or changed."""
    body = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 8)))
        body[start:end] = draw(
            st.binary(max_size=4)
            | st.sampled_from(
                [b"true", b"false", b"null", b"[", b"]", b"{", b"}", b'"', b"\\ud800", b"1e999", b"NaN"]
            )
        )
    return bytes(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["success", "errors", "error", "message", "x", "\u202e"]), inner, max_size=4
        )
    ),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode())
BODIES = st.binary() | mutated() | JSON
HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.tuples(st.sampled_from(["Location", "location", "x-request-id", "X-Other"]), st.text()), max_size=3
).map(tuple)


@given(BODIES)
@example(b'{"success": true, "x": "\\ud800"}')
@example(b'"\\udc00\\ud800"')
def test_any_bytes_are_read(body: bytes) -> None:
    answer = read_answer(body)
    assert all(error and hidden_character(error) is None for error in answer.errors)
    laid_out = pretty(body)
    if laid_out is not None:
        assert laid_out.encode("utf-8")
        assert hidden_character(laid_out, allow="\n") is None
        assert pretty(laid_out.encode()) == laid_out
        assert answer.document is None or json.loads(laid_out) == answer.document


@given(st.integers(0, 999), HEADERS, BODIES)
def test_any_answer_has_a_meaning(status: int, headers: Headers, body: bytes) -> None:
    why, advice, _ = words(status, body, headers)
    assert why
    assert not why.endswith(".")
    assert advice[0].isupper()
    assert advice.endswith(".")
    assert hidden_character(why) is None
    assert len(why) < 3_100


# ---------------------------------------------------------------------------------------------- laid out


def test_a_laid_out_answer_is_readable() -> None:
    assert pretty('{"a": ["é", {"b": null}]}'.encode()) == (
        '{\n  "a": [\n    "é",\n    {\n      "b": null\n    }\n  ]\n}'
    )


def test_a_laid_out_answer_is_json_that_hides_nothing() -> None:
    for character in HIDDEN_IN_NAMES.values():
        value = {f"a{character}": f"\\{character}“é”"}
        laid_out = pretty(json.dumps(value).encode())
        assert laid_out is not None
        assert character not in laid_out.replace("\n", "")
        assert json.loads(laid_out) == value


def test_an_answer_too_deep_to_lay_out_is_not_laid_out() -> None:
    assert pretty(b"[" * 31 + b"]" * 31) is not None
    assert pretty(b"[" * 32 + b"]" * 32) is None


@pytest.mark.parametrize(
    "number", ["250.00", "-0", "-0.0", "1E5", "1e400", "-1e400", "12345678901234567890", "0.10", "9" * 5_000]
)
def test_a_laid_out_number_stands_as_it_came(number: str) -> None:
    assert pretty(f'{{"a":[{number}],"b":{number}}}'.encode()) == (
        f'{{\n  "a": [\n    {number}\n  ],\n  "b": {number}\n}}'
    )


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 5_000])
def test_a_number_that_cannot_be_reckoned_with_makes_an_answer_say_nothing(number: bytes) -> None:
    assert read_answer(b'{"success": true, "x": ' + number + b"}") == Answer(None, None, ())


def test_an_answer_of_any_depth_is_laid_out_or_not() -> None:
    limit = sys.getrecursionlimit()
    for levels in range(limit - 100, limit + 100, 9):
        laid_out = pretty(b"[" * levels + b"]" * levels)
        assert laid_out is None or laid_out.count("[") == levels


# ----------------------------------------------------------------------------------------------- meaning


def test_a_header_is_found_in_any_case() -> None:
    assert header((("X-Request-ID", "1"), ("x-request-id", "2")), "x-Request-Id") == "1"
    assert header((), "x-request-id") is None


ADMINISTRATOR = "Tell your administrator: "


def error(text: str) -> str:
    return json.dumps({"success": False, "error": text})


def errors(text: str) -> str:
    return json.dumps({"success": False, "errors": [text]})


@pytest.mark.parametrize(
    ("status", "body", "why", "field"),
    [
        (400, error("Could not authenticate"), "the project token is wrong", Field.PROJECT_TOKEN),
        (400, error("Invalid project id"), "not know this project token", Field.PROJECT_TOKEN),
        (401, error("Access key not provided"), "key did not arrive", Field.API_KEY_ID),
        (401, error("Access key not found"), "not know this desk's API key ID", Field.API_KEY_ID),
        (401, error("Anything"), "did not accept this desk's key", Field.API_KEY_ID),
        (403, error("invalid secret"), "this desk's key is wrong", Field.API_SECRET),
        (403, errors("Invalid secret"), "this desk's key is wrong", Field.API_SECRET),
        (403, error("Anything"), "lacks a permission, or belongs to another", Field.API_KEY_ID),
        (
            403,
            error("Not authorized to add event of specified type"),
            "may not record consents",
            Field.API_KEY_ID,
        ),
        (
            200,
            errors("Not authorized to add event of specified type"),
            "may not record consents",
            Field.API_KEY_ID,
        ),
        (200, error("No permission"), "may not read consents", Field.API_KEY_ID),
        (400, '{"success": false, "message": "Invalid JSON"}', "the request arrived broken", None),
        (400, "BadRequest: The browser (or proxy) sent a request that", "the request arrived broken", None),
        (
            400,
            errors("At least one id should be specified."),
            "does not take this customer ID",
            Field.CUSTOMER_ID,
        ),
        (
            200,
            errors("At least one id should be specified."),
            "does not take this customer ID",
            Field.CUSTOMER_ID,
        ),
        (
            200,
            "At least one valid id should be specified",
            "does not take this customer ID",
            Field.CUSTOMER_ID,
        ),
        (
            404,
            '{"success": false, "errors": {"_global": ["Customer does not exist"]}}',
            "knows no such customer",
            Field.CUSTOMER_ID,
        ),
        (400, errors("Field 'event_type' is required."), "did not take the call", None),
        (
            404,
            "<html>The requested URL was not found on the server</html>",
            "no Engagement API",
            Field.BASE_URL,
        ),
        (407, "Proxy Authentication Required", "wants a user name and password", None),
        (429, "Too Many Requests", "too many calls", None),
        (500, "<html>Internal Server Error</html>", "had trouble", None),
        (503, error("Try again"), "had trouble", None),
        (200, "{}", "does not say whether it was taken", Field.BASE_URL),
        (
            200,
            "<html>Welcome! Please choose at least one option.</html>",
            "does not say whether",
            Field.BASE_URL,
        ),
        (204, "", "does not say whether it was taken", Field.BASE_URL),
        (201, '{"success": true, "errors": []}', "does not say whether it was taken", Field.BASE_URL),
        (
            200,
            '{"success": true, "errors": ["Anything"]}',
            "says that it was taken, and that something is wrong too",
            None,
        ),
        (200, errors("Anything"), "did not take the call", None),
    ],
)
def test_every_failure_has_its_words_and_its_field(
    status: int, body: str, why: str, field: Field | None
) -> None:
    told = words(status, body.encode())
    assert why in told[0]
    assert told[2] is field


@pytest.mark.parametrize("status", [401, 403, 408, 502, 503])
@pytest.mark.parametrize("body", [b"<html>", b"\r\n <!DOCTYPE html>", b"\xef\xbb\xbf<html>"])
def test_a_page_without_a_request_id_is_from_the_way(status: int, body: bytes) -> None:
    why, advice, field = words(status, body, headers=())
    assert why == "a proxy or firewall on the way answered, probably not Engagement"
    assert "network's administrator" in advice
    assert field is None
    assert words(status, body)[0] != why


@pytest.mark.parametrize(("status", "body"), [(500, b"<html>"), (404, b"<html>"), (403, b"invalid secret")])
def test_other_answers_are_not_from_the_way(status: int, body: bytes) -> None:
    assert "on the way" not in words(status, body, headers=())[0]


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://evil.example/x?secret", "evil.example"),
        ("//Evil.example:8443", "evil.example"),
        ("http://user:pass@evil.example", "evil.example"),
        ("https://evil.example\u202e", "evil.example\\u{202e}"),
        ("https://" + "a" * 60_000, "a" * 300),
        ("/login", "another page"),
        ("", "another page"),
        ("https://[::1", "another page"),
        ("https://[half]", None),
        ("\ud800", "another page"),
    ],
)
def test_a_redirect_names_where_it_points_to(location: str, host: str | None) -> None:
    statuses = (300, 301, 302, 303, 307, 308, 399)
    [(why, advice, field)] = {words(one, b"", headers=(("Location", location),)) for one in statuses}
    assert why.startswith("the address leads elsewhere, to ")
    assert host is None or why == f"the address leads elsewhere, to {host}; nothing was sent there"
    assert (advice, field) == (ADMINISTRATOR + "check the base URL.", Field.BASE_URL)
