"""`digest machines` and `digest jobs`: who works where on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import json_option, run, settings, tools

if TYPE_CHECKING:
    from digest.usecases.machines import JobInWords, MachineAtWork


@click.command(epilog="Example: digest machines")
@json_option
def machines(as_json: bool) -> None:
    """Show which machines work on the database, what each does now, what waits and what failed (PostgreSQL)."""
    from digest.cli.common import output
    from digest.usecases import machines as at

    loaded = settings()

    async def work() -> list[MachineAtWork] | None:
        async with tools(loaded, changes=False) as opened:
            return None if opened.db.dialect == "sqlite" else await at.at_work(opened)

    found = run(work())
    if as_json:
        output.document([_machine(one) for one in found or ()])
    elif found is None:
        click.echo(at.ONE_MACHINE)
    else:
        rows = [
            (
                one.name,
                one.version,
                one.since,
                one.seen,
                _does(one),
                one.waiting,
                one.failed,
                "; ".join(one.notes),
            )
            for one in found
        ]
        columns = ("name", "version", "since", "seen", "does", "waiting", "failed", "why")
        empty = 'No machine is at work: start "digest run" or "digest worker".'
        output.table(columns, rows, empty=empty)


def _does(one: MachineAtWork) -> str:
    return ", ".join(one.does) or ("nothing" if one.alive else "")


def _machine(one: MachineAtWork) -> dict[str, Any]:
    names = (
        "name",
        "host",
        "version",
        "since",
        "seen",
        "alive",
        "does",
        "queues",
        "waiting",
        "failed",
        "notes",
    )
    return {name: getattr(one, name) for name in names}


@click.group()
def jobs() -> None:
    """Look after the queue of jobs that machines share (PostgreSQL)."""


@jobs.command("list", epilog="Example: digest jobs list --state failed")
@click.option(
    "--state", type=click.Choice(["waiting", "running", "failed"]), help="Only those in this state."
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="So many at most.")
@json_option
def list_(state: str | None, limit: int, as_json: bool) -> None:
    """List jobs that are not done, those under way first, with why their last attempt failed."""
    from digest.cli.common import output
    from digest.usecases import machines as at

    loaded = settings()

    async def work() -> list[JobInWords] | None:
        async with tools(loaded, changes=False) as opened:
            return None if opened.db.dialect == "sqlite" else await at.jobs(opened, state=state, most=limit)

    found = run(work())
    if as_json:
        output.document([_job(one) for one in found or ()])
    elif found is None:
        click.echo(at.ONE_MACHINE)
    else:
        rows = [
            (
                one.job.id,
                one.about,
                one.job.state,
                one.job.attempts,
                one.job.due,
                one.job.machine,
                one.job.words,
            )
            for one in found
        ]
        columns = ("id", "job", "state", "tried", "not before", "machine", "error")
        output.table(columns, rows, empty="No job waits, is under way, or has failed.")


def _job(one: JobInWords) -> dict[str, Any]:
    job = one.job
    return {
        "id": job.id,
        "kind": job.kind,
        "about": one.about,
        "state": job.state,
        "attempts": job.attempts,
        "not_before": job.due,
        "machine": job.machine,
        "error": job.words,
    }


@jobs.command(epilog="Example: digest jobs retry 4711")
@click.argument("job_id", metavar="ID", type=click.IntRange(1))
@json_option
def retry(job_id: int, as_json: bool) -> None:
    """Have a job that failed, or waits for its time, done at once."""
    from digest.cli.common import output
    from digest.usecases import machines as at

    loaded = settings()

    async def work() -> str:
        async with tools(loaded) as opened:
            return await at.retry(opened, job_id)

    about = run(work())
    if as_json:
        output.document({"id": job_id, "about": about, "state": "waiting"})
    else:
        click.echo(f"Job {job_id} ({about}) is queued again.")
