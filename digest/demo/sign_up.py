"""A reader signs up while the demo stays: asked by the form's use case, confirmed by the link in the mail that came."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from rich.console import Console

from digest.demo.setup import NEWSLETTER
from digest.inbox.reading import read_letter
from digest.pipeline.system_mails import send_due
from digest.tools import Tools
from digest.usecases.readers.sign_up import confirm, sign_up
from digest.web.inbox import Inbox

NEWCOMER = "wanda@example.org"

_CONFIRMATION = re.compile(r"/c/([\w-]+)")
_LOOK_SECONDS = 1.0  # between two looks for mails to single readers


async def show(tools: Tools, inbox: Inbox, newsroom: str, console: Console) -> None:
    """Sign a reader up, press the button of the mail that asks, and tell where a person can do the same."""
    newsletter = tools.settings.newsletter(NEWSLETTER)
    await sign_up(tools, newsletter, {"email": NEWCOMER})
    await send_due(tools)
    link = await _confirmation(inbox)
    number = tools.links.read(link, "confirm") if link else None
    if number:
        await confirm(tools, number)
        await send_due(tools)
    subjects = [mail.heading.subject for mail in reversed(inbox.mails(NEWCOMER))]
    console.print("\n[bold reverse] Signing up [/] a reader asks, confirms by mail, and is welcomed")
    console.print(f"  {NEWCOMER} got: {', then '.join(subjects[-2:] if number else subjects[-1:])}")
    console.print(f"  Sign up yourself, any address will do: {tools.settings.site.url}/n/{NEWSLETTER}")
    console.print(f"  or by the form on the newsroom's own site: {newsroom}")


async def _confirmation(inbox: Inbox) -> str:
    """Return the token in the newest mail to the newcomer, "" where it asks for nothing."""
    for mail in inbox.mails(NEWCOMER)[:1]:
        if found := _CONFIRMATION.search(read_letter(await inbox.mailbox.read(mail.number)).text):
            return found[1]
    return ""


async def answer_until(stop: asyncio.Event, tools: Tools) -> None:
    """Send mails to single readers, as the service does, until `stop` is set."""
    while not stop.is_set():
        await send_due(tools)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
