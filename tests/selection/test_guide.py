"""The worked example of the guide says what the program says."""

from __future__ import annotations

from pathlib import Path

from digest.schedule.slots import Slot
from digest.selection import select
from tests.helpers.articles import NOW, candidate, feed, newsletter

GUIDE = Path(__file__).parent.parent.parent / "docs" / "explanation" / "selection.md"
BUDGET = "Parliament approves the new budget"


def test_the_worked_example_is_what_comes_out() -> None:
    paper = newsletter(
        {"title": "World", "max_articles": 3, "sources": [feed("a"), feed("b", weight=2)]},
        {"title": "City", "exclude": {"words": ["sport"]}, "sources": [feed("c")]},
    )
    articles = [
        candidate(1, BUDGET, hours=2),
        candidate(2, BUDGET, source="b", hours=1),
        candidate(3, "Harbour reopens", hours=0.1),
        candidate(4, "Schools to start later", hours=3),
        candidate(5, "Bus fares rise", hours=4),
        candidate(6, "A big day for sport", source="c"),
        candidate(7, "Tram line 4 is back", source="c"),
        candidate(8, "Last week in pictures", hours=50),
    ]
    plan = select(articles, paper, slot=Slot(NOW, "2026-03-02T07:00"), now=NOW)
    told = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert [one.candidate.id for one in plan.chosen] == [2, 3, 4, 7]
    reasons = [one.reason for one in plan.chosen] + [one.why for one in plan.left_out]
    assert not [why for why in reasons if why.replace("The ", "") not in told]
