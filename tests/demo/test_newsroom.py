"""The newsroom: enough stories, complete, fresh whenever one asks, in three formats that our sources read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from PIL import Image

from digest.demo.content import PICTURE_SIZE, PICTURES, Newsroom, load_newsroom
from digest.demo.site import LICENCE_URL, NewsroomSite, Page
from digest.errors import SourceError
from digest.model import Fetched
from digest.plugins import load

BASE = "http://127.0.0.1:1"
FEEDS = {
    "news": ("feed", "/news.xml"),
    "life": ("feed", "/life.atom"),
    "notebook": ("jsonfeed", "/notebook.json"),
}


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return load_newsroom()


def site_at(newsroom: Newsroom, moment: datetime) -> NewsroomSite:
    return NewsroomSite(newsroom, BASE, lambda: moment)


def page(site: NewsroomSite, path: str) -> Page:
    found = site.page(path)
    assert found is not None, path
    return found


def fetched(site: NewsroomSite, feed: str) -> Fetched:
    kind, path = FEEDS[feed]
    answer = page(site, path)
    parsed = load("sources", kind).parse(answer.content, url=BASE + path, content_type=answer.media_type)
    assert isinstance(parsed, Fetched)
    return parsed


def test_there_is_enough_to_choose_from(newsroom: Newsroom) -> None:
    assert len(newsroom.stories) >= 30
    assert len({story.image for story in newsroom.stories if story.image}) >= 12
    for story in newsroom.stories:
        assert story.title
        assert story.dek
        assert story.byline
        assert story.section
        assert story.body.startswith("<p>")
        if story.image:
            assert story.alt
            assert story.caption
            assert story.credit
    assert all(newsroom.facts[key] for key in ("tagline", "about", "appeal", "signup", "licence"))


@pytest.mark.parametrize("feed", FEEDS)
def test_every_field_survives_the_feed(newsroom: Newsroom, now: datetime, feed: str) -> None:
    result = fetched(site_at(newsroom, now), feed)
    assert result.problems == ()
    assert result.info.title == newsroom.channels[feed].title
    assert len(result.articles) == len(newsroom.of(feed))
    for story, article in zip(newsroom.of(feed), result.articles, strict=True):
        assert (article.guid, article.title, article.dek) == (story.guid, story.title, story.dek)
        assert (article.byline, article.section) == (story.byline, story.section)
        assert article.published == story.published(now)
        assert set(article.tags) == set(story.categories)
        assert bool(article.image) == bool(story.image)
        if article.image:
            assert article.image.url == f"{BASE}/pictures/{story.image}.jpg"
            assert article.image.alt == story.alt
            assert story.caption in article.image.caption
            assert article.image.credit in story.credit
            assert article.image.credit
            assert (article.image.width, article.image.height) == PICTURE_SIZE
    if feed != "notebook":  # JSON Feed has no field for it
        assert {article.licence for article in result.articles} == {LICENCE_URL}


def test_the_news_is_always_new_and_always_the_same(newsroom: Newsroom, now: datetime) -> None:
    later = now + timedelta(days=400)
    today, then = (fetched(site_at(newsroom, moment), "news") for moment in (now, later))
    assert [article.guid for article in today.articles] == [article.guid for article in then.articles]
    assert then.articles[0].published is not None
    assert later - then.articles[0].published < timedelta(hours=1)
    for newer, older in pairwise(then.articles):
        assert newer.published is not None
        assert older.published is not None
        assert newer.published > older.published


def test_one_story_stands_in_two_feeds_under_one_address(newsroom: Newsroom, now: datetime) -> None:
    site = site_at(newsroom, now)
    urls = [{article.url.partition("?")[0] for article in fetched(site, feed).articles} for feed in FEEDS]
    assert len(urls[0] & urls[2]) == 1
    assert not urls[1] & (urls[0] | urls[2])


def test_one_source_is_broken_and_says_so_in_words(newsroom: Newsroom, now: datetime) -> None:
    answer = page(site_at(newsroom, now), "/sport.xml")
    with pytest.raises(SourceError, match="page"):
        load("sources", "feed").parse(answer.content, url=BASE, content_type=answer.media_type)


def test_every_story_has_a_page_and_every_picture_is_there(newsroom: Newsroom) -> None:
    site = site_at(newsroom, datetime(2026, 3, 2, 6, tzinfo=UTC))
    for story in newsroom.stories:
        html = page(site, story.path).content.decode()
        assert f'<link rel="canonical" href="{BASE}{story.path}">' in html
        if story.image:
            assert page(site, story.picture).media_type == "image/jpeg"
    front = page(site, "/").content.decode()
    assert all(story.path in front for story in newsroom.stories)


@pytest.mark.parametrize("path", ["/nothing", "/stories/none", "/pictures/../articles.toml", "/pictures/"])
def test_there_is_nothing_else(newsroom: Newsroom, now: datetime, path: str) -> None:
    assert site_at(newsroom, now).page(path) is None


def test_pictures_are_small_files_of_one_size(newsroom: Newsroom) -> None:
    for path in PICTURES.glob("*.jpg"):
        assert path.stat().st_size < 60_000, path.name
        with Image.open(path) as picture:
            assert picture.size == PICTURE_SIZE
