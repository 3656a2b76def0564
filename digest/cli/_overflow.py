"""What did not fit into an edition, as the commands tell it."""

from __future__ import annotations

from collections.abc import Mapping

from digest.terminal import counted

_BECOMES = {
    "carry": "may run in the next edition",
    "list": "{is} listed below the section",
    "drop": "{is} dropped",
}


def in_words(counts: Mapping[str, int]) -> str:
    """Say how many stories did not fit and what becomes of them; "" if all did."""
    parts = [
        f"{count:,} {words.format(**{'is': 'is' if count == 1 else 'are'})}"
        for overflow, words in _BECOMES.items()
        if (count := counts.get(overflow, 0))
    ]
    total = counted(sum(counts.values()), "article")
    return f"{total} did not fit: {', '.join(parts)} (max_articles, overflow)." if parts else ""
