import copy
import dataclasses
import ipaddress
import json
import pickle
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.domain.message import Message
from consent_desk.domain.wire.address import (
    SUGGESTED_BASE_URLS,
    Address,
    BaseUrl,
    parse_project_token,
    read_address,
)
from consent_desk.domain.wire.project import (
    PROJECT_COLOURS,
    Profile,
    Project,
    ProjectDraft,
    ProjectKind,
    Secret,
    colours_of,
    parse_project,
    remarks,
)
from consent_desk.domain.wire.request import PreparedRequest, prepare
from tests.domain.examples import (
    ANY_TEXT,
    HIDDEN_IN_NAMES,
    KEY_ID,
    PROJECT,
    PROJECT_DRAFT,
    SECRET,
    TOKEN,
    TUTORIAL,
)

CANARY = "canary-s3cr3t"
CARRIERS: dict[str, object] = {
    "secret": Secret(CANARY),
    "project": replace(PROJECT, secret=Secret(CANARY)),
    "draft": replace(PROJECT_DRAFT, secret=CANARY),
    "request": prepare(replace(PROJECT, secret=Secret(CANARY)), TUTORIAL),
}
FIELD_OF = {
    "name": "project_name",
    "key_id": "api_key_id",
    "secret": "api_secret",
    "id_types": "customer_id_types",
    "category": "default_category",
    "channel": "default_channel",
}
CHOSEN = {"colour", "kind"}
"""What nobody types."""

TELLING = (CANARY, prepare(replace(PROJECT, secret=Secret(CANARY)), TUTORIAL).authorization.reveal()[6:])


def tells(text: str) -> bool:
    return any(secret in text for secret in TELLING)


def base_url(text: str) -> str:
    found = read_address(text)
    assert isinstance(found, Address), str(found)
    return str(found.base_url)


def complaint(text: str) -> str:
    found = read_address(text)
    assert isinstance(found, Message), found
    return str(found)


def saved(draft: ProjectDraft = PROJECT_DRAFT, stored: Project | None = None) -> Project:
    found = parse_project(draft, project_id="1", stored=stored)
    assert isinstance(found, Project), found
    return found


def problem(draft: ProjectDraft, stored: Project | None = None) -> tuple[Field, str]:
    found = parse_project(draft, project_id="1", stored=stored)
    assert not isinstance(found, Project), found
    assert len(found) == 1, found
    return found[0].field, str(found[0].message)


# ------------------------------------------------------------------------------------------------ secrets


@pytest.mark.parametrize("show", [repr, str, format, lambda value: f"{value} {value!r} {[value]}", ascii])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_secret_cannot_print_itself(carrier: str, show: Callable[[object], str]) -> None:
    assert not tells(show(CARRIERS[carrier]))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_secret_is_not_pickled_copied_or_written_as_json(carrier: str) -> None:
    ways: list[tuple[Callable[[object], object], str]] = [
        *((partial(pickle.dumps, protocol=one), "not pickled") for one in range(6)),
        (copy.deepcopy, "not pickled or copied"),
        (json.dumps, "not JSON serializable"),
    ]
    for take, words in ways:
        with pytest.raises(TypeError, match=words) as caught:
            take(CARRIERS[carrier])
        assert not tells(f"{caught.value!r}")


@pytest.mark.parametrize("carrier", ["project", "request"])
def test_a_shallow_copy_prints_no_secret_either(carrier: str) -> None:
    assert not tells(repr(copy.copy(CARRIERS[carrier])))


@pytest.mark.parametrize("carrier", ["project", "request"])
def test_a_secret_does_not_come_out_with_its_neighbours(carrier: str) -> None:
    value: Any = CARRIERS[carrier]
    with pytest.raises(TypeError):
        dataclasses.asdict(value)
    assert not tells(
        json.dumps({field.name: str(getattr(value, field.name)) for field in dataclasses.fields(value)})
    )


@pytest.mark.parametrize("take", [hash, vars])
def test_a_secret_has_no_hash_and_no_dictionary(take: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        take(Secret(CANARY))


def test_a_secret_can_be_compared_and_revealed() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY + "x")
    assert Secret(CANARY) != CANARY


