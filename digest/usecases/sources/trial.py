"""Try one source by itself: fetch or read it, find out what it is, and store nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from digest import plugins
from digest.edition import article_fields
from digest.errors import SourceError, UsageError
from digest.gathering.discovery import Found, discover, kind_of
from digest.model import Fetched, Validators
from digest.net.http import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a source brought. An address that is not a source may lead to some: `why_not` says so, the best is first."""

    fetched: Fetched
    kind: str  # that it was read as
    why_not: str = ""
    leads_to: tuple[Found, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "source": asdict(self.fetched.info),
            "articles": [article_fields(article) for article in self.fetched.articles],
            "problems": list(self.fetched.problems),
        }


async def try_address(http: Http, url: str, *, kind: str = "") -> Trial:
    """Fetch a source; where the address is a site's, what that leads to. Raises SourceError, UsageError.

    A kind with a dot in its name imports a module, and the kind `folder` reads this machine's disk: only the
    operator may name a kind.
    """
    try:
        return await _fetched(http, kind or "feed", url=url)
    except SourceError as error:
        if kind or error.status or type(error) is not SourceError:
            raise  # it was asked for as that kind, or could not be visited at all
        why_not = str(error)
    discovery = await discover(url, http)
    if not discovery.found:
        raise SourceError("\n  ".join([f"{url}: {why_not}, and it leads to none:", *discovery.looked_at]))
    best = discovery.found[0]
    return Trial(fetched=best.fetched, kind=best.kind, why_not=why_not, leads_to=discovery.found)


async def try_folder(http: Http, path: Path, *, kind: str, base_url: str = "") -> Trial:
    """Read a folder of this machine, with a kind that reads folders. Raises SourceError, UsageError."""
    return await _fetched(http, kind, path=str(path), base_url=base_url)


async def _fetched(http: Http, kind: str, **place: str) -> Trial:
    module = plugins.load("sources", kind)
    try:
        options = module.Options(**place)
    except ValueError as error:
        raise UsageError(f"{next(iter(place.values()))}: {_first_line(error)}") from None
    fetched: Fetched = await module.Source(options).fetch(http, Validators())
    return Trial(fetched=fetched, kind=kind)


def _first_line(error: ValueError) -> str:
    details: Any = getattr(error, "errors", list)()
    return str(details[0]["msg"]).removeprefix("Value error, ") if details else str(error)


def try_file(path: Path, *, kind: str = "", base_url: str = "") -> Trial:
    """Read one source out of a file of this machine; raises SourceError, UsageError."""
    if not path.exists():
        raise UsageError(f"{path}: there is no such file, and it is not an address with https:// either")
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it, or read all of it with --kind folder")
    body = path.read_bytes()
    try:
        return _parsed(body, kind or "feed", base_url)
    except SourceError:
        other = "" if kind else kind_of(body)
        if other == "opml":
            raise UsageError(f"{path} is a list of feeds: digest sources import {path}") from None
        if other in ("", "feed", "page"):
            raise
        return _parsed(body, other, base_url)


def _parsed(body: bytes, kind: str, base_url: str) -> Trial:
    return Trial(fetched=plugins.load("sources", kind).parse(body, url=base_url), kind=kind)
