"""Posts of a WordPress site by its REST API, with what its feed leaves out: pictures with their words, all categories."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from pydantic import Field

from digest.errors import SourceError
from digest.model import Article, Fetched, Image, SourceInfo, Validators
from digest.net.http import Http, Response
from digest.sources import SourceOptions
from digest.sources._teasers import Told, summary_of
from digest.sources.fetching.options import WebAddress
from digest.sources.formats.articles import article_body, bylines, in_brief
from digest.sources.formats.dates import parse_date
from digest.sources.formats.images import credit_in, pixels
from digest.sources.formats.json_values import node, nodes, read_json, words
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url

API_NAME = "a WordPress REST API"
NO_VALIDATORS = Validators()
_POSTS_PER_PAGE = 50  # posts in one answer; their bodies come along
_MAX_EXCERPT_CHARACTERS = 20_000  # characters of HTML
# Neither part looks further than to the next link, however many begin and never end.
_MORE_LINK = re.compile(r"<a\b(?=[^<>]*\bmore-link\b)[^<>]*>[^<]*(?:<(?!/?a\b)[^<]*)*</a>")
_API = re.compile(r"(.*/wp/v2(?:/sites/[^/?]+)?)(?:[/?].*)?$|(.*/wp-json)/?$", re.DOTALL)


class Options(SourceOptions):
    """A WordPress site (4.7 or newer) whose REST API is open to visitors, as it is unless a plugin closes it."""

    url: WebAddress = Field(
        description="Address of the site as readers know it, or of its REST API (ending in `/wp-json`)."
    )
    categories: tuple[str, ...] = Field(
        (), description='Take posts of these categories only, named by their slugs: `["politics", "world"]`.'
    )
    post_type: str = Field(
        "posts",
        pattern=r"^[\w-]+$",
        description="What to take: `posts`, or the REST name of a post type of the site's own.",
    )
    image_size: str = Field(
        "", description="Name of the pictures' size to take, such as `large`; the original by default."
    )
    max_articles: int = Field(20, ge=1, le=500, description="How many of the newest posts to read.")

    @property
    def location(self) -> str:
        return self.url


class Source:
    """A WordPress site."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._base = ""  # where its routes begin, once one has answered

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the newest posts, page by page, and the site's name."""
        wanted = self._options.max_articles
        params = {"_embed": "author,wp:featuredmedia,wp:term", "per_page": str(min(wanted, _POSTS_PER_PAGE))}
        if self._options.categories:
            params["categories"] = await self._category_ids(http)
        answer = await self._get(http, f"/{self._options.post_type}", params, validators)
        if answer.status == 304:
            # Where a route has moved to is not where the site is.
            return Fetched(not_modified=True, validators=validators, fresh_for=answer.fresh_for)
        articles = list(await self._articles(answer))
        pages = int(total) if (total := answer.headers.get("x-wp-totalpages", "")).isdecimal() else 1
        for page in range(2, min(pages, -(-wanted // _POSTS_PER_PAGE)) + 1):
            following = await self._get(http, f"/{self._options.post_type}", {**params, "page": str(page)})
            articles += await self._articles(following)
        return Fetched(
            info=await self._info(http),
            articles=tuple({article.guid: article for article in articles}.values())[:wanted],
            validators=answer.validators,
            fresh_for=answer.fresh_for,
        )

    async def _articles(self, answer: Response) -> tuple[Article, ...]:
        options = self._options
        return (await apart(parse, answer.body, url=options.url, image_size=options.image_size)).articles

    async def _category_ids(self, http: Http) -> str:
        slugs = self._options.categories
        answer = await self._get(http, "/categories", {"slug": ",".join(slugs), "per_page": "100"})
        ids = {
            words(found.get("slug")): str(found.get("id"))
            for found in nodes(read_json(answer.body, API_NAME))
        }
        if missing := [slug for slug in slugs if slug not in ids]:
            raise SourceError(
                f"{self._options.url} has no category with the slug {', '.join(map(repr, missing))}"
            )
        return ",".join(ids[slug] for slug in slugs)

    async def _info(self, http: Http) -> SourceInfo:
        """Return the site's name; a site that keeps it to itself is no worse a source."""
        root, _, _ = self._base.partition("/wp/v2")
        try:
            answer = await http.get(f"{root}/{'&' if '?' in root else '?'}_fields=name,home,url")
            site = node(read_json(answer.body, API_NAME))
        except SourceError:
            site = {}
        home = absolute_url(words(site.get("home"))) or absolute_url(self._options.url)
        return SourceInfo(title=words(site.get("name")), url=home)

    async def _get(
        self, http: Http, route: str, params: dict[str, str], validators: Validators = NO_VALIDATORS
    ) -> Response:
        """Call a route of the API wherever this site has it."""
        bases, failure = [self._base] if self._base else _bases(self._options.url), None
        for base in bases:
            try:
                answer = await http.get(
                    f"{base}{route}{'&' if '?' in base else '?'}{urlencode(params)}", validators=validators
                )
                if answer.status != 304:
                    await apart(read_json, answer.body, API_NAME)
            except SourceError as error:
                if error.status not in (None, 404) or base == self._base:
                    raise _in_words(error, self._options.url) from None
                failure = failure or error
                continue
            self._base = base
            return answer
        raise _in_words(failure or SourceError("no answer"), self._options.url)


def _bases(url: str) -> list[str]:
    """Return where the routes of `wp/v2` may begin: below /wp-json, or in a query where addresses are plain."""
    if api := _API.match(url):
        return [api[1] or f"{api[2]}/wp/v2"]
    site = url.partition("?")[0].rstrip("/")
    return [f"{site}/wp-json/wp/v2", f"{site}/?rest_route=/wp/v2"]


def _in_words(error: SourceError, url: str) -> SourceError:
    feed = f'try kind = "feed" with {url.rstrip("/")}/feed/'
    if error.status in (401, 403):
        text = f"the REST API of {url} is closed to visitors ({error}); {feed}"
    elif error.status in (None, 404):
        text = f"there is no WordPress REST API at {url} ({error}); {feed}"
    else:
        return error
    return type(error)(text, status=error.status, retry_after=error.retry_after)


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


def _utc(value: Any) -> Any:
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