@given(ANY_TEXT, ANY_TEXT)
def test_secrets_compare_as_their_texts_do(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)


@pytest.mark.parametrize("end", [" x", "é", "\ud800", "\0", "\r\nX: y", "x" * 400])
def test_the_problem_of_a_secret_does_not_quote_it(end: str) -> None:
    found = parse_project(replace(PROJECT_DRAFT, secret=CANARY + end), project_id="1")
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [Field.API_SECRET]
    assert not tells(repr(found))


def test_a_secret_beyond_ascii_does_not_stand_in_an_exception() -> None:
    odd = replace(PROJECT, secret=Secret("é" + CANARY))
    assert isinstance(prepare(odd, TUTORIAL), PreparedRequest)


# ---------------------------------------------------------------------------------------------- base URLs


@pytest.mark.parametrize("text", SUGGESTED_BASE_URLS)
def test_every_host_of_the_reference_is_taken(text: str) -> None:
    assert base_url(text) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://app-acme-api.exponea.com", "https://app-acme-api.exponea.com"),
        ("https://engagement.app.bank.example", "https://engagement.app.bank.example"),
        ("https://api.exponea.com/", "https://api.exponea.com"),
        ("  https://api.exponea.com\r\n", "https://api.exponea.com"),
        ("api.exponea.com", "https://api.exponea.com"),
        ("api.exponea.com:8443/", "https://api.exponea.com:8443"),
        ("HTTPS://API.Exponea.COM", "https://api.exponea.com"),
        ("https://api.exponea.com.", "https://api.exponea.com"),
        ("https://api.exponea.com:0443", "https://api.exponea.com"),
        ("https://api.exponea.com:80", "https://api.exponea.com:80"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:80/", "http://localhost"),
        ("http://LOCALHOST:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[::1]", "https://[::1]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://my_gateway.intern", "https://my_gateway.intern"),
    ],
)
def test_a_base_url_is_read(text: str, read: str) -> None:
    assert base_url(text) == read


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://\u0430pi.exponea.com", "https://xn--pi-6kc.exponea.com"),  # a Cyrillic letter
        ("https://api.exp\u043enea.com", "https://api.xn--expnea-yqf.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        # By IDNA 2003 these would be strasse.example, and an inner sigma at the end: other people's hosts.
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example"),
        ("https://FA\u1e9e.example", "https://xn--fa-hia.example"),
        ("https://\u03b2\u03cc\u03bb\u03bf\u03c2.example", "https://xn--nxasmm1c.example"),
        ("https://api\u3002exponea\uff0ecom", "https://api.exponea.com"),
        ("https://\uff41pi.exponea.com", "https://api.exponea.com"),
    ],
)
def test_a_host_shows_what_it_really_is(text: str, shown: str) -> None:
    assert base_url(text) == shown


@pytest.mark.parametrize("service", ["track", "data"])
@pytest.mark.parametrize(
    "end", ["", "/", "/customers/events", "/batch", "/consent/categories", "/system/time/"]
)
def test_a_pasted_method_url_is_taken_apart(service: str, end: str) -> None:
    found = read_address(f"https://acme-api.exponea.com:8443/{service}/v2/projects/{TOKEN}{end}")
    assert found == Address(BaseUrl(scheme="https", host="acme-api.exponea.com", port=8443), TOKEN)


