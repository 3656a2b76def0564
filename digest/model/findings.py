"""What `digest check` finds: the values of its report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is: fine, should be mended, must be mended, or could not be looked at."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and if it is not well, what to do.

    `id` names what was looked at and never changes ("spf.record"); `group` is the heading it stands under ("sender
    smtp"); `fix` is the DNS record or the line of the configuration to write, to be copied as it is.
    """

    level: Level
    subject: str
    text: str
    id: str = ""
    group: str = ""
    fix: str = ""
