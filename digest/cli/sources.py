"""`digest sources`: where articles come from, and how those places are doing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli._run import json_option

if TYPE_CHECKING:
    from digest.model import Fetched
    from digest.settings import Settings


@click.group()
def sources() -> None:
    """Try a source, pull all of them, see their health."""


@sources.command("try", epilog="Example: digest sources try https://example.org/feed.xml")
@click.argument("place", metavar="URL-or-FILE")
@click.option("--kind", default="", metavar="KIND", help="How to read it; a feed of any sort by default.")
@click.option(
    "--base-url", default="", metavar="URL", help="For a file: the address that its relative links belong to."
)
@json_option
def try_(place: str, kind: str, base_url: str, as_json: bool) -> None:
    """Fetch and read one source, store nothing."""
    from digest.cli import _show
    from digest.cli._run import run

    fetched = run(_visit(place, kind, base_url))
    if as_json:
        _show.document(_fetched_document(fetched))
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
    click.echo(f"\n{len(fetched.articles)} articles")
    for problem in fetched.problems:
        click.echo(f"! {problem}", err=True)


async def _visit(place: str, kind: str, base_url: str) -> Fetched:
    from digest import plugins
    from digest.app import open_http
    from digest.errors import UsageError
    from digest.model import Validators

    if "://" not in place:
        return _read(Path(place), kind, base_url)
    module = plugins.load("sources", kind or "feed")
    try:
        options = module.Options(url=place)
    except ValueError as error:
        raise UsageError(f"{place}: {_first_line(error)}") from None
    http = open_http(_settings_if_any())
    try:
        fetched: Fetched = await module.Source(options).fetch(http, Validators())
        return fetched
    finally:
        await http.close()


def _read(path: Path, kind: str, base_url: str) -> Fetched:
    from digest import plugins
    from digest.errors import UsageError

    if not path.exists():
        raise UsageError(f"{path}: there is no such file, and it is not an address with https:// either")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it")
    fetched: Fetched = plugins.load("sources", kind or "feed").parse(path.read_bytes(), url=base_url)
    return fetched


def _first_line(error: ValueError) -> str:
    details: Any = getattr(error, "errors", list)()
    return str(details[0]["msg"]) if details else str(error)


def _settings_if_any() -> Settings:
    """Trying a source needs no configuration, but heeds one that is there."""
    from digest.cli._run import settings
    from digest.config import is_configured
    from digest.settings import Settings

    return settings() if is_configured(click.get_current_context().obj) else Settings()


@sources.command("list", epilog="Example: digest sources list")
@json_option
def list_(as_json: bool) -> None:
    """Show the health of each source: last success, last error, articles a day."""
    from digest.cli import _show
    from digest.cli._run import run, settings, tools
    from digest.store import sources as store

    loaded = settings()

    async def work() -> list[dict[str, Any]]:
        async with tools(loaded, changes=False) as opened:
            states = await store.states(opened.db, [entry.key for entry in _configured(loaded)])
            return [_health(entry, states.get(entry.key)) for entry in _configured(loaded)]

    rows = run(work())
    if as_json:
        _show.document(rows)
        return
    _show.table(
        ("newsletter", "source", "last success", "articles a day", "state"),
        [
            (row["newsletter"], row["name"], row["last_success"] or "never", row["per_day"], row["state"])
            for row in rows
        ],
        empty="There are no sources yet: add [[newsletters.sections.sources]] to the configuration.",
    )


@sources.command(epilog="Example: digest sources fetch daily")
@click.argument("newsletter", required=False)
def fetch(newsletter: str | None) -> None:
    """Pull the sources of a newsletter, or of all, now."""


@sources.command("import", epilog="Example: digest sources import subscriptions.opml")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(file: Path) -> None:
    """Read an OPML file and print its feeds as configuration, ready to paste."""
