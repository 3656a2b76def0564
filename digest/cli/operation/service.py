"""`digest run` and `digest worker`: the service."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import rich_click as click

from digest import __version__
from digest.cli.common.running import program_options, settings, stopping, tools
from digest.cli.common.running import run as run_loop

if TYPE_CHECKING:
    from digest.settings.running import LogSettings

_PORT_TAKEN = (
    "Is another `digest run` at work there? Else set `host` or `port` under [web] in the configuration."
)
_SOON = timedelta(seconds=0.5)  # between two looks of a worker that belongs to another process


@click.command(epilog="Example: digest run")
def run() -> None:
    """Run the service: scheduler, delivery and web pages in one process; SIGTERM finishes what is under way."""
    loaded, options = settings(), program_options()

    async def work() -> None:
        from digest import web
        from digest.schedule.slots import next_slots
        from digest.service import service, worker_processes

        stop = stopping()
        async with tools(loaded) as opened:
            pages, at = web.create_app(opened, draining=stop.is_set), loaded.web
            async with web.serve(
                pages, at.host, at.port, way_out=_PORT_TAKEN, proxies=at.trusted_proxies
            ) as port:
                log = logging.getLogger("digest")
                log.info("pages on http://%s:%s, for readers as %s", at.host, port, loaded.site.url)
                for newsletter in loaded.newsletters:
                    [slot] = next_slots(newsletter.schedule, newsletter.timezone, opened.clock(), 1)
                    log.info("%s: next edition %s %s", newsletter.name, slot.text, newsletter.timezone)
                async with worker_processes.workers_running(worker_processes.size(loaded) - 1, options):
                    await service.run(opened, stop)
                log.info("stopped; what was under way is finished or waits in the ledger")

    _log(loaded.log)
    run_loop(work())


@click.command(epilog="Example: digest worker")
@click.option("--until-eof", is_flag=True, hidden=True, help="Belong to another process: end with its pipe.")
def worker(until_eof: bool) -> None:
    """Be one more machine: deliver what any machine on the same database has opened."""
    loaded, options = settings(), program_options()

    async def work() -> None:
        from digest.service import service, worker_processes

        stop = stopping()
        if until_eof:
            await worker_processes.until_eof(stop)
        others = 0 if until_eof else worker_processes.size(loaded) - 1
        async with tools(loaded) as opened, worker_processes.workers_running(others, options):
            opened.timekeeper.quiet = until_eof
            if until_eof:
                await service.deliver_until(opened, stop, rest=_SOON)
            else:
                logging.getLogger("digest").info("waiting for deliveries in %s", opened.db.name)
                await service.deliver_until(opened, stop)

    _log(loaded.log, at_least=logging.WARNING if until_eof else logging.DEBUG)
    run_loop(work())


def _log(wanted: LogSettings, *, at_least: int = logging.DEBUG) -> None:
    """Log to stderr, with the time unless that is systemd's journal, which has its own; trace where that is wanted."""
    from digest.telemetry import log_lines, tracing

    log_lines.set_up(
        as_json=wanted.format == "json",
        level=max(at_least, logging.getLevelNamesMapping()[wanted.level.upper()]),
        with_time=not os.environ.get("JOURNAL_STREAM"),
    )
    problem, end = tracing.begin(__version__)
    if problem:
        logging.getLogger("digest").warning("%s", problem)
    if context := click.get_current_context():
        context.call_on_close(end)
