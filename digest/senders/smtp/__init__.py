"""SMTP: a sans-I/O core that knows the exact phase of every message, and the connections that drive it."""

from digest.senders.smtp.options import Options
from digest.senders.smtp.sender import Sender

__all__ = ["Options", "Sender"]
