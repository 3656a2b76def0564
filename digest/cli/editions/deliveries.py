"""`digest deliveries`: who got an edition, and what is to happen to those who did not."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.editions.retrying import accept, retry
from digest.model import State
from digest.usecases.editions import deliveries as usecase

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
    type=click.Choice([state.value for state in State]),
    help="Only those in this state; unknown: all that were ever in doubt.",
)
@json_option
def show(edition: str, state: str | None, as_json: bool) -> None:
    """Show the ledger of one edition: who got it, when, and what the other side said."""

    async def work() -> None:
        async with tools(settings(), changes=False) as opened:
            found = usecase.list_(opened, edition, State(state) if state else None)
            if as_json:
                await output.stream(one.as_json() async for one in found)
                return
            rows = [one.row async for one in found]
            shown = [(row.address, row.state, row.attempts, row.at, row.reply) for row in rows]
            output.table(
                ("address", "state", "attempts", "at", "reply"), shown, empty="No delivery is in that state."
            )

    run(work())


for _command in (retry, accept):
    deliveries.add_command(_command)
