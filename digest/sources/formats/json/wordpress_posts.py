"""Posts as a WordPress site's REST API answers them (`wp/v2`), with what was embedded into them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from digest.errors import SourceError
from digest.model import Article, Fetched, Image
from digest.sources.formats.articles import article_body, bylines, in_brief
from digest.sources.formats.dates import parse_date
from digest.sources.formats.images import credit_in, pixels
from digest.sources.formats.json.values import node, nodes, read_json, words
from digest.sources.formats.teasers import Told, summary_of
from digest.text import absolute_url

API_NAME = "a WordPress REST API"
_MAX_EXCERPT_CHARACTERS = 20_000  # characters of HTML
# Neither part looks further than to the next link, however many begin and never end.
_MORE_LINK = re.compile(r"<a\b(?=[^<>]*\bmore-link\b)[^<>]*>[^<]*(?:<(?!/?a\b)[^<]*)*</a>")


def parse(body: bytes, *, url: str = "", content_type: str = "", image_size: str = "") -> Fetched:
    """Read an answer of the posts' route: a list of posts, or one; raises SourceError for anything else.

    Posts that are protected by a password or not published are left out.
    """
    value = read_json(body, API_NAME)
    if isinstance(value, dict) and "code" in value and "message" in value:
        raise SourceError(f"WordPress refuses: {words(value['message'])} ({words(value['code'])})")
    posts = [post for post in (nodes(value) or nodes([value])) if {"title", "content"} <= post.keys()]
    if not posts and value != []:
        raise SourceError(f"the answer is not that of {API_NAME}: it holds no posts")
    return Fetched(articles=tuple(_article(post, url, image_size) for post in posts if _public(post)))


def _public(post: dict[str, Any]) -> bool:
    protected = any(node(post.get(part)).get("protected") is True for part in ("content", "excerpt"))
    return not protected and post.get("status", "publish") == "publish"


def _article(post: dict[str, Any], base: str, image_size: str) -> Article:
    embedded = node(post.get("_embedded"))
    url = absolute_url(words(post.get("link"), 2000), base)
    guid, title = _rendered(post.get("guid"), 2000), _rendered(post.get("title"))
    categories, tags = _terms(embedded, "category"), _terms(embedded, "post_tag")
    title, dek = in_brief(title, _dek(post, Told(title, url)), url)
    return Article(
        guid=guid or url or title,
        url=url or absolute_url(guid),
        title=title,
        dek=dek,
        byline=_byline(post, embedded),
        published=_utc(post.get("date_gmt")),
        updated=_utc(post.get("modified_gmt")),
        section=next((name for slug, name in categories.items() if slug != "uncategorized"), ""),
        tags=tuple(dict.fromkeys([*categories.values(), *tags.values()])),
        image=_image(post, embedded, url or base, image_size),
        body=article_body(_html(post.get("content")), url or base),
    )


def _html(value: Any) -> str:
    html = node(value).get("rendered", value)
    return html if isinstance(html, str) else ""


def _rendered(value: Any, limit: int = 300) -> str:
    return words(_html(value), limit)


def _dek(post: dict[str, Any], told: Told) -> str:
    return summary_of(_MORE_LINK.sub("", _html(post.get("excerpt"))[:_MAX_EXCERPT_CHARACTERS]), told)


def _utc(value: Any) -> datetime | None:
    """Read a date of the API's `_gmt` fields, which carry no zone; a draft's is all zeros."""
    return parse_date(f"{value}Z") if isinstance(value, str) and not value.startswith("0000") else None


def _terms(embedded: dict[str, Any], taxonomy: str) -> dict[str, str]:
    """Return the names of a post's terms by their slugs, in the site's order."""
    groups = embedded.get("wp:term")
    terms = [term for group in groups for term in nodes(group)] if isinstance(groups, list) else []
    found = {
        words(term.get("slug")): words(term.get("name")) for term in terms if term.get("taxonomy") == taxonomy
    }
    return {slug: name for slug, name in found.items() if name}


def _byline(post: dict[str, Any], embedded: dict[str, Any]) -> str:
    names = [words(author.get("name")) for author in nodes(embedded.get("author"))]
    stated = words(node(post.get("yoast_head_json")).get("author"))  # also where users are hidden
    return bylines(names) or bylines([stated])


def _image(post: dict[str, Any], embedded: dict[str, Any], base: str, size: str) -> Image | None:
    media = next(iter(nodes(embedded.get("wp:featuredmedia"))), {})
    details = node(media.get("media_details"))
    chosen = node(node(details.get("sizes")).get(size)) or {"source_url": media.get("source_url"), **details}
    if media.get("media_type", "image") == "image" and (
        found := absolute_url(words(chosen.get("source_url"), 2000), base)
    ):
        caption = _rendered(media.get("caption"))
        return Image(
            url=found,
            alt=words(media.get("alt_text")),
            credit=words(node(details.get("image_meta")).get("credit")) or credit_in(caption),
            caption=caption,
            width=pixels(chosen.get("width")),
            height=pixels(chosen.get("height")),
        )
    shared = next(iter(nodes(node(post.get("yoast_head_json")).get("og_image"))), {})
    url = words(post.get("jetpack_featured_media_url"), 2000) or words(shared.get("url"), 2000)
    same = url == words(shared.get("url"), 2000)
    found = absolute_url(url, base)
    width, height = (pixels(shared.get(side)) if same else None for side in ("width", "height"))
    return Image(url=found, width=width, height=height) if found else None
