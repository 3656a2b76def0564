"""`digest simulate`: the coming editions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_argument
from digest.cli.common.running import Moment, json_option, moment, run, settings, tools
from digest.model import Plan
from digest.usecases.editions import previews


@click.command(epilog="Example: digest simulate daily --days 14")
@newsletter_argument
@click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True, help="How far to look.")
@click.option("--from", "start", type=Moment(), metavar="TIME", help="Begin at this time instead of now.")
@click.option("--as", "address", metavar="ADDRESS", help="Show what this reader would get.")
@json_option
def simulate(newsletter: str, days: int, start: datetime | None, address: str | None, as_json: bool) -> None:
    """Show the coming editions: slots, articles and skips; change nothing.

    Articles that are still to be written cannot be in it; for days gone by, each counts from when it was published.
    """
    loaded = settings()
    entry = loaded.newsletter(newsletter)

    async def work() -> Sequence[Plan]:
        async with tools(loaded, changes=False) as opened:
            reader = await previews.reader_of(opened, entry.name, address)
            return await previews.simulate(
                opened, entry.name, days=days, start=moment(start, entry), reader=reader
            )

    plans = run(work())
    if as_json:
        output.document(previews.plans_as_json(plans))
        return
    for plan in plans:
        click.echo(f"{plan.slot}  ({plan.due.isoformat(timespec='minutes')})")
        if plan.skip:
            click.echo(f"  no mail: {plan.skip}")
        for chosen in plan.chosen:
            click.echo(f"  {chosen.rank:>2}. {chosen.candidate.article.title}")
    if not plans:
        click.echo(f"No slot in these {days} days: the schedule is {entry.schedule!r}.")
