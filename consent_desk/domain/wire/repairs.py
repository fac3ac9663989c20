"""What is probably meant by project settings that cannot be right: offered, never done unasked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut
from consent_desk.domain.wire.address import address_in, token_in
from consent_desk.domain.wire.project import Project, ProjectDraft, parse_project

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Repair:
    """The settings without the problem, and what a button says that puts them there."""

    label: Message
    draft: ProjectDraft


def repair(draft: ProjectDraft, field: Field, stored: Project | None = None) -> Repair | None:
    """How the problem of one field can be mended; None where that is a person's to know."""
    return next((one for one in _proposed(draft, field) if not _has_problem(one.draft, field, stored)), None)


def _has_problem(draft: ProjectDraft, field: Field, stored: Project | None) -> bool:
    read = parse_project(draft, project_id="", stored=stored)
    return not isinstance(read, Project) and any(problem.field is field for problem in read)


def _proposed(draft: ProjectDraft, field: Field) -> Iterator[Repair]:
    match field:
        case Field.BASE_URL if address := address_in(draft.base_url):
            yield _use(address, replace(draft, base_url=address))
        case Field.PROJECT_TOKEN if token := token_in(draft.project_token) or token_in(draft.base_url):
            yield _use(token, replace(draft, project_token=token))
        case Field.API_KEY_ID:
            key_id, colon, secret = draft.key_id.strip().partition(":")
            if colon and not draft.secret:
                label = say("wire", "Put what follows the colon into API secret")
                yield Repair(label, replace(draft, key_id=key_id, secret=secret))
            yield Repair(_LEAVE_OUT, replace(draft, key_id=_printable(draft.key_id)))
        case Field.API_SECRET if draft.secret.strip():
            # Of a secret, nothing is shown.
            yield Repair(_LEAVE_OUT, replace(draft, secret=_printable(draft.secret)))
        case Field.CUSTOMER_ID_TYPES:
            parts = [part for part in re.split(r"[\s,;|]+", draft.id_types[:200]) if part]
            id_types = ", ".join(dict.fromkeys(parts))
            yield _use(id_types, replace(draft, id_types=id_types))
        case _:
            return


_LEAVE_OUT = say("wire", "Leave it out")


def _use(text: str, draft: ProjectDraft) -> Repair:
    return Repair(say("wire", "Use {text}").format(text=cut(text, _LONGEST)), draft)


def _printable(text: str) -> str:
    return "".join(character for character in text if "!" <= character <= "~")
