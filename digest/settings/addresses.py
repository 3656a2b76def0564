"""Addresses that the configuration names: on the web and for mail, in the ASCII form in which they can be used.

What cannot work is found here, when the configuration is read, and not reader by reader.
"""

from __future__ import annotations

import re
from email.utils import getaddresses
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, urlsplit

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator

_EXAMPLE = "https://news.example.org"
_MAILBOX = "The Daily <daily@news.example.org>"
_MAX_CHARACTERS = (
    500  # characters of an address: with a reader's token it must fit into a header's line of 998
)
_MAX_RETURN_NAME = 21  # characters
_FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\<>]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: What may stand in an address as it is; a comma would end it in List-Unsubscribe (RFC 2369).
_UNQUOTED = "%/:@!$&'()*+;=~-._"


def web_address(value: str) -> str:
    """Return an http or https address as a URI (RFC 3986), made of an IRI as RFC 3987, 3.1 says; raises ValueError."""
    if "://" not in value:
        raise ValueError(f'must be an address such as "{_EXAMPLE}"')
    if _FORBIDDEN_CHARACTERS.search(value) or len(value) > _MAX_CHARACTERS:
        raise ValueError(
            f"has a blank, a control character, < > or \\ in it, or more than {_MAX_CHARACTERS} characters"
        )
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("its host or its port is not valid") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError(f'must be an address such as "{_EXAMPLE}"')
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or a password: every reader would see it")
    if port == 0:
        raise ValueError("its host or its port is not valid")
    place = ascii_host(host) + (f":{port}" if port is not None else "")
    query = f"?{_quoted(parts.query, '?')}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment, '?')}" if parts.fragment else ""
    return f"{parts.scheme.lower()}://{place}{_quoted(parts.path)}{query}{fragment}"


def site_address(value: str) -> str:
    """Return the address below which pages lie, without a slash at its end."""
    address = web_address(value)
    if "?" in address or "#" in address:
        raise ValueError('must end with its path: other addresses are made by writing "/u/..." behind it')
    return address.rstrip("/")


def link(value: str) -> str:
    """Return where a link may lead: an address, one relative to site.url, mailto:, or nowhere ("")."""
    if not value or "://" in value:
        return web_address(value) if value else ""
    if value.lower().startswith("mailto:"):
        address, mark, rest = value[7:].partition("?")
        return f"mailto:{mailbox(address)[1]}{mark}{_quoted(rest, '?,')}"
    if (
        _FORBIDDEN_CHARACTERS.search(value)
        or value.startswith("www.")
        or re.match(r"[a-zA-Z][\w+.-]*:", value)
    ):
        raise ValueError(
            f'must be an address such as "{_EXAMPLE}/join", a path such as "/join", or "mailto:..."'
        )
    path, mark, rest = value.partition("?")
    return f"{_quoted(path, '#')}{mark}{_quoted(rest, '?#')}"


def contact(value: str) -> str:
    """Return an address on the web or for mail as it can stand in a User-Agent header."""
    if "://" in value:
        return web_address(value)
    if "@" in value and not value.lower().startswith("mailto:"):
        return mailbox(value)[1]
    if not value.isascii() or not value.isprintable():
        raise ValueError(
            'must be an address such as "https://news.example.org/contact" or "desk@news.example.org"'
        )
    return value


def ascii_host(host: str) -> str:
    """Return a host's name in lower-case ASCII (IDNA 2008), or an IP address as it stands in a URL; raises ValueError."""
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        return f"[{address}]" if address.version == 6 else str(address)
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        name = ""
    labels = name.lower().removesuffix(".").split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{host[:100]!r} is no name of a host")
    return ".".join(labels)


def mailbox(value: str) -> tuple[str, str]:
    """Split "Name <address>" into a name and an address that every server takes; raises ValueError.

    The address is ASCII: its domain as IDNA has it, and its first part must be so by itself.
    """
    found = getaddresses([value]) if value.isprintable() else []
    name, address = found[0] if len(found) == 1 else ("", "")
    if "@" not in address:
        raise ValueError(f'{value!r} is not one sender such as "{_MAILBOX}"; quote a name with a comma')
    try:
        checked = validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(f'{value!r} is not a mailbox such as "{_MAILBOX}": {error}') from None
    if checked.ascii_email is None:
        raise ValueError(
            f"{value!r} cannot send: the part before the @ must be ASCII, many servers take nothing else"
        )
    return name, checked.ascii_email


def _quoted(text: str, more: str = "") -> str:
    """Write everything in percent-encoding (UTF-8) that may not stand in an address."""
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(text, safe=_UNQUOTED + more))


def _mailbox(value: str) -> str:
    domain = mailbox(value)[1].rpartition("@")[2]
    if "." not in domain:
        raise ValueError(f'{value!r} is not a sender: its domain has no dot; write "{_MAILBOX}"')
    return value


def _mailbox_or_none(value: str) -> str:
    return _mailbox(value) if value else ""


def _return_address(value: str) -> str:
    """Return an address that a token can be added to: "+" and 42 characters, of the 64 before the @ (RFC 5321)."""
    if not value:
        return ""
    name, address = mailbox(value)
    if name or "+" in address or len(address.rpartition("@")[0]) > _MAX_RETURN_NAME:
        raise ValueError(
            f'must be an address such as "bounces@news.example.org", with at most {_MAX_RETURN_NAME} characters and '
            'no "+" before the @: a token for each reader follows there'
        )
    _mailbox(value)
    return address


def _seed(value: str) -> str:
    if "@" not in value:
        raise ValueError(f'{value!r} is no address; write "anna@example.org"')
    return value


WebAddress = Annotated[str, AfterValidator(web_address)]
OptionalWebAddress = Annotated[str, AfterValidator(lambda value: web_address(value) if value else "")]
SiteAddress = Annotated[str, AfterValidator(site_address)]
Link = Annotated[str, AfterValidator(link)]
Contact = Annotated[str, AfterValidator(contact)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
OptionalMailbox = Annotated[str, AfterValidator(_mailbox_or_none)]
Seed = Annotated[str, AfterValidator(_seed)]
Domain = Annotated[str, AfterValidator(ascii_host)]
ReturnAddress = Annotated[str, AfterValidator(_return_address)]
