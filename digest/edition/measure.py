"""Look at an edition's pictures before it is set: how large they truly are, and whether they are there at all.

Only the first bytes of each are asked for. What cannot be found out in time stays as its source said.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

from PIL import ExifTags, Image

from digest.errors import SourceError
from digest.http import Http
from digest.model import Chosen, Plan

FIRST_BYTES = 65_536  # enough for the header of nearly every picture, thumbnails and colour profiles included
_GONE = (404, 410)
_SIDEWAYS = range(5, 9)  # EXIF orientations that lie on their side
_NOT_FOR_MAIL = ("image/svg+xml", "text/html")  # no mail program shows the one, the other is a page


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels, as it stands."""

    width: int
    height: int


def size_of(data: bytes) -> Size | None:
    """Return the size of a picture from its first bytes, None if they do not tell."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _size_of_webp(data)
    try:
        with Image.open(io.BytesIO(data)) as image:  # reads the header and decodes nothing
            turned = image.format == "JPEG" and image.getexif().get(ExifTags.Base.Orientation, 1) in _SIDEWAYS
            return Size(*reversed(image.size)) if turned else Size(*image.size)
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ):  # not a picture, or not a sane one
        return None


def _size_of_webp(data: bytes) -> Size | None:
    """Read the header of a WebP (RFC 9649), which Pillow opens only when it has all of it."""
    if len(data) < 30:
        return None
    kind, number = data[12:16], int.from_bytes
    if kind == b"VP8X":
        return Size(1 + number(data[24:27], "little"), 1 + number(data[27:30], "little"))
    if kind == b"VP8L":
        bits = number(data[21:25], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return Size(number(data[26:28], "little") & 0x3FFF, number(data[28:30], "little") & 0x3FFF)


async def measured(plan: Plan, http: Http, *, seconds: float = 8.0, at_once: int = 8) -> Plan:
    """Return the plan with true sizes; pictures that are gone, or are none, are dropped and told in its problems.

    Takes at most `seconds`; never raises for a picture.
    """
    wanted = {chosen.candidate.article.image.url for chosen in plan.chosen if chosen.candidate.article.image}
    gate, known = asyncio.Semaphore(at_once), dict[str, Size | str]()

    async def look(url: str) -> None:
        async with gate:
            if (found := await _look(url, http)) is not None:
                known[url] = found

    tasks = [asyncio.create_task(look(url)) for url in sorted(wanted)]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return _with(plan, known)


async def _look(url: str, http: Http) -> Size | str | None:
    """Return a picture's size, why it must not be shown, or None where nobody can say."""
    try:
        answer = await http.get(url, headers={"Range": f"bytes=0-{FIRST_BYTES - 1}"})
    except SourceError as error:
        return str(error) if error.status in _GONE else None
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NOT_FOR_MAIL:
        return f"{kind} is not shown by mail programs"
    size = await asyncio.to_thread(size_of, answer.body[:FIRST_BYTES])
    if size and min(size.width, size.height) <= 2:
        return f"it is {size.width} x {size.height} pixels: a counter, not a picture"
    return size


def _with(plan: Plan, known: Mapping[str, Size | str]) -> Plan:
    problems = list(plan.problems)

    def seen(chosen: Chosen) -> Chosen:
        article = chosen.candidate.article
        if article.image is None or (found := known.get(article.image.url)) is None:
            return chosen
        if isinstance(found, str):
            problems.append(f"the picture of {article.title!r} is left out: {found}")
            image = None
        else:
            image = replace(article.image, width=found.width, height=found.height)
        return replace(chosen, candidate=replace(chosen.candidate, article=replace(article, image=image)))

    sections = tuple(
        replace(section, articles=tuple(seen(chosen) for chosen in section.articles))
        for section in plan.sections
    )
    return replace(plan, sections=sections, problems=tuple(problems))
