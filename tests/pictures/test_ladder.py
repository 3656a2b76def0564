"""The next picture where one cannot be mailed: the text's others, then the page's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from digest.model import Chosen, Image, Plan
from digest.net.http import Http
from digest.pictures import settle
from digest.settings import ImageSettings
from digest.sources.feed import parse
from digest.store.db.database import Database
from tests.helpers.illustrated import SITE, images, plan_of
from tests.helpers.servers import Answer, Server
from tests.pictures.drawing import encoded

SVG = Answer(body="<svg xmlns='http://www.w3.org/2000/svg'/>", headers={"Content-Type": "image/svg+xml"})


@pytest.fixture
def gallery(server: Server) -> Server:
    for name, size in {"ship": (900, 600), "share": (1200, 630), "pixel": (1, 1), "icon": (32, 32)}.items():
        server.routes[f"/{name}.png"] = Answer(
            body=encoded("PNG", *size), headers={"Content-Type": "image/png"}
        )
    server.routes["/chart"] = SVG
    return server


def with_body(plan: Plan, body: str) -> Plan:
    (section,) = plan.sections
    (chosen,) = section.articles
    article = replace(chosen.candidate.article, body=body)
    chosen = replace(chosen, candidate=replace(chosen.candidate, article=article))
    return replace(plan, sections=(replace(section, articles=(chosen,)),))


@pytest.mark.parametrize("first", ["pixel.png", "icon.png", "gone.png", "chart"])
async def test_a_picture_that_is_none_gives_way_to_the_next_of_the_text(
    gallery: Server, http: Http, sqlite_db: Database, now: datetime, first: str
) -> None:
    body = "".join(
        f'<img src="{gallery.url("/" + name)}" alt="{name}">' for name in (first, "icon.png", "ship.png")
    )
    plan = with_body(plan_of(now, gallery.url(f"/{first}")), body)
    made = await settle(plan, ImageSettings(), http=http, db=sqlite_db, site_url=SITE, now=now, keep=False)
    assert images(made) == [Image(url=gallery.url("/ship.png"), alt="ship.png", width=900, height=600)]
    assert made.problems == ()
    assert made.chosen[0].pictured


async def test_the_pages_picture_comes_last_and_a_problem_only_if_there_is_none(
    gallery: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    plan = with_body(plan_of(now, gallery.url("/gone.png")), f'<img src="{gallery.url("/pixel.png")}">')
    found = {1: Image(url=gallery.url("/share.png"))}

    async def more(chosen: list[Chosen]) -> dict[int, Image]:
        return {one.rank: found[one.rank] for one in chosen if one.rank in found}

    async def look() -> Plan:
        return await settle(
            plan, ImageSettings(), http=http, db=sqlite_db, site_url=SITE, now=now, keep=False, more=more
        )

    made = await look()
    assert [image and image.url for image in images(made)] == [gallery.url("/share.png")]
    assert made.problems == ()
    found.clear()
    made = await look()
    assert images(made) == [None]
    assert len(made.problems) == 1
    assert "404" in made.problems[0]


async def test_it_does_not_climb_for_ever(
    gallery: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    body = "".join(f'<img src="{gallery.url(f"/none{number}.png")}">' for number in range(50))
    plan = with_body(plan_of(now, gallery.url("/gone.png")), body)
    await settle(plan, ImageSettings(), http=http, db=sqlite_db, site_url=SITE, now=now, keep=False)
    assert len(gallery.requests) <= 6


@pytest.mark.parametrize(
    "first",
    [
        "<img src='https://e.org/ann.png' width='96' height='96'>",
        "<img src='https://e.org/ann.png' style='width: 96px'>",
        "<img class='wp-smiley' src='https://e.org/smile.png' alt='🎉'>",
        "<img src='https://e.org/count.png' width='1' height='1'>",
        "<img src='https://secure.gravatar.com/avatar/1'>",
        "<img src='https://e.org/logo.svg'>",
    ],
)
def test_portraits_emoji_and_counters_lead_no_story(first: str) -> None:
    text = f"{first}<p>Text</p><img src='https://e.org/ship.jpg'>".replace("<", "&lt;")
    feed = f"<rss><channel><item><title>T</title><description>{text}</description></item></channel></rss>"
    (article,) = parse(feed.encode()).articles
    assert article.image is not None
    assert article.image.url == "https://e.org/ship.jpg"
