"""Help with a customer ID: what to look at, and what might be meant. Nothing is rewritten unasked.

What libraries know of phone numbers and mail addresses loads with the first question, not before.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent_desk.domain.consent import ids
from consent_desk.domain.consent.values import complaint_about_id
from consent_desk.domain.message import Message, say
from consent_desk.domain.text import cut

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


@dataclass(frozen=True, slots=True)
class Hint:
    """`message` for a person; `suggestion` may be put into the field, empty where there is none."""

    message: Message
    suggestion: str = ""


class IdHelp:
    """Looks at complete IDs, for a desk in `country` (AT; empty where that is unknown).

    Its libraries take time to load: called on a lane.
    """

    def __init__(self, country: str) -> None:
        self._country = country

    def hint(self, id_type: str, text: str) -> Hint | None:
        """What to say about `text` as an ID of `id_type`; None where nothing is odd.

        Of what has a problem: the ID that is in it, if there is one.
        """
        inner = ids.unwrapped(text)
        if inner != text and complaint_about_id(inner) is None:
            return Hint(
                say("engagement", "Something stands around the ID. Is it {inner}?").format(inner=cut(inner)),
                inner,
            )
        if complaint_about_id(text) is not None:
            return None
        if (unusual := ids.plainly(text)) is not None:
            return Hint(unusual, ids.plain(text))
        if (accident := ids.accident(text)) is not None:
            return Hint(accident)
        if ids.is_phone_like(id_type, text):
            return self._about_phone(text)
        message = ids.oddity(text)
        if message is None and ids.is_mail_like(id_type, text):
            why = mail_complaint(text)
            message = (
                None
                if why is None
                else say("engagement", "{why} Read it back to the caller.").format(why=why)
            )
        return None if message is None else Hint(message)

    def alternatives(self, id_type: str, text: str) -> tuple[str, ...]:
        """Other IDs that may be meant by `text`, to be looked up where it is unknown."""
        forms = ids.alternatives(text)
        if ids.is_phone_like(id_type, text):
            number = international(text, self._country)
            forms += () if number is None or number == text else (number,)
        return tuple(one for one in forms if complaint_about_id(one) is None)

    def _about_phone(self, text: str) -> Hint | None:
        number = international(text, self._country)
        if number == text:
            return None
        if number is not None:
            return Hint(
                say(
                    "engagement",
                    "Written internationally (E.164) this is {number}. Engagement compares IDs exactly: use "
                    "the way in which your project writes them.",
                ).format(
                    number=number,
                ),
                number,
            )
        if is_possible(text, self._country) or not (self._country or text.startswith("+")):
            message = ids.oddity(text)
            return None if message is None else Hint(message)
        return Hint(say("engagement", "No phone number can look like this. Read it back to the caller."))


def international(text: str, country: str) -> str | None:
    """`text`, dialled in `country` (AT; empty where that is unknown), as E.164; None if not valid."""
    import phonenumbers

    number = _parsed(text, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_possible(text: str, country: str) -> bool:
    """Whether a number could look like `text`: plans change faster than releases of a desk."""
    import phonenumbers

    number = _parsed(text, country)
    return number is not None and phonenumbers.is_possible_number(number)


def _parsed(text: str, country: str) -> "PhoneNumber | None":
    import phonenumbers

    try:
        return phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None


def mail_complaint(text: str) -> str | None:
    """Why nobody can have the address `text`, in English; None where somebody may. Asks no network."""
    import email_validator

    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        return str(error)
    return None
