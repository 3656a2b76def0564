"""Tell whether two replies say the same about different readers. Pure.

Servers put details into a reply: the reader's address, their own names, identifiers, counters, times. Without these,
replies that have the same cause are the same.
"""

from __future__ import annotations

import re

from digest.delivery.outcomes import ENHANCED

_LENGTH = 500  # characters that are compared: the ledger keeps no more of a reply
_ABOUT = re.compile(
    r"""
    [^\s<>()\[\]"',;]+ @ [^\s<>()\[\]"',;]*      # an address
    | [a-z][a-z0-9+.-]*:// \S+                   # a link
    | \b(?:mon|tue|wed|thu|fri|sat|sun),?\ \d{1,2}\ [a-z]{3}    # the day of RFC 5322, or of the C library
    | \b(?:mon|tue|wed|thu|fri|sat|sun)\ [a-z]{3}\ +\d{1,2}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(r"[^\W_]+(?:[.:_=/+~$%-]+[^\W_]+)*")
_NAME_OF_A_HOST = re.compile(r"\w\.\w")
_CHANGE_OF_CASE = re.compile(r"[a-z][A-Z]")
_CODE = re.compile(r"\s*(\d{3})\b")


def likeness(reply: str, code: int = 0) -> str:
    """Return a reply's code, enhanced code and words in lower case, without anything that is only one reader's."""
    reply = reply[:_LENGTH]
    enhanced = ENHANCED.search(reply)
    if not code and (found := _CODE.match(reply)):
        code = int(found[1])
    words = [token.lower() for token in _TOKEN.findall(_ABOUT.sub(" ", reply)) if not _is_a_name(token)]
    return " ".join([str(code), enhanced[0] if enhanced else "-", *words])


def _is_a_name(token: str) -> bool:
    """Tell whether a token stands for one thing: an identifier, a host, a number, a time."""
    return (
        any(character.isdigit() for character in token)
        or _NAME_OF_A_HOST.search(token) is not None
        or _CHANGE_OF_CASE.search(token) is not None
    )


def kind(reply: str, code: int = 0) -> str:
    """Return what kind of temporary answer this is: by its codes where they say something, else by its words."""
    alike = likeness(reply, code)
    enhanced = ENHANCED.search(reply[:_LENGTH])
    return " ".join(alike.split()[:2]) if enhanced and enhanced[2] != "0" else alike


def names_mailbox(reply: str) -> bool:
    """Tell whether the enhanced code is about one mailbox: its address or its state (RFC 3463, 3.2 and 3.3).

    X.1.7 and X.1.8 are about the sender's address, and what providers have added above is about accounts and limits.
    """
    enhanced = ENHANCED.search(reply[:_LENGTH])
    if enhanced is None:
        return False
    subject, detail = int(enhanced[2]), int(enhanced[3])
    return detail in _MAILBOX_DETAILS.get(subject, ())


_MAILBOX_DETAILS = {1: (1, 2, 3, 4, 6, 10), 2: (1, 2)}
