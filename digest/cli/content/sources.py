"""`digest sources`: where articles come from, and how those places are doing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.arguments import newsletter_argument, reading
from digest.cli.common.running import fail, json_option, run, settings, tools
from digest.terminal import counted

if TYPE_CHECKING:
    from digest.gathering.visits import Visit
    from digest.settings import SourceSettings
    from digest.store.content.source_health import Health


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
    from digest.cli.common import output
    from digest.cli.content import trial

    a_file = "://" not in place and not (kind == "folder" and Path(place).is_dir())
    fetched = trial.read(Path(place), kind, base_url) if a_file else run(trial.visit(place, kind, base_url))
    if as_json:
        output.document(trial.document(fetched))
        return
    info = fetched.info
    click.echo(" · ".join(filter(None, (info.title or "(no title)", info.url, info.language, info.licence))))
    for article in fetched.articles:
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
    click.echo(f"\n{counted(len(fetched.articles), 'article')}")
    for problem in fetched.problems:
        click.echo(f"! {problem}", err=True)


@sources.command("list", epilog="Example: digest sources list")
@json_option
def list_(as_json: bool) -> None:
    """Show the health of each source: last success, last error, articles a day."""
    from dataclasses import asdict

    from digest.cli.common import output
    from digest.store.content.source_health import health

    configured = settings().sources

    async def work() -> dict[str, Health]:
        async with reading() as opened:
            found = await health(opened.db, list(configured), opened.clock())
            return {health.key: health for health in found}

    known = run(work())
    if as_json:
        rows = (asdict(known[key]) if key in known else _never(key, one) for key, one in configured.items())
        output.document([{name: _public(value) for name, value in row.items()} for row in rows])
        return
    output.table(
        ("source", "last success", "a day", "state"),
        [_health_row(one.name or _public(one.location), known.get(key)) for key, one in configured.items()],
        empty="There are no sources yet: add [[newsletters.sections.sources]] to the configuration.",
    )


def _public(value: Any) -> Any:
    """Return a text without the passwords of addresses in it."""
    from digest.text import without_login

    return without_login(value) if isinstance(value, str) else value


def _never(key: str, source: SourceSettings) -> dict[str, Any]:
    """Return the health of a source that was never visited, with the keys of all others."""
    words = dict.fromkeys(("title", "last_error", "disabled", "silent", "moved_to", "losses"), "")
    moments = dict.fromkeys(("last_success_at", "newest", "usual_gap"))
    return {
        "key": key,
        "location": source.location,
        **words,
        **moments,
        "failures": 0,
        "per_day": 0.0,
    }


def _health_row(name: str, health: Health | None) -> tuple[object, ...]:
    if health is None:
        return (name, "never visited", "", "")
    state = _less(health.disabled or health.last_error or health.losses or health.silent or "well", name)
    return (name, health.last_success_at or "never", f"{health.per_day:.1f}", state)


def _less(error: str, name: str) -> str:
    """Return an error without the address that it begins with, where that is shown as the source's name already."""
    return error.removeprefix(f"{name}: ")


@sources.command(epilog="Example: digest sources fetch daily")
@click.argument("newsletter", required=False)
def fetch(newsletter: str | None) -> None:
    """Pull the sources of a newsletter, or of all, now."""
    from digest.pipeline.publish import fetch
    from digest.store.content import sources as store

    loaded = settings()
    entries = loaded.newsletter(newsletter).sources if newsletter else loaded.sources.values()
    wanted = {source.key: source for source in entries}

    async def work() -> list[Visit]:
        async with tools(loaded) as opened:
            for key in wanted:  # a person asks, so those that were given up are tried again
                await store.enable(opened.db, key)
            return await fetch(list(wanted.values()), opened, urgent=True)

    failed = False
    for visit in run(work()):
        name = visit.settings.name or _public(visit.settings.location)
        if visit.error:
            failed = True
            click.echo(f"{name}: {_less(str(visit.error), name)}", err=True)
        elif visit.fetched and visit.fetched.not_modified:
            click.echo(f"{name}: nothing has changed")
        elif visit.fetched:
            click.echo(f"{name}: {counted(len(visit.fetched.articles), 'article')}")
            for problem in visit.fetched.problems:
                click.echo(f"! {name}: {problem}", err=True)
    if failed:
        fail()


@sources.command("import", epilog="Example: digest sources import subscriptions.opml >> config.toml")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Read an OPML file and print its feeds as sources for the configuration, a section for each folder."""
    import json
    from dataclasses import asdict

    from digest.cli.common import output
    from digest.gathering import opml

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
    from digest.gathering import opml

    entry = settings().newsletter(newsletter)
    feeds = [
        opml.Subscription(
            url=_public(source.location), title=source.name, folders=(section.title,) if section.title else ()
        )
        for section in entry.sections
        for source in section.sources
        if source.kind != "folder"  # what is on this machine's disk is no use to others
    ]
    click.echo(opml.write(feeds, title=entry.title), nl=False)
