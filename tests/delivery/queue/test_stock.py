"""No more is marked ahead than leaves within a fraction of a second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.queue.stock import AHEAD_SECONDS, Stock


def used(stock: Stock, seconds: float, *, turns: int = 50) -> Stock:
    """Let the answers take so long, with every stock used up."""
    for _ in range(turns):
        stock.answered(seconds)
        stock.adapt(0, used_up=True)
    return stock


def test_a_slow_server_gets_what_it_can_begin_at_once() -> None:
    stock = used(Stock(calls=8, lines=4, batch=1), 5.0)
    assert stock.room(0, 0, 0.0) == 4
    assert stock.room(0, 4, 0.0) == 0
    assert stock.room(1, 3, 0.0) == 0


def test_a_server_that_stalls_is_slow_before_it_answers() -> None:
    stock = used(Stock(calls=8, lines=4, batch=1), 0.001)
    assert stock.room(0, 8, 0.0) > 100
    assert stock.slow(0.6)
    assert stock.room(0, 8, 0.6) == 0


def test_a_batch_is_marked_when_its_call_can_begin() -> None:
    stock = Stock(calls=1, lines=1, batch=100)
    assert stock.room(0, 0, 0.0) == 100
    used(stock, 0.4)
    assert [stock.room(0, in_hand, 0.0) for in_hand in (0, 100)] == [100, 0]
    used(stock, 0.01)
    assert stock.room(0, 100, 0.0) == 100, "the fastest has one more ready"


@given(
    seconds=st.floats(0.0001, 20),
    calls=st.integers(1, 40),
    in_hand=st.integers(0, 40),
)
def test_what_is_marked_ahead_leaves_in_time(seconds: float, calls: int, in_hand: int) -> None:
    stock = used(Stock(calls=calls, lines=calls, batch=1), seconds)
    room = stock.room(0, in_hand, 0.0)
    behind = max(0, room - max(0, calls - in_hand))
    assert behind * seconds / calls <= AHEAD_SECONDS + 1e-6
