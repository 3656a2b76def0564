"""Run the demo: serve the newsroom, publish its newsletter as `digest send` would, and show what happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from digest import terminal
from digest.app import open_tools
from digest.clock import Clock, utc_now
from digest.demo import report, sign_up
from digest.demo.content import Newsroom, load_newsroom
from digest.demo.keepsakes import keep_page, keep_screens
from digest.demo.setup import NEWSLETTER, READERS, Ports, known_ports, write_config
from digest.demo.site import NewsroomSite
from digest.errors import UsageError
from digest.inbox import Received
from digest.model import Edition, EditionStatus
from digest.pipeline import publish
from digest.schedule.slots import due_slot
from digest.settings import Settings, loading
from digest.store.content import sources as source_store
from digest.store.editions import decisions
from digest.store.people import readers
from digest.tools import Tools
from digest.web import create_app, serve
from digest.web.inbox import Inbox, run_inbox
from digest.web.server.static_app import create_plain_app

HOST = "127.0.0.1"

Value = TypeVar("Value")


async def run_demo(
    folder: Path,
    *,
    console: Console | None = None,
    clock: Clock = utc_now,
    stay: asyncio.Event | None = None,
    pictures: bool = True,
) -> int:
    """Do the whole job in `folder` and return the exit code; with `stay`, keep everything running until it is set.

    `pictures` of the mail are taken where a Chromium is found.
    """
    console = console or terminal.out()
    folder = await asyncio.to_thread(folder.absolute)
    async with _running(folder, clock) as (settings, inbox), open_tools(settings, clock=clock) as tools:
        result = await _publish(tools, inbox)
        done = result.published.edition.status is EditionStatus.SENT
        if result.published.delivered:
            report.tell(result, console)
            await _leave_keepsakes(result.published.edition, folder, inbox, console, pictures=pictures)
        elif done:
            report.tell_again(result, console)
        else:
            edition = result.published.edition
            console.print(f"{edition.name}: {edition.status.value}. {edition.reason}")
        if stay:
            async with serve(create_app(tools), HOST, settings.web.port):
                await sign_up.show(tools, inbox, settings.site.signup_url, console)
                console.print(f"\nThe inbox: [bold]{inbox.http_url}[/]  (Ctrl-C ends it)")
                await sign_up.answer_until(stay, tools)
    return 0 if done or result.published.edition.status.skipped else 1


@asynccontextmanager
async def _running(folder: Path, clock: Clock) -> AsyncIterator[tuple[Settings, Inbox]]:
    """Serve the newsroom and the inbox, on the ports of the folder's configuration where these are free."""
    newsroom, path = load_newsroom(), folder / "config.toml"
    known = await asyncio.to_thread(known_ports, path)
    form = f"http://{HOST}:{known.web}/n/{NEWSLETTER}"
    async with AsyncExitStack() as stack:
        port = await _enter(stack, lambda port: _serve_newsroom(newsroom, port, clock, form), known.newsroom)
        mails = folder / "mails"
        inbox = await _enter(stack, lambda port: run_inbox(mails, smtp_port=port, clock=clock), known.smtp)
        ports = Ports(newsroom=port, smtp=inbox.smtp_port, web=known.web)
        await asyncio.to_thread(write_config, path, newsroom, ports, clock())
        yield await asyncio.to_thread(loading.load, path, {}), inbox


async def _enter(
    stack: AsyncExitStack, start: Callable[[int], AbstractAsyncContextManager[Value]], port: int
) -> Value:
    """Start a server on its port of last time, else on any that is free."""
    try:
        return await stack.enter_async_context(start(port))
    except UsageError:
        return await stack.enter_async_context(start(0))


@asynccontextmanager
async def _serve_newsroom(newsroom: Newsroom, port: int, clock: Clock, form: str) -> AsyncIterator[int]:
    async with serve(create_plain_app(lambda path: site.page(path)), HOST, port) as taken:
        site = NewsroomSite(newsroom, f"http://{HOST}:{taken}", clock, form=form)
        yield taken


async def _publish(tools: Tools, inbox: Inbox) -> report.DemoResult:
    """Do what `digest send` does, and gather what there is to tell about it."""
    started = time.monotonic()
    newsletter, now = tools.settings.newsletter(NEWSLETTER), tools.clock()
    await readers.add(tools.db, newsletter.name, READERS, now, consent={"how": "invented for the demo"})
    slot = due_slot(newsletter, now)
    assert slot is not None  # its schedule has one every day
    published = await publish.publish(newsletter, slot, tools, by_hand=True)
    seconds = time.monotonic() - started
    mails = _of(published.edition, inbox)
    return report.DemoResult(
        newsletter=newsletter,
        sources=await source_store.states(tools.db, [source.key for source in newsletter.sources]),
        decisions=await decisions.of_edition(tools.db, published.edition.id),
        published=published,
        seconds=seconds,
        smtp=f"{inbox.smtp_host}:{inbox.smtp_port}",
        arrived=len(mails),
        repeated=sum(mail.copy > 1 for mail in mails),
    )


def _of(edition: Edition, inbox: Inbox) -> list[Received]:
    """Return the mails of an edition that arrived, newest first."""
    subject = edition.mail.subject if edition.mail else None
    return [mail for mail in inbox.mails() if mail.heading.subject == subject]


async def _leave_keepsakes(
    edition: Edition, folder: Path, inbox: Inbox, console: Console, *, pictures: bool
) -> None:
    mails = _of(edition, inbox)
    if not mails:
        return
    data = await inbox.mailbox.read(mails[-1].number)
    await asyncio.to_thread(keep_page, data, folder)
    screens: list[Path] = []
    if pictures:
        with suppress(UsageError):  # no Chromium; the report says what one would bring
            screens = await asyncio.to_thread(keep_screens, data, folder)
    report.tell_where(folder, screens, console)
