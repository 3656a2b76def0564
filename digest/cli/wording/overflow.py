"""What did not fit into an edition, as the commands tell it."""

from __future__ import annotations

from collections.abc import Mapping

from digest.terminal import counted

_BECOMES = {
    "carry": ("may run in the next edition", "may run in the next edition"),
    "list": ("is listed below its section", "are listed below their section"),
    "drop": ("is dropped", "are dropped"),
}


def in_words(counts: Mapping[str, int]) -> str:
    """Say how many stories did not fit and what becomes of them; "" if all did."""
    told = [(count, words[count > 1]) for key, words in _BECOMES.items() if (count := counts.get(key, 0))]
    if not told:
        return ""
    total = counted(sum(counts.values()), "article")
    if len(told) == 1:
        [(count, words)] = told
        return f"{total} did not fit and {words} (max_articles, overflow)."
    return f"{total} did not fit: {', '.join(f'{count:,} {words}' for count, words in told)} (max_articles, overflow)."
