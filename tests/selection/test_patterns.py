"""Regular expressions under guard."""

from __future__ import annotations

from time import monotonic

from digest.selection.patterns import search_all


def test_each_pattern_finds_its_texts() -> None:
    found, slow = search_all(["^the", "Ü.*ö", "never"], ["The end", "ünd schön", "in the end"])
    assert found == {"^the": {0}, "Ü.*ö": {1}, "never": set()}
    assert slow == []


def test_a_pattern_that_takes_for_ever_is_ended_and_the_others_are_not() -> None:
    started = monotonic()
    found, slow = search_all(["a", "(a|a)+$", "b"], ["a" * 50 + "b"], seconds=1.0)
    assert slow == ["(a|a)+$"]
    assert found == {"a": {0}, "b": {0}}
    assert monotonic() - started < 20


def test_nothing_to_search_is_no_work() -> None:
    assert search_all(["x"], []) == ({}, [])
    assert search_all([], ["x"]) == ({}, [])
