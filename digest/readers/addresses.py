"""Read e-mail addresses as people write them; the judge of what is one is `email-validator`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be mailed to."""

    text: str  # for the envelope: local part as given (NFC), domain in lower-case ASCII (IDNA)
    key: str  # the same for every spelling that means one mailbox to people; for comparing only

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Address:
    """Read one bare address ("anna@example.org"); raises ValueError that says in words what is wrong with it.

    Nothing is looked up. Refused are also domains that no mail can reach: localhost, .test, .invalid and the like.
    """
    try:
        valid = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    address = f"{valid.local_part}@{valid.ascii_domain}"
    return Address(address, unicodedata.normalize("NFC", address.casefold()))
