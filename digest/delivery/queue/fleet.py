"""Which sender mails which edition now: the first that may be used, and that takes this edition's mail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence

from digest.delivery.limits.streaks import Row
from digest.delivery.queue.lanes import Lane


class Fleet:
    """The senders of a run in their order; `editions` are those that are open, by id."""

    def __init__(self, lanes: Sequence[Lane], editions: Mapping[int, object]) -> None:
        self._lanes, self._editions = lanes, editions

    def at_work(self, at: float, wall: float) -> dict[Lane, Collection[int] | None]:
        """Return the senders to be used now, each with the editions that it mails; None stands for all of them.

        The next sender works while one copy finds out whether the first does.
        """
        usable = [lane for lane in self._lanes if not lane.opens_in(at, wall)]
        usable.sort(key=lambda lane: lane.probing)
        if not usable:
            return {}
        if not any(lane.judge.keeps_out for lane in usable):
            return {usable[0]: None}
        found: dict[Lane, set[int]] = {}
        for edition_id in self._editions:
            if lane := next((lane for lane in usable if not lane.judge.unfit(edition_id, at)), None):
                found.setdefault(lane, set()).add(edition_id)
        return {**found}

    def deliverable(self, at: float) -> list[int]:
        """Return the open editions that some sender takes, once it may be used."""
        if not any(lane.judge.keeps_out for lane in self._lanes):
            return list(self._editions)
        return [
            edition_id
            for edition_id in self._editions
            if any(not lane.broken and not lane.judge.unfit(edition_id, at) for lane in self._lanes)
        ]

    def takes(self, edition_id: int, at: float, wall: float) -> bool:
        """Tell whether some sender may mail an edition now."""
        return any(
            not lane.opens_in(at, wall) and not lane.judge.unfit(edition_id, at) for lane in self._lanes
        )

    def opens_in(self, at: float, wall: float) -> float:
        """Return the seconds until some sender may be used that takes anything: infinity if a person must act first."""
        open_in = (lane.opens_in(at, wall) for lane in self._lanes if self._wanted(lane, at))
        return min(open_in, default=math.inf)

    def _wanted(self, lane: Lane, at: float) -> bool:
        """Tell whether a sender takes the mail of any open edition, as far as is known."""
        if not lane.judge.keeps_out or not self._editions:
            return True
        return any(not lane.judge.unfit(edition_id, at) for edition_id in self._editions)

    def complaints(self, wall: float) -> list[str]:
        """Say what is wrong with the senders, for people."""
        return [words for lane in self._lanes for words in lane.complaints(wall)]

    def rows(self) -> list[tuple[Lane, Row]]:
        """Take out the rows of answers that are to be taken back."""
        found = [(lane, row) for lane in self._lanes for row in lane.judge.to_take_back]
        for lane in self._lanes:
            lane.judge.to_take_back.clear()
        return found

    def all_alike(self, edition_id: int) -> bool:
        """Judge an edition that is done and has reached nobody: True if that was a sender's doing."""
        at = asyncio.get_running_loop().time()
        found = [lane.judge.all_alike(edition_id, at) for lane in self._lanes]
        return any(found)
