"""`digest sources`: where articles come from, and how those places are doing.

Trying a file needs neither the database nor the senders, and does not wait until they are loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_argument, reading
from digest.cli.common.running import config_path, fail, json_option, run, settings, tools
from digest.gathering import opml
from digest.model import Article
from digest.settings import Settings
from digest.terminal import counted
from digest.usecases.sources import trial
from digest.usecases.sources.trial import Trial

if TYPE_CHECKING:
    from digest.usecases.sources.listing import ListedSource, VisitedSource


@click.group()
def sources() -> None:
    """Try a source, pull all of them, see their health."""


@sources.command("try", epilog="Example: digest sources try https://example.org/feed.xml")
@click.argument("place", metavar="URL-or-FILE")
@click.option("--kind", default="", metavar="KIND", help="How to read it; found out by default.")
@click.option(
    "--base-url", default="", metavar="URL", help="For a file: the address that its relative links belong to."
)
@json_option
def try_(place: str, kind: str, base_url: str, as_json: bool) -> None:
    """Fetch and read one source, store nothing."""
    tried = _tried(place, kind, base_url)
    if as_json:
        output.document(tried.as_json())
        return
    info = tried.fetched.info
    click.echo(" · ".join(filter(None, (info.title or "(no title)", info.url, info.language, info.licence))))
    for article in tried.fetched.articles:
        _tell(article)
    click.echo(f"\n{counted(len(tried.fetched.articles), 'article')}")
    for problem in tried.fetched.problems:
        click.echo(f"! {problem}", err=True)


def _tried(place: str, kind: str, base_url: str) -> Trial:
    """Try an address, a folder or a file; say how it was read where that is not what was asked for."""
    path = Path(place)
    if "://" not in place and not (kind == "folder" and path.is_dir()):
        tried = trial.try_file(path, kind=kind, base_url=base_url)
        if tried.kind != (kind or "feed"):
            output.say(f'{path} is read as kind = "{tried.kind}"')
        return tried

    async def work() -> Trial:
        from digest.app import open_http

        http = open_http(_settings_if_any())
        try:
            if "://" in place:
                return await trial.try_address(http, place, kind=kind)
            return await trial.try_folder(http, path, kind=kind, base_url=base_url)
        finally:
            await http.close()

    tried = run(work())
    for nth, found in enumerate(tried.leads_to):
        output.say(f"  or to {found}" if nth else f"{place}: {tried.why_not}; it leads to {found}")
    return tried


def _settings_if_any() -> Settings:
    """Return the configuration, or the defaults where there is none: trying a source needs none."""
    return settings() if config_path().is_file() else Settings.model_validate({})


def _tell(article: Article) -> None:
    click.echo(f"\n{article.title or '(no title)'}")
    when = article.published.isoformat(timespec="minutes") if article.published else "no date"
    click.echo("  " + " · ".join(filter(None, (when, article.byline, article.section))))
    if article.dek:
        click.echo(f"  {article.dek}")
    click.echo(f"  {article.url}")
    if article.image:
        picture = article.image
        click.echo(
            "  " + " · ".join(filter(None, (f"picture {picture.url}", picture.caption, picture.credit)))
        )


@sources.command("list", epilog="Example: digest sources list")
@json_option
def list_(as_json: bool) -> None:
    """Show the health of each source: last success, last error, articles a day."""

    from digest.usecases.sources import listing

    async def work() -> list[ListedSource]:
        async with reading() as opened:
            return await listing.list_(opened)

    found = run(work())
    if as_json:
        output.document([one.as_json() for one in found])
        return
    output.table(
        ("source", "last success", "a day", "state"),
        [_health_row(one) for one in found],
        empty="There are no sources yet: add [[newsletters.sections.sources]] to the configuration.",
    )


def _health_row(source: ListedSource) -> tuple[object, ...]:
    known = source.health
    if known is None:
        return (source.name, "never visited", "", "")
    return (source.name, known.last_success_at or "never", f"{known.per_day:.1f}", source.state)


@sources.command(epilog="Example: digest sources fetch daily")
@click.argument("newsletter", required=False)
def fetch(newsletter: str | None) -> None:
    """Pull the sources of a newsletter, or of all, now."""
    from digest.usecases.sources import listing

    loaded = settings()
    wanted = loaded.newsletter(newsletter).name if newsletter else ""

    async def work() -> list[VisitedSource]:
        async with tools(loaded) as opened:
            return await listing.fetch_now(opened, wanted)

    visits = run(work())
    for visit in visits:
        if visit.error:
            click.echo(f"{visit.name}: {visit.error}", err=True)
        elif visit.articles is None:
            click.echo(f"{visit.name}: nothing has changed")
        else:
            click.echo(f"{visit.name}: {counted(visit.articles, 'article')}")
        for problem in visit.problems:
            click.echo(f"! {visit.name}: {problem}", err=True)
    if any(visit.error for visit in visits):
        fail()


@sources.command("import", epilog="Example: digest sources import subscriptions.opml >> config.toml")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Read an OPML file and print its feeds as sources for the configuration, a section for each folder."""
    outline = opml.read(file.read_bytes())
    feeds = outline.distinct()
    for problem in outline.problems:
        click.echo(f"! {file.name}: {problem}", err=True)
    if as_json:
        output.document([asdict(feed) for feed in feeds])
        return
    by_folder: dict[str, list[opml.Subscription]] = {}
    for feed in feeds:
        by_folder.setdefault(" / ".join(feed.folders) or outline.title or "News", []).append(feed)
    for folder, inside in by_folder.items():
        click.echo(f"\n[[newsletters.sections]]\ntitle = {json.dumps(folder, ensure_ascii=False)}")
        for feed in inside:
            click.echo("[[newsletters.sections.sources]]")
            if feed.title:
                click.echo(f"name = {json.dumps(feed.title, ensure_ascii=False)}")
            click.echo(f"url = {json.dumps(feed.url, ensure_ascii=False)}")
    click.echo(f"{len(feeds)} feeds; paste this at the end of a newsletter in your configuration", err=True)


@sources.command(epilog="Example: digest sources export daily > daily.opml")
@newsletter_argument
def export(newsletter: str) -> None:
    """Write the sources of a newsletter as OPML to stdout, a folder for each section."""
    from digest.usecases.sources import listing

    click.echo(listing.as_opml(settings(), newsletter), nl=False)
