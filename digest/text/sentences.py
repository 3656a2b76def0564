"""Shorten a text where a sentence ends."""

from __future__ import annotations

import re

from digest.text.plain import truncate

# A full stop behind a short word or a capital may be an abbreviation: "St. Ives", "U.S. senators".
_END = re.compile(r"(?:(?<=[^\W\d_]{3})\.|(?<=[\d%)\]”’»\"'])\.|[!?])[\"'”’»)\]]*(?=\s)|[。！？][」』）”’]*")
_MIN_SHARE = 0.4  # of the limit; a shorter beginning says too little


def sentences(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters: whole sentences where the last one ends in time, else whole words."""
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _END.finditer(text[: limit + 1]) if found.end() <= limit]
    ends = [end for end in ends if _begins_anew(text[end:].lstrip())]
    if ends and ends[-1] >= _MIN_SHARE * limit:
        return text[: ends[-1]]
    return truncate(text, limit)


def _begins_anew(rest: str) -> bool:
    """Say whether what follows can begin a sentence."""
    return not rest[:1].islower()
