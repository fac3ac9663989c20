"""What libraries know of phone numbers and mail addresses. Loaded with the first question, not before."""


class PhoneLibrary:
    """Numbering plans of the world, from phonenumbers."""

    def international(self, text: str, country: str) -> str | None:
        """`text`, dialled in `country`, as E.164; None where no number can look like this."""
        import phonenumbers

        try:
            number = phonenumbers.parse(text, country or None)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


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
