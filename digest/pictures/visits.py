"""Fetch pictures, or only how they begin: several hosts at once, each in its turn, and all within a given time."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from digest.errors import SourceBlocked, SourceError, SourceUnreachable
from digest.net.http import Http
from digest.pictures.copying import ANY_SHAPE, copied
from digest.pictures.reading import Unfit, size_of
from digest.store.content.pictures import Known

AT_ONCE = 8  # hosts

#: Bytes to read: enough for the size of nearly every picture, then for those with large profiles and thumbnails.
BEGINNINGS = (65_536, 1_000_000)

#: A larger picture is not copied and keeps its own address: decoding a WebP of that many pixels takes 400 MB of memory.
MOST_BYTES, MOST_PIXELS = 10_000_000, 25_000_000

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_HEADERS = {
    "Accept": "image/jpeg,image/png,image/gif,image/webp;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "identity",  # packed, the first bytes would be others
}

log = logging.getLogger("digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A picture to be looked at, or copied at this width if it has one; `heights` bound its height for a width of one."""

    url: str
    copy_width: int = 0
    heights: tuple[float, float] = ANY_SHAPE

    @property
    def key(self) -> str:
        """What it is remembered by; addresses can be too long for an index."""
        shape = "{:.2f}-{:.2f} ".format(*self.heights) if self.copy_width else ""
        return hashlib.sha256(f"{self.copy_width} {shape}{self.url}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a picture; `lasting` if its bytes say so, and not a server that may change its mind."""

    known: Known
    lasting: bool = True


async def visit(wanted: Iterable[Wanted], http: Http, *, seconds: float) -> dict[Wanted, Found]:
    """Look at pictures for at most `seconds`; those that cannot be reached are missing in the result.

    A host that takes no connection, or too long, is not asked again. Never raises for a picture.
    """
    hosts: dict[str, list[Wanted]] = defaultdict(list)
    for each in dict.fromkeys(wanted):
        hosts[urlsplit(each.url).netloc].append(each)
    found: dict[Wanted, Found] = {}
    gate, decoder = asyncio.Semaphore(AT_ONCE), asyncio.Lock()

    async def ask(pictures: list[Wanted]) -> None:
        async with gate:
            for each in pictures:
                try:
                    one = await _look(each, http, decoder)
                except SourceUnreachable as error:
                    log.debug("pictures are left as they are: %s", error)
                    return
                if one is not None:
                    found[each] = one

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for pictures in hosts.values():
                group.create_task(ask(pictures))
    return found


async def _look(wanted: Wanted, http: Http, decoder: asyncio.Lock) -> Found | None:
    """Return what a picture turned out to be, None where that cannot be known; raises SourceUnreachable."""
    try:
        return Found(await _read(wanted, http, decoder))
    except Unfit as error:
        return Found(Known(fault=str(error)))
    except SourceUnreachable:
        raise
    except SourceError as error:
        gone = isinstance(error, SourceBlocked) or error.status in _GONE
        return Found(Known(fault=str(error)), lasting=False) if gone else None
    except Exception:  # whatever a picture does, it never stops an edition
        log.exception("a mistake of the program; a picture is left as it is: %s", wanted.url)
        return None


async def _read(wanted: Wanted, http: Http, decoder: asyncio.Lock) -> Known:
    for most in (MOST_BYTES,) if wanted.copy_width else BEGINNINGS:
        part = {} if wanted.copy_width else {"Range": f"bytes=0-{most - 1}"}
        answer = await http.get(wanted.url, headers=_HEADERS | part, only_first=most, pause=False)
        whole = len(answer.body) < most
        async with decoder:  # one at a time, for each may need much memory
            known = await asyncio.to_thread(_known, answer.body, whole, wanted)
        if known:
            return known
    raise Unfit("it does not say how large it is")


def _known(data: bytes, whole: bool, wanted: Wanted) -> Known | None:
    """Return what a picture is, None if that needs more of its bytes; raises Unfit."""
    size = size_of(data, whole=whole)
    if size is None:
        return None
    small = whole and size.width * size.height <= MOST_PIXELS
    copy = copied(data, wanted.copy_width, wanted.heights) if wanted.copy_width and small else None
    return Known(width=size.width, height=size.height, copy=copy)
