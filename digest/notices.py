"""Problems that last: the log hears of each once when it appears, and once when it is gone."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

log = logging.getLogger("digest")

# What differs from one look to the next in one and the same problem: counts, times, a server's ids. An edition's name
# and whatever stands before the first colon (the sender, the source) say which problem it is.
_CHANGING = re.compile(r"[\w-]+-\d{4}-\d\d-\d\dT\d{4}|(?<![\w.-])(?=[\w-]*\d)[\w-]+(?:[.:,][\w-]*\d[\w-]*)*")


class Notices:
    """What is wrong now, by who found it ("delivery", a job of the ticker)."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[str, str]] = {}

    @property
    def current(self) -> tuple[str, ...]:
        """The problems that there are, each once."""
        return tuple({kind: text for one in self._standing.values() for kind, text in one.items()}.values())

    def tell(self, finder: str, problems: Iterable[str], *, level: int = logging.WARNING) -> None:
        """Take what a finder sees now in place of what it saw before; log what is new, and what is gone."""
        before, known = self._standing.get(finder, {}), self._kinds()
        self._standing[finder] = now = {_kind(text): text for text in problems}
        for kind, text in now.items():
            if kind not in known:
                log.log(level, "%s", text)
        for kind, text in before.items():
            if kind not in self._kinds():
                log.info("no longer so: %s", text)

    def _kinds(self) -> set[str]:
        return {kind for one in self._standing.values() for kind in one}


def _kind(text: str) -> str:
    """Return what a problem is known by."""
    subject, colon, words = text.partition(": ")
    return subject + colon + _CHANGING.sub(lambda found: found[0] if _is_edition(found[0]) else "#", words)


def _is_edition(word: str) -> bool:
    return re.fullmatch(r"[\w-]+-\d{4}-\d\d-\d\dT\d{4}", word) is not None
