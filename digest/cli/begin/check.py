"""`digest check`: is everything right, and when are the next editions?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import fail, json_option, run, settings, tools

if TYPE_CHECKING:
    from digest.model.findings import Finding


@click.command(epilog="Example: digest check --online")
@click.option(
    "--online", is_flag=True, help="Look at DNS, senders, site, clock and sources too; sends no mail."
)
@json_option
def check(online: bool, as_json: bool) -> None:
    """Check configuration, templates and readers, and show the next five editions."""
    from digest.cli.common import output
    from digest.cli.wording.findings import conclusion, report
    from digest.model.findings import Level
    from digest.schedule.slots import next_slots
    from digest.usecases import checkup
    from digest.usecases.doctor.catalogue import REASONS

    loaded = settings()

    async def work() -> tuple[list[Finding], dict[str, list[str]]]:
        async with tools(loaded, changes=False) as opened:
            await checkup.remember(opened)
            findings = [finding async for finding in checkup.offline(opened, visited=online)]
            if online:
                from digest.usecases.doctor.examination import examine  # its libraries are slow to load

                findings += await examine(opened)
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
        rows = [_row(finding, REASONS) for finding in findings]
        output.document({"ok": not failed, "findings": rows, "next": slots})
    else:
        for line in report(findings, REASONS):
            click.echo(line)
        for entry in loaded.newsletters:
            click.echo(f"\nNext editions of {entry.name} ({entry.timezone}):")
            for text in slots[entry.name]:
                click.echo(f"  {text}")
        click.echo(f"\n{conclusion(findings)}")
    if failed:
        fail()


def _row(finding: Finding, reasons: dict[str, str]) -> dict[str, Any]:
    return {
        "id": finding.id,
        "level": finding.level.value,
        "group": finding.group,
        "subject": finding.subject,
        "text": finding.text,
        "why": reasons.get(finding.id, ""),
        "fix": finding.fix,
    }
