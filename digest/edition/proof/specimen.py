"""An edition of made-up stories, to find out what a theme does with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.edition.prepare import prepare
from digest.edition.theme.themes import find_theme
from digest.errors import TemplateError
from digest.model import Article, Candidate, Chosen, Image, Plan, PlannedSection
from digest.settings import Newsletter, Site

DUE = datetime(2026, 3, 2, 7, tzinfo=UTC)
PICTURE = "https://example.org/specimen.jpg"
TEXT = "A sentence of the story itself"
LISTED = "A headline that is only listed"


def specimen(newsletter: Newsletter) -> Plan:
    """Return a plan of two stories with pictures and one headline that did not fit."""
    image = Image(url=PICTURE, width=1200, height=800)
    titles = ("The first headline", "The second headline", LISTED)
    stories = [_chosen(rank, title, image) for rank, title in enumerate(titles, 1)]
    section = PlannedSection(title="News", articles=tuple(stories[:2]), listed=tuple(stories[2:]))
    return Plan(newsletter=newsletter.name, slot="2026-03-02T07:00", due=DUE, sections=(section,))


def _chosen(rank: int, title: str, image: Image) -> Chosen:
    article = Article(
        guid=str(rank),
        url=f"https://example.org/{rank}",
        title=title,
        dek="A dek",
        published=DUE - timedelta(hours=1),
        image=image,
        body=f"<p>{TEXT}</p>",
    )
    candidate = Candidate(
        id=rank, source="", source_title="", article=article, url_key="", first_seen=DUE, last_changed=DUE
    )
    return Chosen(candidate=candidate, rank=rank, why="")


def shows_pictures(newsletter: Newsletter, site: Site, templates: Path) -> bool:
    """Tell whether a newsletter's theme shows pictures; a broken theme counts as one that shows them."""
    return _shows(PICTURE, newsletter, site, templates)


def shows_texts(newsletter: Newsletter, site: Site, templates: Path) -> bool:
    """Tell whether a newsletter's theme prints the articles' own texts."""
    return _shows(TEXT, newsletter, site, templates)


def shows_listed(newsletter: Newsletter, site: Site, templates: Path) -> bool:
    """Tell whether a newsletter's theme shows the headlines that did not fit."""
    return _shows(LISTED, newsletter, site, templates)


def _shows(what: str, newsletter: Newsletter, site: Site, templates: Path) -> bool:
    try:
        theme = find_theme(newsletter.theme, templates)
        seen = prepare(specimen(newsletter), newsletter, site, DUE)
        return what in theme.render("body.html", seen.variables())
    except TemplateError:
        return True
