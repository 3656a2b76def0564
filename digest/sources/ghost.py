"""Posts of a Ghost site by its Content API. The text of a post for members never leaves the site through here."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr

from digest.errors import SourceError
from digest.model import Article, Fetched, Image, SourceInfo, Validators
from digest.net.http import Http, Response
from digest.sources import SourceOptions
from digest.sources.fetching.options import WebAddress
from digest.sources.formats.articles import article_body, bylines
from digest.sources.formats.dates import parse_date
from digest.sources.formats.images import credit_in, pixels
from digest.sources.formats.json.values import node, nodes, read_json, words
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url

API_NAME = "a Ghost Content API"

NO_VALIDATORS = Validators()
_POSTS_PER_PAGE = 50  # posts in one answer; their bodies come along


class Options(SourceOptions):
    """A Ghost site (3 or newer); its Content API key is made under Settings → Integrations → Add custom integration."""

    url: WebAddress = Field(description="Address of the site, or its API URL where that is another.")
    key: SecretStr = Field(
        SecretStr(""),
        description="The integration's Content API key. Keep it in the environment or in a secret file.",
    )
    filter: str = Field(
        "",
        description="Which posts to take, in Ghost's own language: `tag:news`, `featured:true`; all by default.",
    )
    members_only: bool = Field(
        True,
        description="Take posts for members too: headline, picture and written excerpt, never the text.",
    )
    max_articles: int = Field(20, ge=1, le=500, description="How many of the newest posts to read.")

    @property
    def location(self) -> str:
        return self.url


class Source:
    """A Ghost site."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the newest posts, page by page, and the site's name."""
        if not self._options.key.get_secret_value():
            raise SourceError(
                f'{self._options.url}: a Content API key is needed; set `key`, or try kind = "feed" with'
                f" {self._options.url.rstrip('/')}/rss/"
            )
        wanted = self._options.max_articles
        params = {
            "include": "tags,authors",
            "order": "published_at desc",
            "limit": str(min(wanted, _POSTS_PER_PAGE)),
        }
        if chosen := self._filter():
            params["filter"] = chosen
        answer = await self._get(http, "posts", params, validators)
        if answer.status == 304:
            # Where a route has moved to is not where the site is, and its address holds the key.
            return Fetched(not_modified=True, validators=validators, fresh_for=answer.fresh_for)
        articles = list((await apart(parse, answer.body, url=self._options.url)).articles)
        pages = node(node(await apart(read_json, answer.body, API_NAME)).get("meta")).get("pagination")
        for page in range(2, min(pixels(node(pages).get("pages")) or 1, -(-wanted // _POSTS_PER_PAGE)) + 1):
            following = await self._get(http, "posts", {**params, "page": str(page)})
            articles += (await apart(parse, following.body, url=self._options.url)).articles
        return Fetched(
            info=await self._info(http),
            articles=tuple({article.guid: article for article in articles}.values())[:wanted],
            validators=answer.validators,
            fresh_for=answer.fresh_for,
        )

    def _filter(self) -> str:
        chosen = [self._options.filter] if self._options.filter else []
        chosen += [] if self._options.members_only else ["visibility:public"]
        return "+".join(f"({part})" for part in chosen)

    async def _info(self, http: Http) -> SourceInfo:
        """Return the site's name and language; a site that keeps them to itself is no worse a source."""
        try:
            answer = await self._get(http, "settings", {})
            settings = node(node(read_json(answer.body, API_NAME)).get("settings"))
        except SourceError:
            settings = {}
        return SourceInfo(
            title=words(settings.get("title")),
            url=absolute_url(words(settings.get("url"))) or absolute_url(self._options.url),
            language=words(settings.get("locale")) or words(settings.get("lang")),
        )

    async def _get(
        self, http: Http, what: str, params: dict[str, str], validators: Validators = NO_VALIDATORS
    ) -> Response:
        """Call the API; an error of it never shows the key, which stands in the address."""
        key = self._options.key.get_secret_value()
        site = self._options.url.partition("/ghost/api")[0].rstrip("/")
        query = urlencode({"key": key, **params}, quote_via=quote)
        try:
            return await http.get(
                f"{site}/ghost/api/content/{what}/?{query}",
                headers={"Accept-Version": "v5.0"},
                validators=validators,
            )
        except SourceError as error:
            text = str(error).replace(key, "…").replace(quote(key), "…")
            if error.status in (401, 403):
                text = (
                    f"{site} refuses the Content API key ({text}): copy it again from Settings → Integrations"
                )
            elif error.status == 404:
                text = f"there is no Ghost Content API at {site} ({text}); the API URL may be another than the site's"
            raise type(error)(text, status=error.status, retry_after=error.retry_after) from None


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read an answer with posts or pages, or a site's export; raises SourceError for anything else."""
    value = node(read_json(body, API_NAME))
    if errors := nodes(value.get("errors")):
        raise SourceError(f"Ghost refuses: {words(errors[0].get('message')) or 'it does not say why'}")
    exported = node(next(iter(nodes(value.get("db"))), value).get("data"))
    posts = next(
        (found[name] for found in (value, exported) for name in ("posts", "pages") if name in found), None
    )
    if posts is None:
        raise SourceError(f"the answer is not that of {API_NAME}: it holds no posts")
    return Fetched(articles=tuple(_article(post, url) for post in nodes(posts) if _published(post)))


def _published(post: dict[str, Any]) -> bool:
    return post.get("status", "published") in ("published", "sent") and bool(words(post.get("title")))


def _open(post: dict[str, Any]) -> bool:
    """Say whether a post is public; in older versions of Ghost every post is."""
    return post.get("visibility", "public") == "public" and post.get("access", True) is True


def _article(post: dict[str, Any], base: str) -> Article:
    url = absolute_url(words(post.get("url"), 2000), base)
    if not url and base and words(post.get("slug")):
        url = absolute_url(f"{quote(words(post['slug']))}/", base.rstrip("/") + "/")
    html = post.get("html")
    tags = [tag for tag in nodes(post.get("tags")) if _shown(tag)]
    primary = node(post.get("primary_tag"))
    section = words(primary.get("name")) if _shown(primary) else ""
    return Article(
        guid=words(post.get("id")) or words(post.get("uuid")) or url or words(post.get("title")),
        url=url,
        title=words(post.get("title")),
        dek=_dek(post),
        byline=_byline(post),
        published=_date(post.get("published_at")),
        updated=_date(post.get("updated_at")),
        section=section or next((words(tag.get("name")) for tag in tags), ""),
        tags=tuple(dict.fromkeys(words(tag.get("name")) for tag in tags)),
        image=_image(post, url or base),
        body=article_body(html, url or base) if isinstance(html, str) and _open(post) else "",
        language=words(post.get("locale")),
    )


def _dek(post: dict[str, Any]) -> str:
    """Return a post's excerpt; one that Ghost cut from the text only if that is open to all."""
    names = ("custom_excerpt", "excerpt" if _open(post) else "", "meta_description", "og_description")
    return next(filter(None, (words(post.get(name), 500) for name in names)), "")


def _byline(post: dict[str, Any]) -> str:
    authors = nodes(post.get("authors")) or nodes([post.get("primary_author")])
    return bylines(words(author.get("name")) for author in authors)


def _shown(tag: dict[str, Any]) -> bool:
    """Say whether readers see a tag; internal ones steer the site's theme and begin with a hash."""
    return tag.get("visibility", "public") == "public" and not words(tag.get("name")).startswith("#")


def _date(value: Any) -> Any:
    return parse_date(value) if isinstance(value, str) else None


def _image(post: dict[str, Any], base: str) -> Image | None:
    for name, alt, caption in (
        ("feature_image", "feature_image_alt", "feature_image_caption"), ("og_image", "", ""), ("twitter_image", "", ""),
    ):  # fmt: skip
        if url := absolute_url(words(post.get(name), 2000), base):
            said = words(post.get(caption))
            return Image(url=url, alt=words(post.get(alt)), credit=credit_in(said), caption=said)
    return None
