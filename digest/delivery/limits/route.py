"""A sender as the engine is given it: with its limits, and with what is known of it from earlier runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.delivery.limits.host_throttle import HostThrottle
from digest.delivery.limits.sender_standing import Standing
from digest.model.amounts import Hours, Rate
from digest.senders import Sender


@dataclass(frozen=True, slots=True)
class SenderRoute:
    """A sender, the name that people know it by, and how many messages it may take in which time, and when."""

    name: str
    sender: Sender
    rates: tuple[Rate, ...] = ()
    hours: Hours | None = None
    warm_up: tuple[int, ...] = ()  # messages a day, for its first days
    timezone: str = "UTC"
    domains: HostThrottle = field(default_factory=HostThrottle)  # what is known of the readers' mail hosts
    standing: Standing = field(default_factory=Standing)  # what is known of the sender itself