NO_ADDRESS = "This is no web address."
NOT_A_NUMBER = "Enter the name of the host, not a number."
ENDS = "The base URL ends after the host name: https://api.exponea.com"
WEB_APP = "is the web app, not the API"
TRICKS = {
    "Enter the base URL": ("", " \t\r\n "),
    # Where a user name makes another host out of it.
    "has no “@”": (
        *("https://api.exponea.com@evil.example", "https://api.exponea.com:443@evil.example"),
        *("https://user:pass@api.exponea.com", "https://@api.exponea.com"),
        *("https://api.exponea.com/@evil.example", "https://evil.example#@api.exponea.com"),
    ),
    "has no “?”": ("https://api.exponea.com?x=1", "https://api.exponea.com/?"),
    "has no “#”": ("https://api.exponea.com#x",),
    "no base URL has": (
        *("https://api.exponea.com%40evil.example", "https://api.exponea.com\\@evil.example"),
        *("https://evil.example\\.api.exponea.com", "https:\\\\api.exponea.com", "https://[::1%25eth0]"),
        *("https://api.exponea.com evil.example", "https://api.expo|nea.com"),
        "https://api.exponea.com/track/v2/projects/{token}/customers/events",
    ),
    ENDS: (
        *("https://api.exponea.com/../../admin", "https://api.exponea.com//", "https://api.exponea.com/;x"),
        "https://api.exponea.com/track/v2/projects/../../admin",
        f"https://api.exponea.com/track/v2/projects/{TOKEN}/../../admin",
        f"https://api.exponea.com/track/v3/projects/{TOKEN}/customers/events",
        "https://api.exponea.com/track/v2/projects/1234/customers/events",
    ),
    # Characters that nobody sees.
    "a tab": ("https://api.exp\tonea.com",),
    "a line break": ("https://api.expo\nnea.com",),
    "a NUL character": ("https://api.exponea.com\0.evil.example",),
    "direction mark": ("https://api.exponea.com\u202e",),
    "a zero-width space": ("https://api.exp\u200bonea.com",),
    "an invisible character": ("https://api.exp\u00adonea.com",),
    "half a character": ("https://api.exponea\ud800.com",),
    # Numbers, however written.
    NOT_A_NUMBER: (
        *("https://2130706433", "https://0x7f000001", "https://0X7F000001", "https://0177.0.0.1"),
        *("https://127.1", "https://127.0.0.01", "https://127.0.0.0x1", "https://1.2.3.4"),
        *("https://1.2.3.4.", "https://1\u30022\u30023\u30024", "https://\u2460.2.3.\u2463"),
        *("https://256.256.256.256", "http://0.0.0.0", "http://126.255.255.255"),
    ),
    NO_ADDRESS: (
        *("https://api.exponea.com\uff20evil.example", "https://evil.example\uff0f.exponea.com"),
        "https://evil.example\u2100.exponea.com",
        # Nobody can own these, by IDNA 2008.
        *("https://\U0001f600.example", "https://\u2660.example", "https://b\u00fccher_1.example"),
        # Numbers between brackets, of which loopback alone is taken.
        *("https://[::ffff:1.2.3.4]", "https://[::ffff:127.0.0.1]", "https://[fe80::1]"),
        *("https://[0:0:0:0:0:0:0:1]", "https://[v1.abc]", "https://[api.exponea.com]"),
        *("https://evil.example[::1]", "https://[::1]evil.example", "https://[::1"),
        "https://api.exponea.com/[::1]",
        # Malformed hosts and ports.
        *("https://", "https:///api.exponea.com", "//api.exponea.com", "https://.", "javascript:alert(1)"),
        *("https://api..exponea.com", "https://.api.exponea.com", "https://api.exponea.com.."),
        *("https://-api.exponea.com", "https://api-.exponea.com", "https://*.exponea.com"),
        *("https://api,exponea.com", "https://" + "a" * 64 + ".example", "https://" + "a." * 127 + "example"),
        *("https://api.exponea.com:0", "https://api.exponea.com:65536", "https://api.exponea.com:-1"),
        *("https://api.exponea.com:44x", "https://api.exponea.com:443:443"),
        *("https://api.exponea.com:" + "4" * 1_900, "https://" + "a" * 3_000),
    ),
    # Other schemes, and https where it must be.
    "begins with https://": (
        *("ftp://api.exponea.com", "file:///etc/passwd", "http+unix://localhost"),
        *("https:", "https:/api.exponea.com", "http"),
    ),
    "Use https://": (
        *("http://api.exponea.com", "http://localhost.evil.example", "http://evil-localhost"),
        "http://127.0.0.1.evil.example",
    ),
    # The web app instead of the API.
    WEB_APP: (
        *("app.exponea.com", "https://app.exponea.com/p/acme/crm?filter=1#/customers/x@y"),
        *("https://APP.exponea.com", "https://acme.app.exponea.com", "https://app.bank.example"),
        *("https://app-cis.exponea.com", "https://eu.app.bloomreach.com"),
    ),
}
READ_DIFFERENTLY = ("https://api.expo\u0338nea.com", "https://::1")
"""What is said of these depends on how the Python in use takes them apart."""


