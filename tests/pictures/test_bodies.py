"""The pictures in articles' texts and the newsletter's own: their true sizes, copies, and what is none."""

from __future__ import annotations

from datetime import datetime

from digest.model import Article, Image, Plan
from digest.net.http import Http
from digest.pictures import settle
from digest.settings import ImageSettings
from digest.store.db.database import Database
from digest.text import pictures_in, with_pictures
from tests.edition import samples
from tests.helpers.servers import Answer, Server
from tests.pictures.drawing import photograph

SITE = "https://news.example.org"
COPIES = ImageSettings(copies=True)


def plan_of(server: Server, *bodies: str, image: str = "") -> Plan:
    found = Image(url=server.url(image)) if image else None
    return samples.plan_of(
        *(
            Article(
                guid=str(n), url=f"https://e.org/{n}", title=f"S {n}", body=body, image=None if n else found
            )
            for n, body in enumerate(bodies)
        )
    )


async def looked_at(
    plan: Plan, http: Http, db: Database, now: datetime, settings: ImageSettings | None = None, logo: str = ""
) -> Plan:
    return await settle(
        plan,
        settings or ImageSettings(),
        http=http,
        db=db,
        site_url=SITE,
        now=now,
        keep=True,
        texts=True,
        logo=logo,
    )


def body(plan: Plan, number: int = 0) -> str:
    return plan.chosen[number].candidate.article.body


async def test_sizes_are_true_and_counters_and_broken_ones_go(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph("JPEG", 900, 600))
    server.routes["/count"] = Answer(body=photograph("GIF", 1, 1))
    server.routes["/page"] = Answer(body="<html>")
    a, count, page, gone = (server.url(path) for path in ("/a.jpg", "/count", "/page", "/gone"))
    text = f'<p>A<img src="{a}" alt="&lt;x&gt;" width="9"><img src="{count}"><img src="{page}"><img src="{gone}"></p>'
    told = await looked_at(plan_of(server, text, "<p>none</p>"), http, sqlite_db, now)
    assert body(told) == f'<p>A<img src="{a}" alt="&lt;x&gt;" width="900" height="600"></p>'
    assert body(told, 1) == "<p>none</p>"
    assert told.problems == ()


async def test_what_cannot_be_reached_stays_and_nothing_is_asked_for_in_vain(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    text = '<p><img src="http://127.0.0.1:9/a.jpg" width="30"></p>'
    assert body(await looked_at(plan_of(server, text), http, sqlite_db, now)) == text
    server.routes["/a.jpg"] = Answer(body=photograph())
    plan = plan_of(server, f'<img src="{server.url("/a.jpg")}">')
    seen = await settle(
        plan, ImageSettings(), http=http, db=sqlite_db, site_url=SITE, now=now, keep=True
    )  # a theme that prints no texts
    assert body(seen) == body(plan)
    assert server.requests == []


async def test_copies_are_mailed_in_texts_too_and_the_leads_is_the_same_everywhere(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/wall.jpg"] = Answer(body=photograph("JPEG", 1600, 900))
    server.routes["/wall-800x450.jpg"] = Answer(body=photograph("JPEG", 800, 450))
    server.routes["/pier.jpg"] = Answer(body=photograph("JPEG", 600, 2000))
    text = "".join(f'<img src="{server.url(path)}">' for path in ("/wall-800x450.jpg", "/pier.jpg"))
    told = await looked_at(plan_of(server, text, image="/wall.jpg"), http, sqlite_db, now, COPIES)
    image = told.chosen[0].candidate.article.image
    assert image is not None
    wall, pier = pictures_in(body(told))
    assert wall == image.url
    assert image.url.startswith(f"{SITE}/i/")
    assert (image.width, image.height) == (1200, 675)
    assert pier.startswith(f"{SITE}/i/")
    assert 'width="600" height="2000"' in body(told)


async def test_copies_have_the_shape_of_their_place(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/tall.jpg"] = Answer(body=photograph("JPEG", 600, 2400))
    server.routes["/wide.jpg"] = Answer(body=photograph("JPEG", 2400, 400))
    plan = samples.plan_of(
        *(
            Article(
                guid=path,
                url=f"https://e.org{path}",
                title=path,
                image=Image(url=server.url(path.partition("#")[0])),
            )
            for path in ("/tall.jpg", "/tall.jpg#2", "/wide.jpg")
        )
    )
    told = await looked_at(plan, http, sqlite_db, now, COPIES)
    images = [chosen.candidate.article.image for chosen in told.chosen]
    assert [image and (image.width, image.height) for image in images] == [(600, 750), (480, 320), (480, 320)]


async def test_the_logo_is_measured_or_said_to_be_none(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/logo.png"] = Answer(body=photograph("PNG", 900, 150))
    plan = plan_of(server, "<p>x</p>")
    told = await looked_at(plan, http, sqlite_db, now, logo=server.url("/logo.png"))
    assert told.logo == Image(url=server.url("/logo.png"), width=900, height=150)
    missing = await looked_at(plan, http, sqlite_db, now, logo=server.url("/none.png"))
    assert missing.logo is None
    assert "the logo" in missing.problems[0]


def test_pictures_in_clean_html_are_found_and_changed() -> None:
    text = '<p><img src="https://e.org/a?x=1&amp;y=2" alt="A &gt; B"><img alt="no address"></p>'
    assert list(pictures_in(text)) == ["https://e.org/a?x=1&y=2"]
    assert with_pictures(text, lambda url: None) == text
    assert with_pictures(text, lambda url: ("", 0, 0)) == '<p><img alt="no address"></p>'
    assert with_pictures(text, lambda url: ("https://e.org/b?c&d", 3, 2)) == (
        '<p><img src="https://e.org/b?c&amp;d" alt="A &gt; B" width="3" height="2"><img alt="no address"></p>'
    )
