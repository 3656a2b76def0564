"""Posts of a WordPress site by its REST API, with what its feed leaves out: pictures with their words, all categories."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from pydantic import Field

from digest.errors import SourceError
from digest.model import Article, Fetched, SourceInfo, Validators
from digest.net.http import Http, Response
from digest.sources import SourceOptions
from digest.sources.fetching.options import WebAddress
from digest.sources.formats.json.values import node, nodes, read_json, words
from digest.sources.formats.json.wordpress_posts import API_NAME, parse
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url

NO_VALIDATORS = Validators()
_POSTS_PER_PAGE = 50  # posts in one answer; their bodies come along
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
