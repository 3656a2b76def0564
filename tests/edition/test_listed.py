"""Headlines that did not fit: below their section, in every theme and in the text, and the first to go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from digest.edition import set_edition, shows_listed, shows_pictures, templates_dir
from digest.edition.finish import MAX_BYTES, encoded_size
from digest.edition.proof.specimen import specimen
from digest.model import Mail, Plan
from tests.edition import samples

THEMES = ("frontpage", "headlines", "letter")


def with_listed(count: int, title: str = "A headline in brief") -> Plan:
    plan = samples.plan()
    first, *others = plan.sections
    extra = [
        replace(
            plan.chosen[-1],
            rank=len(plan.chosen) + number,
            candidate=replace(
                plan.chosen[-1].candidate,
                article=replace(
                    plan.chosen[-1].candidate.article,
                    title=f"{title} {number}",
                    url=f"https://example.org/brief/{number}",
                ),
            ),
        )
        for number in range(1, count + 1)
    ]
    return replace(plan, sections=(replace(first, listed=tuple(extra)), *others))


def made(plan: Plan, theme: str = "frontpage") -> Mail:
    paper = samples.newsletter().model_copy(update={"theme": theme})
    return set_edition(plan, paper, samples.SITE, templates=templates_dir(), now=samples.DUE)


@pytest.mark.parametrize("theme", THEMES)
def test_they_stand_below_their_section_with_links(theme: str) -> None:
    plan = with_listed(3)
    mail = made(plan, theme)
    links = {
        node.text(strip=True): node.attributes["href"] for node in LexborHTMLParser(mail.html).css("a[href]")
    }
    after = plan.sections[1].articles[0].candidate.article.title
    for number in (1, 2, 3):
        title, url = f"A headline in brief {number}", f"https://example.org/brief/{number}"
        assert links[title] == url
        assert f"- {title}" in mail.text
        assert url in mail.text
        assert mail.html.index(url) < mail.html.index(after)
    assert mail.subject == made(samples.plan(), theme).subject


@pytest.mark.parametrize("theme", THEMES)
def test_without_any_there_is_no_trace_of_them(theme: str) -> None:
    assert made(with_listed(0), theme) == made(samples.plan(), theme)


def test_a_section_that_has_them_alone_stands_too() -> None:
    plan = with_listed(2)
    bare = replace(plan, sections=(replace(plan.sections[0], articles=()), *plan.sections[1:]))
    mail = made(bare)
    assert "A headline in brief 2" in mail.html
    assert mail.subject == plan.sections[1].articles[0].candidate.article.title


def test_where_a_mail_is_too_large_they_go_before_any_story() -> None:
    mail = made(with_listed(400, "A headline that is long enough to fill " + "a whole line of the mail " * 3))
    assert encoded_size(mail.html) <= MAX_BYTES
    assert "A headline that is long enough" in mail.html
    assert samples.plan().chosen[-1].candidate.article.title in mail.html
    assert mail.text.count("A headline that is long enough") == 400
    assert mail.web.count("A headline that is long enough") == 400


@pytest.mark.parametrize(("theme", "pictures"), [("frontpage", True), ("letter", True), ("headlines", False)])
def test_what_a_theme_shows_is_seen_in_what_it_sets(theme: str, pictures: bool) -> None:
    paper = samples.newsletter().model_copy(update={"theme": theme})
    assert shows_pictures(paper, samples.SITE, templates_dir()) is pictures
    assert shows_listed(paper, samples.SITE, templates_dir())
    assert len(specimen(paper).chosen) == 2
