"""`digest run` and `digest worker`: the service."""

from __future__ import annotations

import asyncio
import logging
import signal

import rich_click as click

from digest.cli._run import run as run_loop
from digest.cli._run import settings, tools


@click.command(epilog="Example: digest run")
def run() -> None:
    """Run the service: scheduler, delivery and web pages in one process; SIGTERM finishes what is under way."""
    loaded = settings()

    async def work() -> None:
        from digest import service, web
        from digest.schedule import next_slots

        stop = _stopping()
        async with tools(loaded) as opened:
            async with web.serve(web.create_app(opened), loaded.web.host, loaded.web.port) as port:
                log = logging.getLogger("digest")
                log.info("pages on http://%s:%s, for readers as %s", loaded.web.host, port, loaded.site.url)
                for newsletter in loaded.newsletters:
                    [slot] = next_slots(newsletter.schedule, newsletter.timezone, opened.clock(), 1)
                    log.info("%s: next edition %s %s", newsletter.name, slot.text, newsletter.timezone)
                await service.run(opened, stop)
                log.info("stopped; what was under way is finished or waits in the ledger")

    logging.getLogger("digest").setLevel(logging.INFO)
    run_loop(work())


@click.command(epilog="Example: digest worker")
def worker() -> None:
    """Be one more machine: deliver what any machine on the same database has opened."""
    loaded = settings()

    async def work() -> None:
        from digest import service

        stop = _stopping()
        async with tools(loaded) as opened:
            logging.getLogger("digest").info("waiting for deliveries in %s", opened.db.name)
            await service.deliver_until(opened, stop)

    logging.getLogger("digest").setLevel(logging.INFO)
    run_loop(work())


def _stopping() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
