"""The inbox's web page: what arrived, and each mail as readers see it, as text, as source, and its headers.

It needs no script, and runs none: a mail is shown in a sandboxed frame under a policy of its own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.clock import Clock, utc_now
from digest.edition import templates_dir
from digest.inbox import Mailbox, Received, serve_smtp
from digest.inbox.reading import Letter, read_letter
from digest.net.http import is_this_machine
from digest.web.rendering.pages import Pages
from digest.web.server.security import MAIL_POLICY, PAGE_POLICY, SecurityHeaders
from digest.web.server.serve import serve

PER_PAGE = 50
SOURCE_SHOWN = 300_000  # characters; the file itself is one click away
VIEWS = ("html", "text", "source", "headers", "parts")

#: A mail's own document may open links in new windows, and nothing else, even when it is opened outside our frame.
LETTER_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; " + MAIL_POLICY.format(
    ancestors="'self'"
)
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_CID = re.compile(r"cid:([^\s\"'>)]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A running inbox: where it takes mails, where it shows them, and what came."""

    mailbox: Mailbox
    smtp_host: str
    smtp_port: int
    http_url: str

    def mails(self, search: str = "") -> list[Received]:
        """Return what came, newest first."""
        return self.mailbox.mails(search)


@asynccontextmanager
async def run_inbox(
    folder: Path | None,
    *,
    host: str = "127.0.0.1",
    smtp_port: int = 0,
    http_port: int = 0,
    clock: Clock = utc_now,
) -> AsyncIterator[Inbox]:
    """Run the catch-all as long as the context lasts; without a folder mails are kept in memory only."""
    mailbox = await Mailbox.open(folder)
    async with serve_smtp(mailbox, host=host, port=smtp_port, clock=clock) as taken:
        app = create_inbox_app(mailbox, templates=templates_dir(), smtp=(host, taken))
        async with serve(app, host, http_port, way_out="Name another one with --http.") as shown:
            netloc = f"[{host}]:{shown}" if ":" in host else f"{host}:{shown}"
            yield Inbox(mailbox=mailbox, smtp_host=host, smtp_port=taken, http_url=f"http://{netloc}/")


def create_inbox_app(mailbox: Mailbox, *, templates: Path, smtp: tuple[str, int]) -> Starlette:
    """Return the pages of a mailbox that takes mails at `smtp`, a host and a port."""
    pages = _InboxPages(mailbox, Pages(templates, smtp_host=smtp[0], smtp_port=smtp[1]))
    framed = PAGE_POLICY.replace("default-src 'none'", "default-src 'none'; frame-src 'self'")
    return Starlette(
        routes=[
            Route("/", pages.index),
            Route("/inbox.css", pages.stylesheet),
            Route("/mails/{number:int}", pages.mail),
            Route("/mails/{number:int}/letter", pages.letter),
            Route("/mails/{number:int}/mail.eml", pages.file),
            Route("/mails/{number:int}/parts/{index:int}", pages.part),
        ],
        middleware=[
            Middleware(SecurityHeaders, more={"Content-Security-Policy": framed}),
            Middleware(TrustedHostMiddleware, allowed_hosts=_known_hosts(smtp[0])),
        ],
    )


def _known_hosts(host: str) -> list[str]:
    """On loopback only its own names are answered, so that no site can rebind its name and read the mails."""
    return ["127.0.0.1", "localhost", "[::1]", host] if is_this_machine(host) else ["*"]


class _InboxPages:
    def __init__(self, mailbox: Mailbox, pages: Pages) -> None:
        self._mailbox = mailbox
        self._pages = pages

    async def index(self, request: Request) -> Response:
        search = request.query_params.get("q", "").strip()
        found = self._mailbox.mails(search)
        last = max(1, -(-len(found) // PER_PAGE))
        page = min(max(_whole(request.query_params.get("page", "")), 1), last)
        return self._pages.render(
            "inbox.html",
            mails=found[(page - 1) * PER_PAGE : page * PER_PAGE],
            found=len(found),
            total=len(self._mailbox),
            search=search,
            page=page,
            last=last,
            link=f"?q={quote(search)}&page=" if search else "?page=",
            copies=self._mailbox.copies,
        )

    async def stylesheet(self, request: Request) -> Response:
        return self._pages.stylesheet("inbox.css")

    async def mail(self, request: Request) -> Response:
        mail, data = await self._read(request)
        letter = await asyncio.to_thread(read_letter, data)
        view = request.query_params.get("view", "html" if letter.html else "text")
        source = data.decode("utf-8", "replace") if view == "source" else ""
        return self._pages.render(
            "inbox-mail.html",
            mail=mail,
            letter=letter,
            view=view if view in VIEWS else "source",
            source=source[:SOURCE_SHOWN],
            cut=len(source) > SOURCE_SHOWN,
            copies=self._mailbox.copies(mail),
            newer=self._mailbox.find(mail.number + 1),
            older=self._mailbox.find(mail.number - 1),
        )

    async def letter(self, request: Request) -> Response:
        mail, data = await self._read(request)
        html = _showable(await asyncio.to_thread(read_letter, data), f"/mails/{mail.number}/parts")
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": LETTER_POLICY})

    async def file(self, request: Request) -> Response:
        mail, data = await self._read(request)
        name = f"mail-{mail.number:05d}.eml"
        return Response(data, media_type="message/rfc822", headers=_download(name))

    async def part(self, request: Request) -> Response:
        _, data = await self._read(request)
        parts = (await asyncio.to_thread(read_letter, data)).parts
        index = request.path_params["index"]
        if index >= len(parts):
            raise HTTPException(404)
        picture = parts[index].media_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}
        media_type = parts[index].media_type if picture else "application/octet-stream"
        return Response(parts[index].content, media_type=media_type, headers=_download(parts[index].name))

    async def _read(self, request: Request) -> tuple[Received, bytes]:
        mail = self._mailbox.find(request.path_params["number"])
        if mail is None:
            raise HTTPException(404)
        try:
            return mail, await self._mailbox.read(mail.number)
        except FileNotFoundError:
            raise HTTPException(404, "The file of this mail has been removed.") from None


def _showable(letter: Letter, parts_url: str) -> str:
    """Return a mail's HTML so that links open in a new window and pictures inside the mail are found."""
    places = {part.content_id: f"{parts_url}/{part.index}" for part in letter.parts if part.content_id}
    html = _CID.sub(lambda match: places.get(match[1], match[0]), letter.html)
    return _HEAD.sub(lambda match: f'{match[0]}<base target="_blank">', html, count=1)


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"}


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 1