@pytest.mark.parametrize(("words", "texts"), TRICKS.items())
def test_no_other_address_is_taken(words: str, texts: Sequence[str]) -> None:
    assert [text for text in texts if words not in complaint(text)] == []


ADDRESSES = (
    ANY_TEXT
    | st.text("htps:/@.#?[]%\\ax1027fe-_;&\u00df\u3002\uff0e\uff41\u0430\u2100\uff20\u200d ", max_size=40)
    | st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["https://", "http://", "", "HTTPS://", "//", "https:/"]),
        st.sampled_from(
            ["", "a@", "a:b@", "[", "\\", "%40", "api.exponea.com", "127.0.0.1", "[::1]", "localhost"]
        ),
        st.text("a.-_1[]:@\\\u3002\u00df", max_size=10) | ANY_TEXT,
        st.sampled_from(["", ".", ":443", ":80", ":8080", ":", "]", ":0x50"]),
        st.sampled_from(["", "/", "//", "/x", "\\x", "?x", "#x", f"/track/v2/projects/{TOKEN}/x", ";x"]),
    )
)


@given(ADDRESSES)
@example("https://api.exponea.com")
@example("http://[::1]:8080/")
@example("https://stra\u00dfe.example")
@example("http://127.0.0.1:80")
def test_every_parser_sees_the_same_host_in_what_is_taken(text: str) -> None:
    check_that_parsers_agree(text)


def check_that_parsers_agree(text: str) -> None:
    found = read_address(text)
    if isinstance(found, Message):
        assert str(found)
        return
    url = f"{found.base_url}/x"
    assert url.isascii()
    assert read_address(str(found.base_url)) == Address(found.base_url)
    standard, library = urlsplit(url), parse_url(url)
    assert standard.hostname == found.base_url.host.strip("[]") == (library.host or "").strip("[]")
    assert standard.port == library.port == found.base_url.port
    assert standard.scheme == library.scheme == found.base_url.scheme
    assert (standard.path, library.path) == ("/x", "/x")
    assert requests.Request("GET", url).prepare().url == url
    if not found.base_url.is_loopback:
        assert found.base_url.scheme == "https"
        assert not is_number(found.base_url.host)


def test_every_parser_sees_the_same_host_in_a_trick() -> None:
    for text in (*READ_DIFFERENTLY, *(text for texts in TRICKS.values() for text in texts)):
        check_that_parsers_agree(text)


def is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            socket.inet_aton(host)
        except OSError:
            return False
    return True


@pytest.mark.parametrize(
    "letter", ["a", "\u00e9", "\u0436", "a.", "\u00e9.", "/", "1", "https://", "\ud800", "["]
)
def test_a_pasted_megabyte_is_a_problem_at_once(letter: str) -> None:
    text = letter * (1_000_000 // len(letter))
    draft = ProjectDraft(
        name=text, base_url=text, project_token=text, key_id=text, secret=text, id_types=text
    )
    begun = perf_counter()
    found = parse_project(draft, project_id="1")
    assert perf_counter() - begun < 1
    assert isinstance(found, tuple)
    assert len(found) == 6
    assert all(len(str(one.message)) < 200 for one in found)


def test_loopback_is_this_machine_only() -> None:
    for host in ("localhost", "127.0.0.1", "127.255.0.9", "[::1]"):
        assert BaseUrl(scheme="http", host=host).is_loopback
    for host in ("localhost.example", "128.0.0.1", "127.1", "[::2]", "api.exponea.com"):
        assert not BaseUrl(scheme="https", host=host).is_loopback


# ------------------------------------------------------------------------------------------ project token


LOOKS_LIKE = "looks like 12345678-1234-1234-1234-123456789abc"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f" {TOKEN}\r\n", TOKEN),
        (TOKEN.upper(), TOKEN.upper()),
        (f"https://api.exponea.com/data/v2/projects/{TOKEN}/x", TOKEN),
        (" ", "Enter the project token. It stands beside the base URL."),
        *(
            (text, LOOKS_LIKE)
            for text in (
                *("../../admin", "a?b", "{projectToken}", TOKEN[:-1], TOKEN + "0", f"{TOKEN}/.."),
                *(f"{TOKEN}\n{TOKEN}", TOKEN.replace("1", "\u0661"), TOKEN.replace("1", "g")),
                *(TOKEN.replace("-", "\u2010"), "https://api.exponea.com"),
            )
        ),
    ],
)
def test_a_project_token_is_read_and_nothing_else(text: str, read: str) -> None:
    found = parse_project_token(text)
    assert found == read if isinstance(found, str) else read in str(found)


