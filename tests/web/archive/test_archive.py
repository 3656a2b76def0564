"""The archive: found by everybody where it is public, by nobody else where it is not; nothing personal in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from digest.app import open_tools
from digest.edition import set_edition, specimen
from digest.model import Plan
from digest.model.placeholders import PLACEHOLDERS
from digest.pipeline.personalise import copies
from digest.store.editions import editions, remakes
from digest.web import create_app, serve
from tests.web.archive.conftest import settings
from tests.web.conftest import Service, add_edition, add_reader

ATOM = "{http://www.w3.org/2005/Atom}"
PERSONAL = "".join(f'<a href="{mark}">{mark}</a>' for mark in PLACEHOLDERS.values())
HTML = (
    "<!doctype html><html lang=en><head><title>x</title><style>h1{color:red}</style></head><body><h1>The tide</h1>"
    f'<img src="https://img.example.org/lead.jpg" width="600" alt="">{PERSONAL}</body></html>'
)


async def add_days(service: Service, count: int, newsletter: str = "daily") -> list[str]:
    days = [datetime(2026, 1, 31, 7, tzinfo=UTC) + timedelta(days=day) for day in range(count)]
    return [
        await add_edition(
            service.tools,
            day.strftime("%Y-%m-%dT%H:%M"),
            HTML,
            newsletter=newsletter,
            subject=f"No. {number} & <more>",
            preheader=f"What is in {number}\x0b",
        )
        for number, day in enumerate(days, 1)
    ]


async def test_every_edition_is_listed_once_however_many_pages_there_are(service: Service) -> None:
    names = await add_days(service, 120)
    found, path, pages = list[str](), "/n/daily/archive", 0
    while path:
        answer = await service.client.get(path)
        assert answer.status_code == 200
        tree = LexborHTMLParser(answer.text)
        found += [str(link.attributes["href"]).rpartition("/")[2] for link in tree.css(".editions a")]
        older = tree.css_first(".older")
        path = f"/n/daily/{older.attributes['href']}" if older else ""
        pages += 1
    assert pages == 3
    assert found == names[::-1]
    month = await service.client.get("/n/daily/archive?month=2026-02")
    assert month.text.count("<li>") == 28
    assert "No. 2 &amp; &lt;more&gt;" in month.text
    assert (
        '<link rel="canonical" href="https://news.example.org/n/daily/archive?month=2026-02">' in month.text
    )
    for wrong in ("month=2026-13", "month=2031-01", "month=x", "before=x", "before=1999-01-01T00:00"):
        assert (await service.client.get(f"/n/daily/archive?{wrong}")).status_code == 404, wrong


async def test_an_edition_can_be_found_shared_and_left_for_its_neighbours(service: Service) -> None:
    names = await add_days(service, 3)
    answer = await service.client.get(f"/e/{names[1]}")
    head, links = LexborHTMLParser(answer.text), {}
    for link in head.css("head link"):
        links[link.attributes["rel"]] = link.attributes["href"]
    assert links["canonical"] == f"https://news.example.org/e/{names[1]}"
    assert (links["prev"], links["next"]) == (names[0], names[2])
    told = {
        node.attributes.get("property") or node.attributes.get("name"): node.attributes["content"]
        for node in head.css("meta[content]")
    }
    assert told["og:title"] == "No. 2 & <more>"
    assert str(told["og:description"]).strip() == "What is in 2"
    assert told["og:image"] == "https://img.example.org/lead.jpg"
    assert told["og:url"] == links["canonical"]
    assert answer.headers["X-Robots-Tag"] == "all"
    latest = await service.client.get("/n/daily/latest")
    assert latest.headers["Location"] == f"../../e/{names[2]}"


async def test_nothing_personal_is_in_any_public_answer(service: Service) -> None:
    await add_reader(service.tools, "ada")
    names = await add_days(service, 2)
    for path in (f"/e/{names[0]}", "/n/daily/archive", "/n/daily/feed.xml", "/sitemap.xml", "/robots.txt"):
        text = (await service.client.get(path)).text
        assert not set(text) & set("\ue000\ue001"), path
        assert not re.search(r"/[upc]/[\w-]{20,}", text), path
        assert "ada@" not in text, path


async def test_the_feed_follows_the_rules_of_atom(service: Service) -> None:
    names = await add_days(service, 31)
    answer = await service.client.get("/n/daily/feed.xml")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.content)
    assert (feed.bozo, feed.version, feed.feed.title) == (False, "atom10", "The Daily")
    assert [entry.link for entry in feed.entries] == [
        f"https://news.example.org/e/{name}" for name in names[:0:-1]
    ]
    assert feed.entries[0].title == "No. 31 & <more>"
    root = ET.fromstring(answer.content)
    nodes = [root, *root.iterfind(f"{ATOM}entry")]
    for node in nodes:  # RFC 4287, 4.1.1 and 4.1.2
        for once in ("id", "title", "updated"):
            assert len(node.findall(ATOM + once)) == 1
        assert str(node.findtext(f"{ATOM}id")).startswith("urn:uuid:")
        assert datetime.fromisoformat(str(node.findtext(f"{ATOM}updated"))).tzinfo
    assert len({node.findtext(f"{ATOM}id") for node in nodes}) == 31
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "The Morning Paper"
    links = {link.attrib["rel"]: link.attrib["href"] for link in root.iterfind(f"{ATOM}link")}
    assert links["self"] == "https://news.example.org/n/daily/feed.xml"
    empty = feedparser.parse((await service.client.get("/n/woche/feed.xml")).content)
    assert (empty.bozo, empty.feed.language, empty.entries) == (False, "de", [])


async def test_ids_and_dates_survive_a_remake(service: Service) -> None:
    names = await add_days(service, 2)
    db, now = service.tools.db, service.tools.clock()

    async def told() -> list[tuple[str, str, str]]:
        feed = feedparser.parse((await service.client.get("/n/daily/feed.xml")).content)
        return [(entry.id, entry.published, entry.updated) for entry in feed.entries]

    before = await told()
    old = await editions.by_name(db, names[0])
    assert old.mail
    plan = Plan(newsletter="daily", slot=old.slot, due=old.due, sections=())
    await remakes.take_place(db, old, plan, replace(old.mail, subject="Corrected"), now)
    assert await told() == before
    assert "Corrected" in (await service.client.get("/n/daily/feed.xml")).text


@pytest.mark.parametrize(
    "path", ["/e/daily-2026-01-31T0700", "/n/daily/archive", "/n/daily/feed.xml", "/sitemap.xml"]
)
async def test_who_has_it_already_is_told_so(service: Service, path: str) -> None:
    await add_days(service, 1)
    first = await service.client.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=300"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await service.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    await add_edition(service.tools, "2026-02-07T07:00", HTML)
    assert (await service.client.get(path, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("newsletter", ["private", "off"])
async def test_what_is_not_public_is_found_nowhere(service: Service, newsletter: str) -> None:
    [name] = await add_days(service, 1, newsletter)
    unknown = [await service.client.get(f"/n/nothing/{page}") for page in ("archive", "latest", "feed.xml")]
    for page, other in zip(("archive", "latest", "feed.xml"), unknown, strict=True):
        answer = await service.client.get(f"/n/{newsletter}/{page}")
        assert (answer.status_code, answer.text) == (404, other.text)
    for path in ("/sitemap.xml", "/robots.txt"):
        assert newsletter not in (await service.client.get(path)).text.replace("/n/", "")
    links = service.tools.links_of(service.tools.settings.newsletter(newsletter))
    key = service.tools.links.at("", private=True).browser_url(name).rpartition("/")[2]
    other_key = service.tools.links.at("", private=True).browser_url("other").rpartition("/")[2]
    for path in (f"/e/{name}", f"/e/{name}/{other_key}", f"/e/{name}/x"):
        assert (await service.client.get(path)).status_code == 404
    opened = await service.client.get(f"/e/{name}/{key}")
    assert opened.status_code == (200 if newsletter == "private" else 404)
    if newsletter == "private":
        assert links.browser_url(name) == f"https://news.example.org/e/{name}/{key}"
        assert opened.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert opened.headers["Cache-Control"].startswith("private")
        assert "canonical" not in opened.text
        assert "og:" not in opened.text


async def test_the_mails_of_a_private_newsletter_hold_the_key_and_those_without_a_page_no_link(
    service: Service,
) -> None:
    tools = service.tools
    for newsletter in tools.settings.newsletters:
        if newsletter.archive == "public":
            continue
        plan = replace(specimen(newsletter), newsletter=newsletter.name)
        mail = set_edition(
            plan, newsletter, tools.settings.site, templates=tools.templates, now=tools.clock()
        )
        edition = await editions.open(tools.db, replace(plan, sections=()), mail, tools.clock())
        assert edition
        await add_reader(tools, "ada", newsletter.name)
        page = tools.links_of(newsletter).browser_url(edition.name)
        assert (PLACEHOLDERS["browser_url"] in mail.html) is (newsletter.archive == "private")
        assert (PLACEHOLDERS["browser_url"] in mail.text) is (newsletter.archive == "private")
        assert "View in browser" in mail.html or newsletter.archive == "off"
        assert callable(copies(tools)(edition))
        assert (await service.client.get(page.removeprefix("https://news.example.org"))).status_code == (
            200 if newsletter.archive == "private" else 404
        )


@pytest.fixture
async def only_private(sqlite_url: str, now: datetime) -> AsyncIterator[httpx.AsyncClient]:
    chosen = settings(sqlite_url)
    closed = chosen.model_copy(update={"newsletters": chosen.newsletters[-2:]})
    async with open_tools(closed, clock=lambda: now) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield client


async def test_robots_are_let_in_where_something_is_public_only(
    service: Service, only_private: httpx.AsyncClient
) -> None:
    text = (await service.client.get("/robots.txt")).text
    assert "Allow: /e/\n" in text
    assert "Disallow: /\n" in text
    assert "Sitemap: https://news.example.org/sitemap.xml\n" in text
    assert (await only_private.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"
    assert (await only_private.get("/sitemap.xml")).status_code == 404


async def test_a_sitemap_names_every_public_page(service: Service) -> None:
    names = await add_days(service, 3)
    root = ET.fromstring((await service.client.get("/sitemap.xml")).content)
    found = [node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert {f"https://news.example.org/e/{name}" for name in names} <= set(found)
    assert "https://news.example.org/n/woche/archive" in found


async def test_a_feed_may_carry_whole_editions(sqlite_url: str, now: datetime) -> None:
    chosen = settings(sqlite_url)
    full = chosen.newsletters[0].model_copy(update={"feed": "full"})
    async with open_tools(chosen.model_copy(update={"newsletters": (full,)}), clock=lambda: now) as tools:
        await add_edition(tools, "2026-01-31T07:00", HTML)
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                answer = await client.get("/n/daily/feed.xml")
    [entry] = feedparser.parse(answer.content).entries
    [content] = entry.content
    assert "<h1>The tide</h1>" in content.value
    assert "color:red" not in content.value
    assert not set(content.value) & set("\ue000\ue001")
    assert entry.published == "2026-01-31T07:00:00+00:00"


@pytest.mark.parametrize("newsletter", ["daily", "private", "off"])
async def test_a_sign_up_page_shows_the_latest_edition_to_whom_it_may(
    service: Service, newsletter: str
) -> None:
    [name] = await add_days(service, 1, newsletter)
    page = await service.client.get(f"/n/{newsletter}")
    assert page.status_code == 200
    assert (name in page.text) is (newsletter == "daily")
