"""Complete chosen articles: read their own pages, look at their pictures, and order them by what was found."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from digest import pictures
from digest.edition import shows_pictures, shows_texts
from digest.model import Article, Chosen, Image, Plan
from digest.net.http import Http
from digest.pictures.ladder import More
from digest.selection import reconsidered
from digest.settings import Newsletter
from digest.sources.fetching import article_pages
from digest.store.content import pages
from digest.text import absolute_url
from digest.tools import Tools


async def complete(
    plan: Plan, newsletter: Newsletter, tools: Tools, *, keep: bool = True, made: bool = False
) -> Plan:
    """Fill in what chosen articles lack and their own pages say, and look at their pictures.

    Pages and pictures are read once: `keep` remembers them. The order of an edition that was `made` stays as it is.
    """
    sources = {source.key for source in newsletter.sources if source.read_pages}
    keys = [chosen.candidate.url_key for chosen in plan.chosen]
    documents = await pages.known(tools.db, keys)
    cache = {
        key: page for key, document in documents.items() if (page := article_pages.from_document(document))
    }
    known = set(cache)
    plan = await article_pages.fill_plan(plan, tools.http, sources=sources, cache=cache)

    async def of_pages(chosen: list[Chosen]) -> dict[int, Image]:
        return await _pictures_of_pages(chosen, sources, cache, tools.http)

    seen = await _look_at_pictures(plan, newsletter, tools, keep=keep, more=of_pages)
    if keep:
        read = {key: article_pages.to_document(cache[key]) for key in cache.keys() - known}
        await pages.keep(tools.db, read, tools.clock())
    if made:
        return seen
    ordered = reconsidered(seen, rules(newsletter, tools))
    if tools.settings.images.copies and keep and _lead(ordered) != _lead(plan):  # a lead's copy is larger
        articles = {chosen.candidate.id: chosen.candidate.article for chosen in plan.chosen}
        return await _look_at_pictures(
            _with_articles(ordered, articles, plan.problems), newsletter, tools, keep=keep, more=of_pages
        )
    return ordered


async def _pictures_of_pages(
    chosen: list[Chosen], sources: Container[str], cache: article_pages.Cache, http: Http
) -> dict[int, Image]:
    """Return the pictures that articles' pages show, by rank; only pages that may be read are visited."""
    asked = [one for one in chosen if one.candidate.source in sources]
    articles = [replace(one.candidate.article, image=None) for one in asked]
    filled, _ = await article_pages.fill(articles, http, cache=cache)
    return {one.rank: article.image for one, article in zip(asked, filled, strict=True) if article.image}


async def _look_at_pictures(
    plan: Plan, newsletter: Newsletter, tools: Tools, *, keep: bool, more: More
) -> Plan:
    """Return a plan with measured pictures; those inside the texts are measured too if the theme prints texts."""
    site = tools.settings.site_of(newsletter)
    return await pictures.settle(
        plan,
        tools.settings.images,
        http=tools.http,
        db=tools.db,
        site_url=site.url,
        now=tools.clock(),
        keep=keep,
        texts=shows_texts(newsletter, site, tools.templates),
        logo=absolute_url(newsletter.logo, site.url),
        more=more,
    )


def _lead(plan: Plan) -> int | None:
    return next((chosen.candidate.id for chosen in plan.chosen), None)


def _with_articles(plan: Plan, articles: Mapping[int, Article], problems: tuple[str, ...]) -> Plan:
    def as_told(chosen: Chosen) -> Chosen:
        return replace(chosen, candidate=replace(chosen.candidate, article=articles[chosen.candidate.id]))

    sections = (replace(one, articles=tuple(map(as_told, one.articles))) for one in plan.sections)
    return replace(plan, sections=tuple(sections), problems=problems)


def rules(newsletter: Newsletter, tools: Tools) -> Newsletter:
    """Return the rules by which a newsletter chooses: pictures do not count if its theme shows none."""
    if shows_pictures(newsletter, tools.settings.site_of(newsletter), tools.templates):
        return newsletter
    ranking = newsletter.ranking.model_copy(update={"image": 0.0, "lead_image": 0.0})
    return newsletter.model_copy(update={"ranking": ranking})
