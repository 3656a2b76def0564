"""One reading of both clocks.

The words of this folder: `now` is a Moment, `at` is monotonic seconds, `wall` is a time of the day.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Moment(NamedTuple):
    """The monotonic clock of the event loop, in seconds, and the wall clock (aware), read together.

    Spans are measured with `at`, because it cannot be set. Times in the ledger and in the configuration are compared
    with `wall`.
    """

    at: float
    wall: datetime

    @property
    def wall_seconds(self) -> float:
        """The wall clock in seconds since 1970."""
        return self.wall.timestamp()
