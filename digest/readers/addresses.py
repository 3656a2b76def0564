"""Read e-mail addresses as people write them; `email-validator` decides what is valid."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from digest.text import clean_text

LONGEST_NAME = 100  # characters

_PLAIN = re.compile(r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)")
_MAILBOX = re.compile(r"(?P<name>[^<>\r\n]*)<\s*(?P<address>[^<>\s]+)\s*>")


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
        # Nearly all are like this. Imports have hundreds of thousands of them, and few domains.
        address = f"{plain[1]}@{_domain(plain[2])}"
        return Address(address, address.lower())
    try:
        valid = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    address = f"{valid.local_part}@{valid.ascii_domain}"
    return Address(address, unicodedata.normalize("NFC", address.casefold()))


def parse_mailbox(text: str) -> tuple[str, Address]:
    """Read an address as people type or copy it, bare or "Anna Berg <anna@example.org>", into a name and an address.

    The name is as it was written, without its quotation marks, "" where there is none. Raises ValueError as `parse` does.
    """
    text = text.strip()
    if not (whole := _MAILBOX.fullmatch(text)):
        return "", parse(text)
    return _unquoted(whole["name"].strip()), parse(whole["address"].removeprefix("mailto:"))


def checked_name(name: str, address: Address) -> str:
    """Return a reader's name, clean; raises ValueError where it holds an address of another person.

    A name that is only the reader's own address counts as no name.
    """
    clean = clean_text(name, LONGEST_NAME) if name else ""
    if "@" not in clean:
        return clean
    if clean.casefold() == address.text.casefold():
        return ""
    raise ValueError(f"its name {clean[:60]!r} has an @ in it, which looks like an address")


def _unquoted(name: str) -> str:
    """Take the quotation marks off a display name (RFC 5322, 3.2.4), also those that people type."""
    if len(name) >= 2 and name[0] == name[-1] and name[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", name[1:-1]).strip()
    return name


@lru_cache(maxsize=10_000)
def _domain(text: str) -> str:
    local = "0!@"  # not plain, so that the judge is asked
    return parse(f"{local}{text}").text.removeprefix(local)
