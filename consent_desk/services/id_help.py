"""Help with a customer ID: what to look at, and what might be meant. Nothing is rewritten unasked."""

from dataclasses import dataclass
from typing import Protocol

from consent_desk.domain import ids
from consent_desk.domain.consent import complaint_about_id
from consent_desk.domain.message import Message, say


@dataclass(frozen=True, slots=True)
class Hint:
    """`message` for a person; `suggestion` may be put into the field, empty where there is none."""

    message: Message
    suggestion: str = ""


class NumberingPlans(Protocol):
    """What is known of phone numbers."""

    def international(self, text: str, country: str) -> str | None:
        """`text`, dialled in `country` (AT; empty where that is unknown), as E.164; None if impossible."""


class MailRules(Protocol):
    """What is known of mail addresses. Asks no network."""

    def complaint(self, text: str) -> str | None:
        """Why nobody can have the address `text`, as a sentence in English; None where somebody may."""


class IdHelp:
    """Looks at complete IDs, for a desk in `country` (AT; empty where that is unknown).

    Its libraries take time to load: called on a lane.
    """

    def __init__(self, plans: NumberingPlans, rules: MailRules, country: str) -> None:
        self._plans = plans
        self._rules = rules
        self._country = country

    def hint(self, id_type: str, text: str) -> Hint | None:
        """What to say about `text` as an ID of `id_type`; None where it has a problem, or nothing is odd."""
        if complaint_about_id(text) is not None:
            return None
        if ids.is_phone_like(id_type, text):
            return self._about_phone(text)
        message = ids.oddity(text)
        if message is None and ids.is_mail_like(id_type, text):
            why = self._rules.complaint(text)
            message = None if why is None else say("{why} Read it back to the caller.", why=why)
        return None if message is None else Hint(message)

    def _about_phone(self, text: str) -> Hint | None:
        number = self._plans.international(text, self._country)
        if number == text:
            return None
        if number is not None:
            return Hint(
                say(
                    "Written internationally (E.164) this is {number}. Engagement compares IDs exactly: use "
                    "the way in which your project writes them.",
                    number=number,
                ),
                number,
            )
        if not self._country and not text.startswith("+"):
            message = ids.oddity(text)
            return None if message is None else Hint(message)
        return Hint(say("No phone number can look like this. Read it back to the caller."))
