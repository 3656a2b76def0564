"""Mails that were fetched together, and what tells their place that we have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MAILS_PER_BATCH = 50


class Batch(NamedTuple):
    """Mails, and `done`: to be called when what they report is durable. Both block."""

    mails: list[bytes]
    done: Callable[[], None]
