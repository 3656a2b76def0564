"""The collector of cyclic garbage: paused or relaxed for a while, back to normal afterwards."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeAlias

import pytest

from digest import gc_tuning

Care: TypeAlias = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def usual() -> Iterator[tuple[int, int, int]]:
    usual = gc.get_threshold()
    yield usual
    gc.set_threshold(*usual)
    gc.enable()


def test_a_relaxed_collector_works_as_often_as_before_afterwards(usual: tuple[int, int, int]) -> None:
    with gc_tuning.gc_relaxed():
        with gc_tuning.gc_relaxed():
            pass
        assert gc.get_threshold() > usual
    assert gc.get_threshold() == usual


def test_a_service_finds_young_garbage_however_it_was_started() -> None:
    with gc_tuning.gc_relaxed():
        gc_tuning.raise_gc_threshold()
        young, middle, old = gc.get_threshold()
    assert (young, middle) == (700, 10)
    assert old > 10


def test_a_pause_ends_with_the_outer_one() -> None:
    with gc_tuning.gc_paused():
        with gc_tuning.gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize("care", [gc_tuning.gc_relaxed, gc_tuning.gc_paused])
def test_an_error_ends_it_as_well(usual: tuple[int, int, int], care: Care) -> None:
    with pytest.raises(ZeroDivisionError), care():
        _ = 1 / 0
    assert gc.isenabled()
    assert gc.get_threshold() == usual
