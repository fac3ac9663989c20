"""An Engagement project as this desk reaches it, and its settings as text.

Facts: the reference's sections 2 and 3.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from itertools import cycle
from typing import NoReturn

from consent_desk.domain.consent.draft import Field, Problem
from consent_desk.domain.consent.values import complaint_about_id_type
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import hidden_character
from consent_desk.domain.wire.address import (
    Address,
    BaseUrl,
    parse_project_token,
    read_address,
    resembles_web_app,
)

PRACTICE_ID = "5a4db0c5-0000-4000-8000-000000000001"
"""The ID of the built-in sandbox's project: what was noted under it was never recorded in Engagement."""


class Secret:
    """A text that cannot print, copy or pickle itself. `reveal()` is the one way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(••••••••)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # surrogatepass: the exception of a failed encode would hold the text.
        mine, theirs = (text.encode("utf-8", "surrogatepass") for text in (self._text, other._text))
        return compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret tells about it

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


class ProjectKind(StrEnum):
    """Whether a project's customers are real."""

    PRODUCTION = "production"
    TEST = "test"


PROJECT_COLOURS = ("blue", "violet", "teal", "pink", "brown", "grey")
"""The colours that mark a project, by name. None that an outcome has: green, amber and red say what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What this desk adds to a project: how it is marked, and what a new call begins with there.

    `colour` is one of `PROJECT_COLOURS`, or empty where none was chosen. `category` and `channel` are the
    defaults of the form, empty where there are none.
    """

    colour: str = ""
    kind: ProjectKind = ProjectKind.PRODUCTION
    category: str = ""
    channel: str = ""


