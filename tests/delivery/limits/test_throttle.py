"""A sender that throttles is used nearly as fast as it takes mails, and no faster."""

from __future__ import annotations

from collections import deque

import pytest

from digest.delivery.limits.throttle import Throttle


class Server:
    """Takes so many mails in any second, and complains about the others."""

    def __init__(self, limit: int) -> None:
        self.limit, self.taken, self.complaints = limit, deque[float](), 0
        self.count = 0

    def takes(self, now: float) -> bool:
        while self.taken and self.taken[0] <= now - 1:
            self.taken.popleft()
        if len(self.taken) >= self.limit:
            self.complaints += 1
            return False
        self.taken.append(now)
        self.count += 1
        return True


def run(throttle: Throttle, server: Server, seconds: float, start: float = 100.0) -> int:
    """Hand over as fast as the throttle allows, eight at once; return how many were taken."""
    before, now = server.count, start
    while now < start + seconds:
        n = min(8, throttle.free(now))
        throttle.take(n, now)
        for _ in range(n):
            if server.takes(now):
                throttle.accepted(now)
            else:
                throttle.throttled(now, 1.0)
        now += 0.04
    return server.count - before


@pytest.mark.parametrize("limit", [2, 14, 100])
def test_a_limit_that_nobody_told_us_is_used_to_most_of_it(limit: int) -> None:
    server = Server(limit)
    assert run(Throttle(), server, 60) >= 0.75 * 60 * limit
    assert server.complaints <= 60 / 4 * 3


def test_a_limit_that_is_lifted_is_noticed() -> None:
    throttle, server = Throttle(), Server(10)
    run(throttle, server, 30)
    server.limit = 40
    run(throttle, server, 150, start=130.0)
    assert run(throttle, server, 20, start=280.0) >= 0.7 * 20 * 40


def test_without_a_complaint_there_is_no_limit() -> None:
    throttle = Throttle()
    for i in range(1000):
        throttle.accepted(i / 1000)
    assert throttle.pace is None
    assert throttle.free(1.0) >= 1000
    assert throttle.wait(1.0) == 0


def test_complaints_without_a_mail_taken_are_no_limit() -> None:
    throttle = Throttle()
    assert not any(throttle.throttled(at, 1.0) for at in range(100, 130))
    assert throttle.throttled(131.0, 1.0)
    throttle.accepted(132.0)
    assert not throttle.throttled(133.0, 1.0)


def test_whoever_counts_calls_is_only_waited_for() -> None:
    throttle = Throttle()
    throttle.throttled(100.0, 2.0, slower=False)
    assert (throttle.free(101.0), throttle.wait(101.0), throttle.pace) == (0, 1.0, None)
    assert throttle.free(102.0) >= 1000
