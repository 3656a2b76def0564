"""Signs of a program at work in a sign-up, and the one more click that they lead to.

None of them says no: password managers fill hidden fields, and a cached page may be old or new. What was typed is asked
for once more, with a ticket that is signed for that address and lasts an hour. Under attack the ticket must be solved as
well: a number whose SHA-256 together with the ticket begins with zeros, which costs a browser seconds and a flood dear.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from rapidfuzz.distance import OSA

from digest.readers.addresses import Address

#: The field that people do not see; a program fills in whatever there is.
TRAP = "website"

#: The field with the second at which the page was made.
MADE_AT = "made"

#: Nobody types an address faster than this, in seconds.
SHORTEST_FILL_SECONDS = 2

TICKET_LASTS = timedelta(hours=1)

#: Bits of zero that a solution needs: 65,000 tries on average, a second or a few in a browser.
WORK_BITS = 16

_TICKET = re.compile(r"(\d{1,12})-([0-9a-f]{32})")
_SOLUTION = re.compile(r"\d{1,12}")

#: Mailbox providers whose names are often mistyped.
_POPULAR = (
    *("gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com"),
    *("live.com", "msn.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "t-online.de"),
    *("freenet.de", "orange.fr", "wanadoo.fr", "laposte.net", "libero.it", "seznam.cz", "comcast.net"),
    *("verizon.net", "btinternet.com", "hotmail.co.uk", "yahoo.co.uk", "fastmail.com", "posteo.de"),
)
#: What looks like one of them and is a provider of its own.
_REAL_NAMES = (
    "gmx.com gmx.at gmx.ch mail.com email.com ymail.com rocketmail.com yahoo.fr yahoo.de yahoo.it yahoo.ca yahoo.es "
    "hotmail.fr hotmail.de hotmail.it hotmail.es outlook.fr outlook.de live.fr live.de live.nl me.com mac.com "
    "aim.com ail.com live.ca live.it msn.cn web.com pm.me"
)
_REAL = frozenset(_REAL_NAMES.split())


def looks_automatic(form: Mapping[str, str], now: datetime) -> bool:
    """Tell whether a form was filled in as programs do; one without the hidden fields was not."""
    made = form.get(MADE_AT, "")
    too_fast = made.isdecimal() and 0 <= now.timestamp() - int(made[:12]) < SHORTEST_FILL_SECONDS
    return bool(form.get(TRAP)) or too_fast


def likely_meant(address: Address) -> str:
    """Return the address that was probably meant ("anna@gmial.com": anna@gmail.com), "" for none."""
    local, _, domain = address.text.rpartition("@")
    if domain in _POPULAR or domain in _REAL:
        return ""
    near = min(_POPULAR, key=lambda popular: OSA.distance(domain, popular))
    far = OSA.distance(domain, near)
    return f"{local}@{near}" if far == 1 or (far == 2 and len(near) > 9) else ""


def ticket(secret: bytes, newsletter: str, key: str, now: datetime) -> str:
    """Return what proves that this sign-up was asked about once more."""
    until = str(int((now + TICKET_LASTS).timestamp()))
    return f"{until}-{_signature(secret, until, newsletter, key)}"


def holds(text: str, secret: bytes, newsletter: str, key: str, now: datetime) -> bool:
    """Tell whether a ticket is ours, for this sign-up, and not too old."""
    if not (match := _TICKET.fullmatch(text)) or now.timestamp() >= int(match[1]):
        return False
    return hmac.compare_digest(match[2], _signature(secret, match[1], newsletter, key))


def is_solved(text: str, solution: str) -> bool:
    """Tell whether a number solves a ticket."""
    if not _SOLUTION.fullmatch(solution):
        return False
    found = int.from_bytes(hashlib.sha256(f"{text}:{solution}".encode()).digest(), "big")
    return found >> (256 - WORK_BITS) == 0


def _signature(secret: bytes, *parts: str) -> str:
    return hmac.digest(secret, "\0".join(("sign-up", *parts)).encode(), hashlib.sha256)[:16].hex()
