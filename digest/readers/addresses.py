"""Read e-mail addresses as people write them; the judge of what is one is `email-validator`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

_PLAIN = re.compile(r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)")


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
    if (plain := _PLAIN.fullmatch(text)) and len(plain[1]) <= 64 and len(text) <= 254:
        # Nearly everybody's. Imports have hundreds of thousands of them, and few domains.
        address = f"{plain[1]}@{_domain(plain[2])}"
        return Address(address, address.lower())
    try:
        valid = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    address = f"{valid.local_part}@{valid.ascii_domain}"
    return Address(address, unicodedata.normalize("NFC", address.casefold()))


@lru_cache(maxsize=10_000)
def _domain(text: str) -> str:
    local = "0!@"  # not plain, so that the judge is asked
    return parse(f"{local}{text}").text.removeprefix(local)
