"""What libraries know of phone numbers and mail addresses. Loaded with the first question, not before."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


class PhoneLibrary:
    """Numbering plans of the world, from phonenumbers."""

    def international(self, text: str, country: str) -> str | None:
        """`text`, dialled in `country`, as E.164; None where it is no valid number."""
        import phonenumbers

        number = _parsed(text, country)
        if number is None or not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def is_possible(self, text: str, country: str) -> bool:
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


class MailLibrary:
    """The syntax of mail addresses, from email-validator; no name is looked up."""

    def complaint(self, text: str) -> str | None:
        """Why nobody can have the address `text`; None where somebody may."""
        import email_validator

        try:
            email_validator.validate_email(text, check_deliverability=False)
        except email_validator.EmailNotValidError as error:
            return str(error)
        return None
