"""What `digest check` finds: the values of its report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and if it is not well, what to do."""

    level: Level
    subject: str
    text: str