@given(ANY_TEXT | ADDRESSES)
def test_what_is_taken_as_a_project_token_changes_no_path(text: str) -> None:
    found = parse_project_token(text)
    if isinstance(found, str):
        assert set(found.lower()) <= set("0123456789abcdef-")


# ----------------------------------------------------------------------------------------- whole projects


def test_complete_settings_are_a_project_freed_of_what_pasting_adds() -> None:
    assert saved() == replace(PROJECT, id="1")
    pasted = ProjectDraft(
        name=" Acme production ",
        base_url=" https://api.exponea.com/\n",
        project_token=f"{TOKEN} ",
        key_id=f"\t{KEY_ID}\n",
        secret=f" {SECRET}\r\n",
        id_types=" registered ,google_analytics\n",
    )
    assert saved(pasted) == replace(PROJECT, id="1", id_types=("registered", "google_analytics"))


def test_every_problem_is_named_at_once_in_the_order_of_the_form() -> None:
    found = parse_project(ProjectDraft(id_types=""), project_id="1")
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [
        Field.PROJECT_NAME,
        Field.BASE_URL,
        Field.PROJECT_TOKEN,
        Field.API_KEY_ID,
        Field.API_SECRET,
        Field.CUSTOMER_ID_TYPES,
    ]


PASTED = f"https://api.exponea.com/track/v2/projects/{TOKEN}/customers/events"


@pytest.mark.parametrize(("typed", "token"), [("  ", TOKEN), (TOKEN.upper(), TOKEN.upper())])
def test_a_method_url_brings_the_project_token(typed: str, token: str) -> None:
    draft = replace(PROJECT_DRAFT, base_url=PASTED, project_token=typed)
    assert saved(draft) == replace(PROJECT, id="1", project_token=token)


@pytest.mark.parametrize(
    ("base_url", "typed", "words"),
    [
        (PASTED, TOKEN.replace("1", "2"), "another project token"),
        (PASTED, "1234", LOOKS_LIKE),
        (PROJECT_DRAFT.base_url, "", "Enter the project token"),
    ],
)
def test_another_project_token_or_none_is_a_problem(base_url: str, typed: str, words: str) -> None:
    field, message = problem(replace(PROJECT_DRAFT, base_url=base_url, project_token=typed))
    assert field is Field.PROJECT_TOKEN
    assert words in message


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "x" * 101}, Field.PROJECT_NAME, "at most 100"),
        ({"name": "Acme\u202e"}, Field.PROJECT_NAME, "direction mark"),
        ({"base_url": "http://api.exponea.com"}, Field.BASE_URL, "Use https://"),
        ({"key_id": "a:b"}, Field.API_KEY_ID, "no colon"),
        ({"key_id": "a b"}, Field.API_KEY_ID, "a space or an unusual character"),
        ({"key_id": "a" * 401}, Field.API_KEY_ID, "too long"),
        ({"secret": "a\nb"}, Field.API_SECRET, "a space or an unusual character"),
        ({"secret": "a" * 401}, Field.API_SECRET, "too long"),
        ({"id_types": " , "}, Field.CUSTOMER_ID_TYPES, "at least one"),
        ({"id_types": "registered,, phone"}, Field.CUSTOMER_ID_TYPES, "a comma too many"),
        ({"id_types": "phone, registered,phone"}, Field.CUSTOMER_ID_TYPES, "“phone” stands there twice"),
        ({"id_types": "registered phone"}, Field.CUSTOMER_ID_TYPES, "Separate ID types by commas"),
        ({"id_types": "registered;phone"}, Field.CUSTOMER_ID_TYPES, "letters, digits, _ and - only"),
        ({"id_types": "jane@example.com"}, Field.CUSTOMER_ID_TYPES, "letters, digits, _ and - only"),
        ({"id_types": "---"}, Field.CUSTOMER_ID_TYPES, "letters, digits, _ and - only"),
        ({"id_types": "registered, goo\u200bgle"}, Field.CUSTOMER_ID_TYPES, "a zero-width space"),
        ({"id_types": ",".join(f"type_{number}" for number in range(40))}, Field.CUSTOMER_ID_TYPES, "fewer"),
    ],
)
def test_a_setting_that_cannot_be_right_is_a_problem(
    changes: dict[str, Any], field: Field, words: str
) -> None:
    found, message = problem(replace(PROJECT_DRAFT, **changes))
    assert found is field
    assert words in message


