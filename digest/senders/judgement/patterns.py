"""Pieces that the vocabularies `ours` and `theirs` are made of."""

from __future__ import annotations

import re

Words = re.Pattern[str]


def words(*patterns: str) -> Words:
    """Return one pattern that finds any of these."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


NOT = r"(?:not|n't|never|cannot)"
REFUSED = r"(?:reject|refus|den(?:y|ied)|disallow|prohibit|forbid|not accept|bounced)\w*"
SENDER = r"(?:sender|from|return[- ]path|originator|emetteur|expediteur|absender)"
MAILBOX = (
    r"(?:user|usr|recipient|recip|mail ?box|mail ?drop|account|addressee|alias|local[- ]?part|person"
    r"|destinataire|utilisateur|benutzer|empf\S+nger|destinatario|usuario)"
)
PERIOD = (
    r"(?:(?:per|an?|each|every|this|that|last|one|the|for the|24|rolling|in)[ -]?(?:hours?|day|week|month)\b"
    r"|\b(?:daily|hourly|weekly|monthly|today)\b)"
)
HOST = (
    r"(?:@ip|your (?:ip|server|host|network|mail ?server|address|domain)|client host|this ip"
    r"|(?:sending|connecting|client) (?:ip|mta|server|host|address))"
)
BLOCKED = r"(?:block|bann|spam|abus|reject|den(?:y|ied)|refus|not (?:allowed|permitted|accepted))\w*"
