"""`digest test`: the coming edition to a few addresses, marked as a test."""

from __future__ import annotations

from datetime import datetime

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import at_option, fail, json_option, moment, run, settings, tools
from digest.usecases.editions import testing
from digest.usecases.editions.testing import TestCopy


@click.command(epilog="Example: digest test daily editor@example.org")
@click.argument("words", nargs=-1, required=True, metavar="[NEWSLETTER] ADDRESS...")
@at_option
@json_option
def test(words: tuple[str, ...], at: datetime | None, as_json: bool) -> None:
    """Send the coming edition, marked as a test, to any address; the ledger stays untouched.

    Where there is nothing for a coming edition, the newest one that was made is sent.
    """
    loaded = settings()
    newsletter, addresses = ("", words) if "@" in words[0] else (words[0], words[1:])
    entry = loaded.newsletter(newsletter)
    if not addresses:
        raise click.UsageError("name an address to send to, such as you@example.org")

    async def work() -> list[TestCopy]:
        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            chosen = await testing.test_edition(opened, entry)
            if chosen.instead:
                output.say(f"{chosen.instead}: sending {chosen.proof.edition} again as a test")
            return await testing.send_test(opened, chosen, addresses)

    copies = run(work())
    if as_json:
        output.document([one.as_json() for one in copies])
    else:
        for one in copies:
            click.echo(f"{one.address}: {one.state} {one.outcome.reply}".rstrip())
    if not all(one.sent for one in copies):
        fail()
