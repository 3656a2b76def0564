"""`digest subscribers`: the readers."""

from __future__ import annotations

import sys

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_option, reading
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.content.choosing import set_
from digest.cli.content.import_readers import import_
from digest.cli.content.invite import invite
from digest.cli.content.unsubscribe import forget, leaving, release, suppress, unsubscribe
from digest.cli.wording import addresses as wording
from digest.cli.wording.reader import describe
from digest.store.editions.profiles import Reader
from digest.usecases import explain
from digest.usecases.readers import subscriptions
from digest.usecases.readers.addresses import AddressResult, Verdict
from digest.usecases.readers.subscriptions import ReaderStatus

_CONSENT = 'did the reader ask again? Say how and when: --consent "by letter of 3 March"'

#: What the operator may do where an address was not added.
_WAY_BACK = {
    Verdict.UNSUBSCRIBED: _CONSENT,
    Verdict.SUPPRESSED: "digest subscribers release lifts that",
    Verdict.FORGOTTEN: "did the reader ask again? digest subscribers release, then add",
}


@click.group()
def subscribers() -> None:
    """Add, list, import and export readers, and let them go."""


@subscribers.command(epilog="Example: digest subscribers add anna@example.org --newsletter daily")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@newsletter_option
@click.option("--name", default="", metavar="TEXT", help='What the reader is called; or "NAME <ADDRESS>".')
@click.option(
    "--consent",
    default="",
    metavar="TEXT",
    help="How and when they asked for it, kept as proof; brings back who had unsubscribed.",
)
@json_option
def add(addresses: tuple[str, ...], newsletter: str, name: str, consent: str, as_json: bool) -> None:
    """Subscribe readers; who has unsubscribed stays so unless they asked again. Safe to repeat."""
    loaded = settings()
    wanted = loaded.newsletter(newsletter).name

    async def work() -> list[AddressResult]:
        async with tools(loaded) as opened:
            return await subscriptions.add(opened, wanted, addresses, name=name, consent=consent)

    wording.tell(run(work()), _added, as_json=as_json)


def _added(result: AddressResult) -> str:
    if result.done:
        return "added" if result.verdict is Verdict.ADDED else "is subscribed already"
    return f"{result.why} ({_WAY_BACK[result.verdict]})"


@subscribers.command("list", epilog="Example: digest subscribers list --newsletter daily")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
@click.option("--status", type=click.Choice([one.value for one in ReaderStatus]), help="Only those.")
@json_option
def list_(newsletter: str, status: str | None, as_json: bool) -> None:
    """List readers and what they get; --status suppressed lists all addresses that get nothing, readers or not."""

    async def work() -> None:
        async with reading() as opened:
            found = subscriptions.list_(opened, newsletter, ReaderStatus(status) if status else None)
            if as_json:
                await output.stream(one.as_json() async for one in found)
                return
            columns = ("address", "newsletter", "status", "since", "reason")
            rows = [
                (one.address, one.newsletter, one.status, one.since, one.suppressed) async for one in found
            ]
            empty = "There are no such readers." if status else "There are no readers yet."
            output.table(columns, rows, empty=empty)

    run(work())


@subscribers.command(epilog="Example: digest subscribers show anna@example.org")
@click.argument("address")
@json_option
def show(address: str, as_json: bool) -> None:
    """Show everything that is known of a reader: consent, and every edition."""

    async def work() -> Reader:
        async with reading() as opened:
            return await explain.reader(opened, address)

    reader = run(work())
    if as_json:
        output.document(explain.as_json(reader))
    else:
        describe(reader)


@subscribers.command(epilog="Example: digest subscribers export --newsletter daily > readers.csv")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
def export(newsletter: str) -> None:
    """Write readers as CSV to stdout."""

    async def work() -> None:
        async with reading() as opened:
            await subscriptions.export(opened, sys.stdout, newsletter)

    run(work())


for _command in (invite, import_, set_, unsubscribe, leaving, suppress, release, forget):
    subscribers.add_command(_command)