@pytest.mark.parametrize(
    "id_type", ["registered", "phone", "email_id", "customer-no", "crm.id", "ID2", "téléphone"]
)
def test_names_of_id_types_are_taken_as_they_are(id_type: str) -> None:
    assert saved(replace(PROJECT_DRAFT, id_types=id_type)).id_types == (id_type,)


@pytest.mark.parametrize(
    ("id_types", "expected"), [("registered, cookie", True), ("registered, cookie_id", False)]
)
def test_a_soft_id_among_the_id_types_is_remarked_upon(id_types: str, expected: bool) -> None:
    draft = replace(PROJECT_DRAFT, id_types=id_types)
    assert len(saved(draft).id_types) == 2
    said = [str(one.message) for one in remarks(draft) if one.field is Field.CUSTOMER_ID_TYPES]
    assert ["not for a person" in words for words in said] == [True] * expected


def test_no_setting_holds_a_hidden_character() -> None:
    for character in HIDDEN_IN_NAMES.values():
        for name in (field.name for field in dataclasses.fields(ProjectDraft) if field.name not in CHOSEN):
            changes: dict[str, Any] = {name: f"{getattr(PROJECT_DRAFT, name)[:20]}{character}a"}
            assert problem(replace(PROJECT_DRAFT, **changes))[0].lower().replace(" ", "_") == FIELD_OF.get(
                name, name
            )


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_settings_are_a_project_or_problems(name: str, key_id: str, secret: str, id_types: str) -> None:
    draft = replace(PROJECT_DRAFT, name=name, key_id=key_id, secret=secret, id_types=id_types)
    found = parse_project(draft, project_id="1", stored=PROJECT)
    if isinstance(found, Project):
        assert prepare(found, TUTORIAL).authorization.reveal().isascii()
    else:
        assert found
        assert all(str(one.message) for one in found)


# ---------------------------------------------------------------------------------------- a stored secret


def test_a_stored_secret_serves_again_for_the_same_address_and_key() -> None:
    assert saved(replace(PROJECT_DRAFT, name="Acme", secret=" "), PROJECT).secret == Secret(SECRET)
    assert saved(replace(PROJECT_DRAFT, key_id="other", secret="new"), PROJECT).secret == Secret("new")


LOCAL = replace(PROJECT, base_url=BaseUrl(scheme="https", host="localhost"))


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("https://acme-api.exponea.com", PROJECT),
        ("https://api.exponea.com:8443", PROJECT),
        ("https://api.exponea.com.evil.example", PROJECT),
        ("https://\u0430pi.exponea.com", PROJECT),
        ("http://localhost", LOCAL),
    ],
)
def test_a_stored_secret_goes_to_no_other_address(text: str, stored: Project) -> None:
    field, words = problem(replace(PROJECT_DRAFT, base_url=text, secret=""), stored)
    assert field is Field.API_SECRET
    assert words.startswith(f"The secret was saved for {stored.base_url.host} and goes nowhere else.")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key_id": "other"}, Field.API_SECRET),
        ({"key_id": ""}, Field.API_KEY_ID),
        ({"base_url": "https://"}, Field.BASE_URL),
    ],
)
def test_a_stored_secret_serves_no_other_key_and_waits_for_the_field_that_is_wrong(
    changes: dict[str, Any], field: Field
) -> None:
    assert problem(replace(PROJECT_DRAFT, secret="", **changes), PROJECT)[0] is field


