"""Read an answer's text: its enhanced status code, its words without what could be mistaken for words, its times."""

from __future__ import annotations

import re
from typing import TypeAlias

Enhanced: TypeAlias = tuple[int, int, int]

#: RFC 3463, wherever it stands and however it is written: "5.7.1", "#5.7.1", "(5.7.1)"; but no part of an IP address.
_ENHANCED = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?!\.?\d)")
_REPEATED = re.compile(
    r"\b[245]\d\d[-= ](?=\s*[245]\.[0-7]\.\d)"
)  # the code at the start of each further line
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")  # SendAsDenied, RecipNotFound
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\b")
#: Names of block lists, which count even within a URL.
BLOCK_LISTS = re.compile(
    r"spam ?haus|spam ?cop|barracuda ?(?:central|networks|reputation)|\bsorbs\b|\buceprotect|\bsurbl\b|\buribl\b"
    r"|\bdns[-_ ]?[bw]l\b|\brbl\b|\bspamrl\b|\binvaluement|\bhostkarma|\bcbl\.abuseat|\babuseat\b|\bcloudmark"
    r"|\bproofpoint\b|\bsenderscore|\bmanitu\b|\bbackscatterer|\bspfbl\b|\bpsbl\b|\bsenderbase\b"
)

_LONGEST = 700  # characters of an answer that are read

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AGAIN = re.compile(
    r"(?:again|retry|retried|wait|resum\w+|reset\w*|renew\w*|lifted|unblocked|available|later|come back|delayed"
    r"|deferred|gr[ae]y-?list\w*)\b[^.;]{0,40}?\b(\d{1,6}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b"
)
_PER_MINUTE = re.compile(r"\b(?:per|a|each|every|this|last|one)[ -]minute|\bminutely\b|/ ?min\b")
_PER_HOUR_OR_DAY = re.compile(
    r"\b(?:per|an?|each|every|this|last|one|the|for the|24|rolling)[ -]?(?:hours?|day|week|month)\b"
    r"|\b(?:hourly|daily|weekly|monthly|today|tomorrow)\b|/ ?(?:hour|day|month)\b|\b\d+ ?(?:hours?|days?|hrs?)\b"
)


def find_enhanced(code: int, text: str) -> Enhanced | None:
    """Return the enhanced status code in a text; where the reply has a code, of the same class."""
    found = [(int(match[1]), int(match[2]), int(match[3])) for match in _ENHANCED.finditer(text)]
    if 400 <= code < 600:
        found = [enhanced for enhanced in found if enhanced[0] == code // 100]
    return found[0] if found else None


def words_of(text: str, *, sender: str = "", recipient: str = "") -> str:
    """Return a text in lower case for the table of words.

    Codes, URLs and IP addresses are gone (of a URL, the name of a block list stays). Our own address is written
    "@sender", its domain "@our-domain", the reader's "@recipient", any other "@address".
    """
    text = text[:_LONGEST]
    text = _URL.sub(lambda url: f" {' '.join(BLOCK_LISTS.findall(url[0].lower()))} ", text)
    text = _CAMEL.sub(" ", _ENHANCED.sub(" ", _REPEATED.sub(" ", text)))
    text = text.replace("_", " ").replace("\u2019", "'").lower()
    sender, recipient = sender.lower().replace("_", " "), recipient.lower().replace("_", " ")
    for address, name in ((recipient, "@recipient"), (sender, "@sender")):
        if address:
            text = text.replace(address, name)
    domain = sender.rpartition("@")[2]
    if domain and not recipient.endswith(domain):
        text = re.sub(rf"(?<![\w.@-]){re.escape(domain)}(?![\w-]|\.\w)", "@our-domain", text)
    text = _IP.sub("@ip", _ADDRESS.sub("@address", text))
    return " ".join(text.replace("e-mail", "email").split())


def named_wait(words: str) -> float | None:
    """Return the seconds after which a text asks us to come back, if it says so."""
    found = _AGAIN.search(words)
    return float(int(found[1]) * _UNITS[found[2][0]]) if found else None


def is_per_minute(words: str) -> bool:
    return bool(_PER_MINUTE.search(words))


def is_per_hour_or_day(words: str) -> bool:
    """Whether a limit is one of an hour, a day or longer."""
    return bool(_PER_HOUR_OR_DAY.search(words))
