"""What `digest sources try` does: fetch or read one source by itself, and find out what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import config_path, settings

if TYPE_CHECKING:
    from digest.model import Fetched
    from digest.net.http import Http
    from digest.settings import Settings


def _options(module: Any, place: str, base_url: str) -> Any:
    from digest.errors import UsageError

    try:
        return module.Options(url=place) if "://" in place else module.Options(path=place, base_url=base_url)
    except ValueError as error:
        raise UsageError(f"{place}: {_first_line(error)}") from None


async def visit(place: str, kind: str, base_url: str) -> Fetched:
    """Fetch one source; where its address is a site's, what that leads to. Raises SourceError, UsageError."""
    from digest import plugins
    from digest.app import open_http
    from digest.errors import SourceError
    from digest.model import Validators

    module = plugins.load("sources", kind or "feed")
    options = _options(module, place, base_url)
    http = open_http(_settings_if_any())
    try:
        fetched: Fetched = await module.Source(options).fetch(http, Validators())
        return fetched
    except SourceError as error:
        if kind or error.status or type(error) is not SourceError:
            raise  # it was asked for as that kind, or could not be visited at all
        return await _discover(place, http, str(error))
    finally:
        await http.close()


async def _discover(place: str, http: Http, why: str) -> Fetched:
    """Read what the address of a site leads to, and say on stderr how to configure that."""
    from digest.errors import SourceError
    from digest.gathering.discovery import discover

    discovery = await discover(place, http)
    if not discovery.found:
        raise SourceError("\n  ".join([f"{place}: {why}, and it leads to none:", *discovery.looked_at]))
    best, *others = discovery.found
    click.echo(f"{place}: {why}; it leads to {best}", err=True)
    for other in others:
        click.echo(f"  or to {other}", err=True)
    return best.fetched


def read(path: Path, kind: str, base_url: str) -> Fetched:
    """Read one source out of a file; raises SourceError, UsageError."""
    from digest import plugins
    from digest.errors import SourceError, UsageError
    from digest.gathering.discovery import kind_of

    if not path.exists():
        raise UsageError(f"{path}: there is no such file, and it is not an address with https:// either")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it, or read all of it with --kind folder")
    body = path.read_bytes()
    try:
        fetched: Fetched = plugins.load("sources", kind or "feed").parse(body, url=base_url)
    except SourceError:
        other = "" if kind else kind_of(body)
        if other == "opml":
            raise UsageError(f"{path} is a list of feeds: digest sources import {path}") from None
        if other in ("", "feed", "page"):
            raise
        fetched = plugins.load("sources", other).parse(body, url=base_url)
        click.echo(f'{path} is read as kind = "{other}"', err=True)
    return fetched


def _first_line(error: ValueError) -> str:
    details: Any = getattr(error, "errors", list)()
    return str(details[0]["msg"]).removeprefix("Value error, ") if details else str(error)


def _settings_if_any() -> Settings:
    """Trying a source needs no configuration, but heeds one that is there."""
    from digest.settings import Settings

    return settings() if config_path().is_file() else Settings.model_validate({})


def document(fetched: Fetched) -> dict[str, Any]:
    """Return what came as JSON shows it."""
    from dataclasses import asdict

    from digest.edition import article_fields

    return {
        "source": asdict(fetched.info),
        "articles": [article_fields(article) for article in fetched.articles],
        "problems": list(fetched.problems),
    }
