"""What holds for every edition, whatever the articles and the rules are."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Candidate, Plan
from digest.schedule.slots import Slot
from digest.selection import select
from digest.settings import Newsletter
from tests.helpers.articles import IMAGE, NOW, candidate, feed, key, newsletter

SLOT = Slot(NOW, "2026-03-02T07:00")
TITLES = (
    "Parliament approves the new budget",
    "Storm closes the harbour bridge",
    "Episode 41 of the old series",
)

BASE = newsletter().model_dump(by_alias=True, exclude={"sections"})

moments = st.integers(-3, 60).map(lambda hours: NOW - timedelta(hours=hours))


@st.composite
def articles(draw: st.DrawFn) -> list[Candidate]:
    """Articles that collide a lot: few titles, few pages, few sources."""
    return [
        candidate(
            number,
            draw(st.sampled_from(TITLES) | st.text(max_size=8)),
            source=draw(st.sampled_from("abcz")),
            url=draw(st.sampled_from(["", "", "https://x.example.org/1", "https://x.example.org/2"])),
            published=draw(moments | st.none()),
            first_seen=draw(moments),
            last_changed=draw(moments),
            mailed_at=draw(st.none() | moments),
            first_contact=draw(st.booleans()),
            gone=draw(st.integers(0, 9)) == 0,
            held=draw(st.sampled_from(["", "", "", "new ids"])),
            image=draw(st.none() | st.just(IMAGE)),
            section=draw(st.sampled_from(["", "Sport"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]


@st.composite
def papers(draw: st.DrawFn) -> Newsletter:
    """Newsletters of up to three sections with limits of all kinds."""
    sections = [
        {
            "title": f"Section {number}",
            "max_articles": draw(st.integers(1, 4) | st.none()),
            "overflow": draw(st.sampled_from(["carry", "list", "drop", None])),
            "sources": [feed(source) for source in draw(st.sets(st.sampled_from("abc")))],
            "exclude": draw(st.sampled_from([{}, {"categories": ["sport"]}])),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    return Newsletter.model_validate(
        BASE
        | {
            "sections": sections,
            "max_articles": draw(st.integers(1, 6)),
            "min_articles": draw(st.integers(0, 3)),
            "first_contact": draw(st.integers(0, 3)),
            "spread": draw(st.integers(0, 3)),
            "updates": draw(st.sampled_from(["ignore", "mark", "again"])),
            "quiet_time": draw(st.sampled_from(["0s", "2h"])),
            "pins": draw(st.sampled_from([[], ["https://x.example.org/1"]])),
            "blocks": draw(st.sampled_from([[], ["https://x.example.org/2"]])),
        }
    )


def plan(candidates: list[Candidate], paper: Newsletter) -> Plan:
    return select(candidates, paper, slot=SLOT, now=NOW)


@given(articles(), papers())
@settings(deadline=None)
def test_every_candidate_is_chosen_or_left_out_exactly_once_and_says_why(
    candidates: list[Candidate], paper: Newsletter
) -> None:
    made = plan(candidates, paper)
    told = [(one.candidate.id, one.why) for one in (*made.chosen, *made.listed)]
    told += [(one.candidate.id, one.why) for one in made.left_out]
    assert sorted(number for number, _ in told) == [candidate.id for candidate in candidates]
    assert all(why for _, why in told)


@given(articles(), papers(), st.randoms())
@settings(deadline=None)
def test_the_order_of_the_candidates_makes_no_difference(
    candidates: list[Candidate], paper: Newsletter, chance: random.Random
) -> None:
    shuffled = candidates.copy()
    chance.shuffle(shuffled)
    assert plan(shuffled, paper) == plan(candidates, paper)


@given(articles(), papers())
@settings(deadline=None)
def test_all_limits_hold(candidates: list[Candidate], paper: Newsletter) -> None:
    made = plan(candidates, paper)
    assert len(made.chosen) <= paper.max_articles
    assert [one.rank for one in made.chosen] == list(range(1, len(made.chosen) + 1))
    sections = {section.title: section for section in paper.sections}
    for section in made.sections:
        settings = sections[section.title]
        assert len(section.articles) <= (settings.max_articles or paper.max_articles)
        assert section.articles or section.listed
        assert {one.candidate.source for one in section.articles} <= {
            source.key for source in settings.sources
        }
    archive = [one.candidate for one in made.chosen if one.candidate.first_contact]
    for source in "abc":
        unpinned = [one for one in archive if one.source == key(source) and one.article.url not in paper.pins]
        assert len(unpinned) <= paper.first_contact
    assert bool(made.skip) == (len(made.chosen) < paper.min_articles)


@given(articles(), papers())
@settings(deadline=None)
def test_no_page_is_in_an_edition_twice_and_none_that_is_barred(
    candidates: list[Candidate], paper: Newsletter
) -> None:
    chosen = [one.candidate for one in plan(candidates, paper).chosen]
    pages = [one.url_key for one in chosen]
    assert len(set(pages)) == len(pages)
    for one in chosen:
        assert not one.held or one.article.url in paper.pins
        assert not one.gone
        assert one.article.url not in paper.blocks
        assert one.mailed_at is None or paper.updates != "ignore"
