"""Sources that the next visit would refuse or miss, and that are known without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from digest.model.findings import Finding, Level
from digest.net.http import refusal
from digest.settings import Settings, SourceSettings
from digest.text import without_login


def sources(settings: Settings, *, visited: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with sources before a visit; of those that are `visited` too, only what that cannot tell."""
    for source in () if visited else settings.sources.values():
        if text := _out_of_reach(source, allow_private=settings.fetch.allow_private):
            yield Finding(Level.FAILURE, f"source {_name(source)}", text)
    yield from _one_id_for_two(settings)


def _out_of_reach(source: SourceSettings, *, allow_private: bool) -> str:
    path = getattr(source.options, "path", None)
    if isinstance(path, Path):
        if not path.exists():
            return f"there is no folder {path}"
        return "" if path.is_dir() else f"{path} is a file; name its folder"
    url = getattr(source.options, "url", "")
    return refusal(url, allow_private=allow_private) if isinstance(url, str) and url else ""


def _one_id_for_two(settings: Settings) -> Iterator[Finding]:
    places: dict[str, set[str]] = defaultdict(set)
    for newsletter in settings.newsletters:
        for source in newsletter.sources:
            if source.id:
                places[source.id].add(without_login(f"{source.kind} {source.location}"))
    for id_, found in places.items():
        if len(found) > 1:
            text = (
                f"{len(found)} sources have this id ({', '.join(sorted(found))}): only one of them is visited"
            )
            yield Finding(Level.FAILURE, f"source {id_}", text)


def _name(source: SourceSettings) -> str:
    return source.name or source.id or without_login(source.location)
