"""`digest deliveries`: who got an edition, and what is to happen to those who did not."""

from __future__ import annotations

import rich_click as click

from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.editions.retrying import accept, retry
from digest.cli.wording import ledger_rows

_DEFAULT = "show"


class _WithDefault(click.RichGroup):
    """A group whose name may be followed by an edition at once: `digest deliveries ID` is its command `show`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WithDefault, options_metavar="", subcommand_metavar="[ID | COMMAND ID]")
def deliveries() -> None:
    """Show who got an edition, and decide about those who did not.

    `digest deliveries ID` is short for `digest deliveries show ID`.
    """


@deliveries.command(epilog="Example: digest deliveries daily-2026-10-25T0700 --state unknown")
@click.argument("edition", metavar="ID")
@click.option(
    "--state",
    type=click.Choice(ledger_rows.STATES),
    help="Only those in this state; unknown: all that were ever in doubt.",
)
@json_option
def show(edition: str, state: str | None, as_json: bool) -> None:
    """Show the ledger of one edition: who got it, when, and what the other side said."""
    from digest.cli.common import output
    from digest.model import State
    from digest.store.editions import deliveries as ledger
    from digest.store.editions import editions as store
    from digest.usecases.editions.status import departed_owners

    loaded = settings()

    async def work() -> None:
        async with tools(loaded, changes=False) as opened:
            found = await store.by_name(opened.db, edition)
            domain, away = ledger_rows.domain(loaded, found), await departed_owners(opened)
            rows = ledger.rows(opened.db, found.id, State(state) if state else None, gone=away)
            if as_json:
                await output.stream(ledger_rows.entry(row, found, domain) async for row in rows)
                return
            shown = [(row.address, row.state, row.attempts, row.at, row.reply) async for row in rows]
            output.table(
                ("address", "state", "attempts", "at", "reply"), shown, empty="No delivery is in that state."
            )

    run(work())


for _command in (retry, accept):
    deliveries.add_command(_command)
