"""Which sender mails which edition now: the first that may be used, and that takes this edition's mail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence

from digest.delivery.limits.streaks import Row
from digest.delivery.queue.sender_queue import SenderQueue


class Fleet:
    """The senders of a run in their order; `editions` are those that are open, by id."""

    def __init__(self, queues: Sequence[SenderQueue], editions: Mapping[int, object]) -> None:
        self._queues, self._editions = queues, editions

    def at_work(self, at: float, wall: float) -> dict[SenderQueue, Collection[int] | None]:
        """Return the senders to be used now, each with the editions that it mails; None stands for all of them.

        The next sender works while one copy finds out whether the first does.
        """
        usable = [queue for queue in self._queues if not queue.opens_in(at, wall)]
        usable.sort(key=lambda queue: queue.probing)
        if not usable:
            return {}
        if not any(queue.judge.keeps_out for queue in usable):
            return {usable[0]: None}
        found: dict[SenderQueue, set[int]] = {}
        for edition_id in self._editions:
            if queue := next((queue for queue in usable if not queue.judge.unfit(edition_id, at)), None):
                found.setdefault(queue, set()).add(edition_id)
        return {**found}

    def deliverable(self, at: float) -> list[int]:
        """Return the open editions that some sender takes, once it may be used."""
        if not any(queue.judge.keeps_out for queue in self._queues):
            return list(self._editions)
        return [
            edition_id
            for edition_id in self._editions
            if any(not queue.broken and not queue.judge.unfit(edition_id, at) for queue in self._queues)
        ]

    def takes(self, edition_id: int, at: float, wall: float) -> bool:
        """Tell whether some sender may mail an edition now."""
        return any(
            not queue.opens_in(at, wall) and not queue.judge.unfit(edition_id, at) for queue in self._queues
        )

    def opens_in(self, at: float, wall: float) -> float:
        """Return the seconds until some sender may be used that takes anything: infinity if a person must act first."""
        open_in = (queue.opens_in(at, wall) for queue in self._queues if self._wanted(queue, at))
        return min(open_in, default=math.inf)

    def _wanted(self, queue: SenderQueue, at: float) -> bool:
        """Tell whether a sender takes the mail of any open edition, as far as is known."""
        if not queue.judge.keeps_out or not self._editions:
            return True
        return any(not queue.judge.unfit(edition_id, at) for edition_id in self._editions)

    def problems(self, wall: float) -> list[str]:
        """Say what is wrong with the senders, for people."""
        return [words for queue in self._queues for words in queue.problems(wall)]

    def rows(self) -> list[tuple[SenderQueue, Row]]:
        """Take out the rows of answers that are to be taken back."""
        found = [(queue, row) for queue in self._queues for row in queue.judge.to_take_back]
        for queue in self._queues:
            queue.judge.to_take_back.clear()
        return found

    def all_alike(self, edition_id: int) -> bool:
        """Judge an edition that is done and has reached nobody: True if that was a sender's doing."""
        at = asyncio.get_running_loop().time()
        found = [queue.judge.all_alike(edition_id, at) for queue in self._queues]
        return any(found)
