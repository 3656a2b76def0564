"""Which sender mails which edition now: the first that may be used, and that takes this edition's mail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence

from digest.delivery.limits.streaks import Row
from digest.delivery.moment import Moment
from digest.delivery.queue.sender_queue import SenderQueue


class Fleet:
    """The senders of a run in their order; `editions` are those that are open, by id."""

    def __init__(self, queues: Sequence[SenderQueue], editions: Mapping[int, object]) -> None:
        self._queues, self._editions = queues, editions

    @property
    def broken(self) -> bool:
        """Whether a person must act before any sender can be used."""
        return bool(self._queues) and all(queue.limits.broken for queue in self._queues)

    def at_work(self, now: Moment) -> dict[SenderQueue, Collection[int] | None]:
        """Return the senders to be used now, each with the editions that it mails; None stands for all of them.

        The next sender works while one copy finds out whether the first does.
        """
        usable = [queue for queue in self._queues if not queue.limits.opens_in(now)]
        usable.sort(key=lambda queue: queue.probing)
        if not usable:
            return {}
        if not any(queue.limits.judge.keeps_out for queue in usable):
            return {usable[0]: None}
        found: dict[SenderQueue, set[int]] = {}
        for edition_id in self._editions:
            fit = (queue for queue in usable if not queue.limits.judge.unfit(edition_id, now.at))
            if queue := next(fit, None):
                found.setdefault(queue, set()).add(edition_id)
        return {**found}

    def deliverable(self, at: float) -> list[int]:
        """Return the open editions that some sender takes, once it may be used; `at` is monotonic, in seconds."""
        limits = [queue.limits for queue in self._queues]
        if not any(one.judge.keeps_out for one in limits):
            return list(self._editions)
        return [
            edition_id
            for edition_id in self._editions
            if any(not one.broken and not one.judge.unfit(edition_id, at) for one in limits)
        ]

    def takes(self, edition_id: int, now: Moment) -> bool:
        """Tell whether some sender may mail an edition now."""
        limits = [queue.limits for queue in self._queues]
        return any(not one.opens_in(now) and not one.judge.unfit(edition_id, now.at) for one in limits)

    def opens_in(self, now: Moment) -> float:
        """Return the seconds until some sender may be used that takes anything: infinity if a person must act first."""
        wanted = (queue for queue in self._queues if self._wanted(queue, now.at))
        return min((queue.limits.opens_in(now) for queue in wanted), default=math.inf)

    def _wanted(self, queue: SenderQueue, at: float) -> bool:
        """Tell whether a sender takes the mail of any open edition, as far as is known."""
        judge = queue.limits.judge
        if not judge.keeps_out or not self._editions:
            return True
        return any(not judge.unfit(edition_id, at) for edition_id in self._editions)

    def problems(self, now: Moment) -> list[str]:
        """Say what is wrong with the senders, for people."""
        return [words for queue in self._queues for words in queue.limits.problems(now)]

    def slowed(self) -> list[str]:
        """Say which senders throttle us, for people."""
        return [words for queue in self._queues if (words := queue.limits.slowed())]

    def rows(self) -> list[Row]:
        """Take out the rows of answers that are to be taken back."""
        found = [row for queue in self._queues for row in queue.limits.judge.to_take_back]
        for queue in self._queues:
            queue.limits.judge.to_take_back.clear()
        return found

    def all_alike(self, edition_id: int) -> bool:
        """Judge an edition that is done and has reached nobody: True if that was a sender's doing."""
        at = asyncio.get_running_loop().time()
        found = [queue.limits.judge.all_alike(edition_id, at) for queue in self._queues]
        return any(found)
