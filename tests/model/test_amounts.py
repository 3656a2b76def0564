"""Amounts as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.model.amounts import spoken


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=12.7), "12 s"),
        (timedelta(minutes=1438), "23 h 58 min"),
        (timedelta(hours=3, seconds=5), "3 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(span: timedelta, words: str) -> None:
    assert spoken(span) == words
