"""`digest check`: is everything right, and when are the next editions?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import fail, json_option, run, settings, tools

if TYPE_CHECKING:
    from digest.model.findings import Finding, Level


@click.command(epilog="Example: digest check --online")
@click.option("--online", is_flag=True, help="Visit the sources, log in to the senders and ask the DNS too.")
@json_option
def check(online: bool, as_json: bool) -> None:
    """Check configuration, templates and readers, and show the next five editions."""
    from digest.cli.common import output
    from digest.model.findings import Level
    from digest.schedule.slots import next_slots
    from digest.usecases import checks, checkup

    loaded = settings()

    async def work() -> tuple[list[Finding], dict[str, list[str]]]:
        async with tools(loaded, changes=False) as opened:
            await checkup.remember(opened)
            findings = [*checkup.configuration(loaded), *checkup.together(opened, visited=online)]
            findings += [finding async for finding in checkup.newsletters(opened)]
            findings += [finding async for finding in checkup.database(opened)]
            findings += [finding async for finding in checks.known(opened, visited=online)]
            if online:
                findings += [finding async for finding in checkup.online(opened)]
                findings += [finding async for finding in checkup.links(opened)]
            slots = {
                entry.name: [
                    slot.text for slot in next_slots(entry.schedule, entry.timezone, opened.clock(), 5)
                ]
                for entry in loaded.newsletters
            }
            return findings, slots

    findings, slots = run(work())
    failed = any(finding.level is Level.FAILURE for finding in findings)
    if as_json:
        output.document(
            {"ok": not failed, "findings": [_row(finding) for finding in findings], "next": slots}
        )
    else:
        for finding in findings:
            click.echo(f"{_shown(finding.level)} {finding.subject}: {finding.text}")
        for entry in loaded.newsletters:
            click.echo(f"\nNext editions of {entry.name} ({entry.timezone}):")
            for text in slots[entry.name]:
                click.echo(f"  {text}")
        noted = any(finding.level is Level.WARNING for finding in findings)
        well = "All is well, but for the notes above." if noted else "All is well."
        click.echo(f"\n{'Something has to be mended first.' if failed else well}")
    if failed:
        fail()


def _shown(level: Level) -> str:
    """Return a level as a word of four letters, in its colour on a terminal."""
    word, colour = {"ok": ("  ok", "green"), "warning": ("note", "yellow"), "failure": ("FAIL", "red")}[level]
    return click.style(word, fg=colour, bold=level == "failure")


def _row(finding: Finding) -> dict[str, Any]:
    return {"level": finding.level.value, "subject": finding.subject, "text": finding.text}
