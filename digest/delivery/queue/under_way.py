"""The copies that are being handed over, the oldest first."""

from __future__ import annotations

from collections.abc import Iterable

from digest.delivery.queue.jobs import SendJob


class UnderWay:
    """Knows since when each copy has been under way; times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._since: dict[SendJob, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def begin(self, job: SendJob, at: float) -> None:
        self._since[job] = at

    def end(self, job: SendJob) -> float | None:
        """Take a copy off the list; return since when it was on it, None if it was not."""
        return self._since.pop(job, None)

    def drop(self, jobs: Iterable[SendJob]) -> None:
        """Take copies off the list of which nothing is to be reported."""
        for job in jobs:
            self._since.pop(job, None)

    def jobs(self) -> list[SendJob]:
        return list(self._since)

    def oldest(self, at: float) -> float:
        """Return for how many seconds the oldest copy has been under way; 0 if there is none."""
        return at - next(iter(self._since.values())) if self._since else 0.0