def colours_of(profiles: Sequence[Profile]) -> tuple[str, ...]:
    """The colour of each of all projects: the one chosen for it, else one of its own, while any is left."""
    free = [colour for colour in PROJECT_COLOURS if all(colour != one.colour for one in profiles)]
    others = cycle(free or PROJECT_COLOURS)
    return tuple(one.colour if one.colour in PROJECT_COLOURS else next(others) for one in profiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project. `id` is this desk's own UUID for it; `practice` marks the built-in sandbox."""

    id: str
    name: str
    base_url: BaseUrl
    project_token: str
    key_id: str
    secret: Secret
    id_types: tuple[str, ...] = ("registered",)
    practice: bool = False
    profile: Profile = Profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDraft:
    """The project settings as text. An empty `secret` means: the stored one."""

    name: str = ""
    base_url: str = ""
    project_token: str = ""
    key_id: str = ""
    secret: str = ""
    id_types: str = "registered"
    colour: str = ""
    kind: ProjectKind = ProjectKind.PRODUCTION
    category: str = ""
    channel: str = ""

    def __repr__(self) -> str:
        return f"ProjectDraft(name={self.name!r}, base_url={self.base_url!r}, …)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("settings with a secret in them are not pickled or copied")


def parse_project(
    draft: ProjectDraft, *, project_id: str, stored: Project | None = None
) -> Project | tuple[Problem, ...]:
    """Turn `draft` into a `Project`, or name every problem, in the order of the form.

    `stored` is the project as saved before: its secret serves again only for the same host and key.
    """
    address = read_address(draft.base_url)
    base_url = address.base_url if isinstance(address, Address) else None
    token = _parse_token(draft.project_token, address)
    key_id = _parse_key_id(draft.key_id)
    secret = _parse_secret(draft.secret, stored, base_url, key_id)
    id_types = _parse_id_types(draft.id_types)
    name = draft.name.strip()
    profile = Profile(
        colour=draft.colour if draft.colour in PROJECT_COLOURS else "",
        kind=draft.kind,
        category=draft.category.strip(" "),
        channel=draft.channel.strip(" "),
    )
    read = (
        (Field.PROJECT_NAME, _complaint_about_project_name(name)),
        (Field.BASE_URL, address),
        (Field.PROJECT_TOKEN, token),
        (Field.API_KEY_ID, key_id),
        (Field.API_SECRET, secret),
        (Field.CUSTOMER_ID_TYPES, id_types),
        (Field.DEFAULT_CATEGORY, _complaint_about_default(profile.category)),
        (Field.DEFAULT_CHANNEL, _complaint_about_default(profile.channel)),
    )
    problems = tuple(Problem(field, one) for field, one in read if isinstance(one, Message))
    match base_url, token, key_id, secret, id_types:
        case BaseUrl(), str(), str(), Secret(), tuple() if not problems:
            return Project(
                id=project_id,
                name=name,
                base_url=base_url,
                project_token=token,
                key_id=key_id,
                secret=secret,
                id_types=id_types,
                profile=profile,
            )
    return problems


def remarks(draft: ProjectDraft) -> tuple[Problem, ...]:
    """What looks unusual without being wrong: no rule for keys is published (sections 2 and 3).

    And `cookie` among the ID types: it names a soft ID.
    """
    found = []
    address = read_address(draft.base_url)
    if isinstance(address, Address) and resembles_web_app(address.base_url):
        message = say("wire", "This looks like the address of the web app. Is it really that of the API?")
        found.append(Problem(Field.BASE_URL, message))
    for field, text in ((Field.API_KEY_ID, draft.key_id.strip()), (Field.API_SECRET, draft.secret.strip())):
        if text and re.fullmatch(r"[0-9a-z]{64}", text, re.ASCII) is None:
            message = say(
                "wire", "Usually 64 characters, a to z and 0 to 9; this has {count}. Was all of it copied?"
            ).format(
                count=len(text),
            )
            found.append(Problem(field, message))
    if "cookie" in _split_id_types(draft.id_types):
        message = say(
            "wire",
            "“cookie” is a soft ID: it stands for a browser, not for a person. Leave it out unless callers "
            "really name one.",
        )
        found.append(Problem(Field.CUSTOMER_ID_TYPES, message))
    return tuple(found)


def _parse_token(text: str, address: Address | Message) -> str | Message:
    token = parse_project_token(text)
    pasted = address.project_token if isinstance(address, Address) else None
    if pasted is None:
        return token
    if isinstance(token, str) and token.lower() != pasted.lower():
        return say("wire", "The address above holds another project token. Leave only the right one.")
    return token if text.strip() else pasted


def _complaint_about_project_name(name: str) -> Message | None:
    if not name:
        return say("wire", "Give the project a name, for example Acme production.")
    if len(name) > 100:
        return say("wire", "Choose a name of at most 100 characters.")
    if (hidden := hidden_character(name)) is not None:
        return say("wire", "There is {hidden} in it. Delete it.").format(hidden=hidden)
    return None


def _complaint_about_default(text: str) -> Message | None:
    if len(text) > 100:
        return say("wire", "Choose a text of at most 100 characters.")
    if (hidden := hidden_character(text)) is not None:
        return say("wire", "There is {hidden} in it. Delete it.").format(hidden=hidden)
    return None


def _parse_key_id(text: str) -> str | Message:
    text = text.strip(" \t\r\n")
    if not text:
        return say("wire", "Enter the API key ID.")
    if ":" in text:
        return say("wire", "A key ID has no colon. Was the secret pasted with it?")
    return _printable(text)


def _parse_secret(
    text: str, stored: Project | None, base_url: BaseUrl | None, key_id: str | Message
) -> Secret | Message:
    text = text.strip(" \t\r\n")
    if text:
        fit = _printable(text)
        return fit if isinstance(fit, Message) else Secret(fit)
    if stored is None:
        return say("wire", "Enter the API secret. Engagement shows it once, when the key is made.")
    if base_url is not None and base_url != stored.base_url:
        return say(
            "wire",
            "The secret was saved for {host} and goes nowhere else. Enter the secret for the new address.",
        ).format(
            host=stored.base_url.authority,
        )
    if isinstance(key_id, str) and key_id != stored.key_id:
        return say("wire", "Another key has another secret. Enter the secret of this key.")
    return stored.secret


def _printable(text: str) -> str | Message:
    if len(text) > 400:
        return say("wire", "This is too long for a key. Copy it again.")
    if all("!" <= character <= "~" for character in text):
        return text
    return say("wire", "There is a space or an unusual character in it. Copy it again.")


def _parse_id_types(text: str) -> tuple[str, ...] | Message:
    # The keyring of Windows keeps about 1,280 characters for the whole project.
    if len(text) > 200:
        return say("wire", "Choose fewer ID types, or shorter ones.")
    id_types = _split_id_types(text)
    if not any(id_types):
        return say("wire", "Enter at least one customer ID type, for example registered.")
    for id_type in id_types:
        if (complaint := _complaint_about_id_type(id_type)) is not None:
            return complaint
        if id_types.count(id_type) > 1:
            return say("wire", "“{id_type}” stands there twice. Delete one of them.").format(id_type=id_type)
    return id_types


def _split_id_types(text: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\r\n") for part in text.split(","))


def _complaint_about_id_type(id_type: str) -> Message | None:
    if not id_type:
        return say("wire", "There is a comma too many. Write one between two ID types: registered, phone.")
    if (complaint := complaint_about_id_type(id_type)) is not None:
        return complaint
    if " " in id_type:
        return say(
            "wire", "“{id_type}” has a space in it. Separate ID types by commas: registered, phone."
        ).format(id_type=id_type)
    strange = re.search(r"[^\w.-]", id_type)
    if strange is not None or not any(character.isalnum() for character in id_type):
        return say(
            "wire",
            "“{id_type}” is no ID type: its name has letters, digits, _ and - only. Copy it from Engagement.",
        ).format(
            id_type=id_type,
        )
    return None
