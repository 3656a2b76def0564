"""`digest run` and `digest worker`: the service."""

from __future__ import annotations

import logging
import os
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


@click.command(epilog="Example: digest worker --queues fetch,make")
@click.option(
    "--queues",
    metavar="NAMES",
    help="The kinds of jobs that this machine does, separated by commas; all if not given. PostgreSQL only.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 200),
    help="Visits and other background jobs at once.  [default: 8]",
)
@click.option("--until-eof", is_flag=True, hidden=True, help="Belong to another process: end with its pipe.")
def worker(queues: str | None, concurrency: int | None, until_eof: bool) -> None:
    """Be one more machine: do the jobs that any machine on the same database finds due; SIGTERM ends it in order.

    With SQLite, which one machine has to itself, it only delivers what `digest run` has opened.
    """
    loaded, options = settings(), program_options()
    names = _kinds(queues)

    async def work() -> None:
        from digest.service import service, worker_processes

        stop = stopping()
        if until_eof:
            await worker_processes.until_eof(stop)
        others = 0 if until_eof else worker_processes.size(loaded) - 1
        async with tools(loaded) as opened, worker_processes.workers_running(others, options):
            opened.timekeeper.quiet = until_eof
            if until_eof or opened.db.dialect == "sqlite":
                if not until_eof:
                    logging.getLogger("digest").info("waiting for deliveries in %s", opened.db.name)
                await service.deliver(opened, stop)
            else:
                await service.run(opened, stop, queues=names, concurrency=concurrency or service.CONCURRENCY)
                logging.getLogger("digest").info("stopped; what was under way is finished or queued again")

    _log(loaded.log, at_least=logging.WARNING if until_eof else logging.DEBUG)
    run_loop(work())


def _kinds(queues: str | None) -> list[str]:
    """Return the kinds of jobs that are named, all where none is; raises UsageError for one that does not exist."""
    from digest.errors import UsageError
    from digest.plugins import did_you_mean
    from digest.store.jobs.kinds import KINDS

    names = [name.strip() for name in queues.split(",")] if queues is not None else list(KINDS)
    for name in names:
        if name not in KINDS:
            raise UsageError(
                f"--queues: there is no kind of job {name!r}{did_you_mean(name, list(KINDS))}; "
                f"there are {', '.join(KINDS)}"
            )
    return names


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