def test_a_missing_secret_is_asked_for() -> None:
    field, words = problem(replace(PROJECT_DRAFT, secret=""))
    assert field is Field.API_SECRET
    assert words == "Enter the API secret. Engagement shows it once, when the key is made."


# ------------------------------------------------------------------------------------------------ remarks


def test_usual_keys_get_no_remark() -> None:
    assert remarks(PROJECT_DRAFT) == ()
    assert remarks(replace(PROJECT_DRAFT, key_id=f"{KEY_ID}\n", secret="")) == ()


@pytest.mark.parametrize(
    ("host", "is_remarked"),
    [
        *((host, True) for host in ("application.bank.example", "engagement.app.bank.example")),
        *((host, False) for host in ("apparel-api.exponea.com", "api.exponea.com", "app.exponea.com")),
    ],
)
def test_a_host_that_could_be_the_web_app_is_a_remark_and_no_refusal(host: str, is_remarked: bool) -> None:
    found = remarks(replace(PROJECT_DRAFT, base_url=f"https://{host}"))
    assert [one.field for one in found] == [Field.BASE_URL] * is_remarked
    assert all("looks like the address of the web app" in str(one.message) for one in found)


@pytest.mark.parametrize("text", [KEY_ID[:-1], KEY_ID.upper(), KEY_ID.replace("a", "\u0430")])
def test_an_unusual_key_is_a_remark_and_no_refusal(text: str) -> None:
    found = remarks(replace(PROJECT_DRAFT, key_id=text, secret=CANARY))
    assert [one.field for one in found] == [Field.API_KEY_ID, Field.API_SECRET]
    assert f"this has {len(text)}" in str(found[0].message)
    assert not tells(repr(found))
    assert all(isinstance(one, Problem) for one in found)


# ---------------------------------------------------------------------------------- colour, kind, defaults


def test_colour_kind_and_defaults_are_read_with_the_rest() -> None:
    draft = replace(
        PROJECT_DRAFT, colour="teal", kind=ProjectKind.TEST, category=" sms_marketing ", channel="phone"
    )
    expected = Profile(colour="teal", kind=ProjectKind.TEST, category="sms_marketing", channel="phone")
    assert saved(draft).profile == expected


def test_a_project_that_says_nothing_of_itself_is_taken_for_a_real_one() -> None:
    assert saved().profile.kind is ProjectKind.PRODUCTION


@pytest.mark.parametrize(
    ("name", "field"), [("category", Field.DEFAULT_CATEGORY), ("channel", Field.DEFAULT_CHANNEL)]
)
@pytest.mark.parametrize(
    ("text", "words"), [("x" * 101, "at most 100 characters"), ("sms\u200b", "Delete it.")]
)
def test_a_default_that_no_call_could_have_is_a_problem(
    name: str, field: Field, text: str, words: str
) -> None:
    found = problem(replace(PROJECT_DRAFT, **{name: text}))  # type: ignore[arg-type]  # both are texts
    assert found[0] is field
    assert words in found[1]


@given(chosen=st.lists(st.sampled_from(("", "red", *PROJECT_COLOURS)), max_size=20))
def test_every_project_has_a_colour_and_one_that_was_chosen_has_that(chosen: list[str]) -> None:
    found = colours_of([Profile(colour=colour) for colour in chosen])
    assert set(found) <= set(PROJECT_COLOURS)
    kept = [(colour, one) for colour, one in zip(chosen, found, strict=True) if colour in PROJECT_COLOURS]
    assert all(colour == one for colour, one in kept)
    free = len(PROJECT_COLOURS) - len({colour for colour, _ in kept})
    given = [one for colour, one in zip(chosen, found, strict=True) if colour not in PROJECT_COLOURS]
    if len(given) <= free:
        assert len({*given} - {colour for colour, _ in kept}) == len(given)
