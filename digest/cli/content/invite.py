"""`digest subscribers invite`: ask by mail who may want a newsletter."""

from __future__ import annotations

import rich_click as click

from digest.cli.common.arguments import newsletter_option
from digest.cli.common.running import run, settings, tools
from digest.cli.wording import addresses as wording
from digest.usecases.readers import invitations
from digest.usecases.readers.addresses import AddressResult, Verdict


@click.command(epilog="Example: digest subscribers invite anna@example.org --newsletter daily")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@newsletter_option
def invite(addresses: tuple[str, ...], newsletter: str) -> None:
    """Ask addresses by mail whether they want a newsletter; `digest run` sends the mails."""
    loaded = settings()
    wanted = loaded.newsletter(newsletter).name

    async def work() -> list[AddressResult]:
        async with tools(loaded) as opened:
            return await invitations.invite(opened, wanted, addresses)

    wording.tell(run(work()), _invited)


def _invited(result: AddressResult) -> str:
    if result.done:
        return "is invited" if result.verdict is Verdict.INVITED else "is subscribed already"
    return result.why
