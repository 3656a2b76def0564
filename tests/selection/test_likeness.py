"""Which headlines tell the same story, and which only look like it."""

from __future__ import annotations

import pytest

from digest.selection.likeness import alike, headline

SAME = [
    ("Parliament approves the new budget", "Parliament approves the new budget"),
    ("Parliament approves the new budget", "PARLIAMENT APPROVES THE NEW BUDGET!"),
    (
        "Parliament approves the new budget after long debate",
        "Parliament approved the new budget after long debates",
    ),
    ("Parliament approves the new budget", "Parliament approves the new budget | The Morning Paper"),
    ("Live: Parliament approves the new budget", "Parliament approves the new budget"),
    ("Harbour bridge closed after storm", "Storm: harbour bridge closed after"),
    ("Bäume am Ufer müssen gefällt werden", "„Bäume am Ufer müssen gefällt werden“"),
    ("東京で大きな地震が発生しました", "東京で大きな地震が発生しました。"),
    ("Floods in 2025 were the worst yet", "Floods in 2025 were the worst yet, report finds"),
]
DIFFERENT = [
    ("Episode 41: the end of the road", "Episode 42: the end of the road"),
    ("Python 3.15 has been released today", "Python 3.16 has been released today"),
    ("The review: The Crown, part II", "The review: The Crown, part III"),
    ("Oil prices rise after the meeting on output cuts", "Oil prices fall after the meeting on output cuts"),
    ("Court rules that the law is legal after all", "Court rules that the law is illegal after all"),
    ("Minister will resign over housing scandal", "Minister will not resign over housing scandal"),
    ("Minister will resign over housing scandal", "Minister won’t resign over housing scandal"),
    ("Der Minister tritt nach dem Skandal zurück", "Der Minister tritt nach dem Skandal nicht zurück"),
    ("Your weather for Monday in the north", "Your weather for Sunday in the north"),
    ("Letters", "Letters"),
    ("Weather today", "Weather today"),
    ("New budget passes", "New budget passes in the upper house"),
    ("東京で大きな地震が発生", "大阪で大きな地震が発生"),
    ("", ""),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_headlines_of_the_same_story_are_alike(one: str, other: str) -> None:
    assert alike(headline(one), headline(other))
    assert alike(headline(other), headline(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_headlines_that_differ_in_what_matters_are_not(one: str, other: str) -> None:
    assert not alike(headline(one), headline(other))
    assert not alike(headline(other), headline(one))
