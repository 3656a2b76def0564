"""The lead follows importance; a picture breaks a tie, if it can be seen."""

from __future__ import annotations

from dataclasses import replace

from digest.model import Chosen, Plan
from digest.schedule.slots import Slot
from digest.selection import reconsidered, select
from digest.settings import Newsletter
from tests.helpers.articles import IMAGE, NOW, candidate, feed, newsletter

SLOT = Slot(NOW, "2026-03-02T07:00")


def plan(*candidates: object, paper: Newsletter | None = None) -> Plan:
    return select(list(candidates), paper or newsletter(), slot=SLOT, now=NOW)  # type: ignore[arg-type]


def order(made: Plan) -> list[int]:
    return [one.candidate.id for one in made.chosen]


def unseen(made: Plan, *lost: int) -> Plan:
    """What comes back when pictures were looked at, and some could not be loaded."""

    def looked_at(one: Chosen) -> Chosen:
        return replace(one, pictured=one.candidate.has_image and one.candidate.id not in lost)

    sections = (replace(one, articles=tuple(map(looked_at, one.articles))) for one in made.sections)
    return replace(made, sections=tuple(sections))


def test_the_most_important_story_leads_with_or_without_a_picture() -> None:
    made = plan(candidate(1, hours=1), candidate(2, hours=6, image=IMAGE), candidate(3, hours=7, image=IMAGE))
    assert order(made) == [1, 2, 3]
    assert made.chosen[0].reason.startswith("the lead; new since the last edition; ranked 1 of 3 in World: ")


def test_a_picture_breaks_a_tie_and_the_reason_says_so() -> None:
    paper = newsletter(ranking={"image": 0})
    made = plan(candidate(1, "The mayor resigns", hours=1), candidate(2, hours=1.5, image=IMAGE), paper=paper)
    assert order(made) == [2, 1]
    assert made.chosen[0].lead == "the lead, for its picture (+0.05): else “The mayor resigns” would lead"
    assert not made.chosen[1].lead


def test_a_picture_that_could_not_be_loaded_counts_for_nothing() -> None:
    before = plan(candidate(1, hours=1), candidate(2, hours=2, image=IMAGE), candidate(3, hours=30))
    assert order(before) == [2, 1, 3]
    after = reconsidered(unseen(before, 2), newsletter())
    assert order(after) == [1, 2, 3]
    assert [one.rank for one in after.chosen] == [1, 2, 3]
    assert after.chosen[0].lead == "the lead"
    assert after.chosen[1].reason.endswith("; its picture could not be loaded -0.10")
    assert not after.chosen[1].lead
    assert reconsidered(after, newsletter()) == after


def test_pictures_that_were_all_seen_change_nothing() -> None:
    before = plan(*(candidate(number, hours=number, image=IMAGE) for number in range(6)))
    assert reconsidered(unseen(before), newsletter()) == before


def test_a_picture_found_on_the_storys_own_page_breaks_a_tie_too() -> None:
    before = plan(candidate(1, hours=1), candidate(2, hours=1.2))
    first, second = before.sections[0].articles
    found = replace(before.sections[0], articles=(first, replace(second, pictured=True)))
    assert order(reconsidered(replace(before, sections=(found,)), newsletter())) == [2, 1]


def test_pins_lead_whatever_their_pictures() -> None:
    paper = newsletter(pins=["https://a.example.org/7"])
    made = plan(candidate(1, hours=0, image=IMAGE), candidate(7, hours=90), paper=paper)
    assert order(reconsidered(unseen(made, 1), paper)) == [7, 1]


def test_the_sources_stay_spread_when_the_lead_changes() -> None:
    paper = newsletter({"title": "World", "sources": [feed("a"), feed("b")]}, spread=1)
    made = plan(
        candidate(1, hours=1),
        candidate(2, hours=2),
        candidate(3, hours=1.5, source="b", image=IMAGE),
        paper=paper,
    )
    assert order(made) == [3, 1, 2]
    assert order(reconsidered(unseen(made, 3), paper)) == [1, 3, 2]
