"""An edition that is being sent, and what a run finds out about editions that a person should know."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.delivery.outcomes import Rules
from digest.delivery.queue.jobs import MessageMaker
from digest.model import Edition


@dataclass(frozen=True, slots=True)
class Opened:
    """An edition that is being sent: how its copies are made, and its rules."""

    edition: Edition
    make: MessageMaker
    rules: Rules


@dataclass(slots=True)
class Findings:
    """What a person should know, in words."""

    problems: dict[str, None] = field(default_factory=dict)  # what lasts, in its order, each once
    events: list[str] = field(default_factory=list)  # what has happened meanwhile
    reached_nobody: list[str] = field(default_factory=list)  # names of editions that are held for that reason
