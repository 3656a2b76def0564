"""`digest test`: the coming edition to a few addresses, marked as a test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common.running import at_option, fail, json_option, moment, run, settings, tools

if TYPE_CHECKING:
    from digest.model import Outcome


@click.command(epilog="Example: digest test daily editor@example.org")
@click.argument("words", nargs=-1, required=True, metavar="[NEWSLETTER] ADDRESS...")
@at_option
@json_option
def test(words: tuple[str, ...], at: datetime | None, as_json: bool) -> None:
    """Send the coming edition, marked as a test, to any address; the ledger stays untouched.

    Where there is nothing for a coming edition, the newest one that was made is sent.
    """
    from digest.cli.common import output

    loaded = settings()
    newsletter, addresses = ("", words) if "@" in words[0] else (words[0], words[1:])
    entry = loaded.newsletter(newsletter)
    if not addresses:
        raise click.UsageError("name an address to send to, such as you@example.org")

    async def work() -> list[tuple[str, Outcome]]:
        from digest.pipeline.rehearsal import send_test
        from digest.usecases.editions.sending import test_edition

        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            chosen = await test_edition(entry, opened)
            if chosen.instead:
                output.say(f"{chosen.instead}: sending {chosen.proof.edition} again as a test")
            return await send_test(chosen.proof, addresses, opened)

    outcomes = run(work())
    if as_json:
        rows = [
            {"address": address, "state": _state(outcome), "reply": outcome.reply}
            for address, outcome in outcomes
        ]
        output.document(rows)
    else:
        for address, outcome in outcomes:
            click.echo(f"{address}: {_state(outcome)} {outcome.reply}".rstrip())
    if any(_state(outcome) != "sent" for _, outcome in outcomes):
        fail()


def _state(outcome: Outcome) -> str:
    return type(outcome).__name__.lower()
