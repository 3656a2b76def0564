"""`digest subscribers`: the readers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.arguments import entries, key, known_newsletter, newsletter_option, reading
from digest.cli.common.running import fail, json_option, run, settings, tools
from digest.cli.content.import_readers import import_
from digest.cli.content.unsubscribe import forget, release, suppress, unsubscribe

if TYPE_CHECKING:
    from digest.store.db.database import Database
    from digest.store.editions.profiles import Reader
    from digest.store.people.readers import AddResult

STATUSES = ("pending", "confirmed", "unsubscribed", "suppressed")


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
def add(addresses: tuple[str, ...], newsletter: str, name: str, consent: str) -> None:
    """Subscribe readers; who has unsubscribed stays so unless they asked anew. Safe to repeat."""
    from digest.errors import UsageError
    from digest.store.people import readers as store
    from digest.store.people.readers import AddResult

    loaded = settings()
    entry = loaded.newsletter(newsletter)
    if name and len(addresses) > 1:
        raise UsageError('--name is one reader\'s: write several as "NAME <ADDRESS>"')
    found, failed = entries(addresses, name)
    how = consent.strip()

    async def work() -> list[AddResult]:
        async with tools(loaded) as opened:
            proof = {"how": how or "added by hand"}
            return await store.add(
                opened.db, entry.name, found, opened.clock(), consent=proof, again=bool(how)
            )

    for wanted, verdict in zip(found, run(work()), strict=True):
        good = verdict in (AddResult.ADDED, AddResult.KNOWN)
        click.echo(f"{wanted.address} {verdict.value}{_way_back(verdict)}", err=not good)
        failed = failed or not good
    if failed:
        fail()


def _way_back(verdict: AddResult) -> str:
    ways = {
        "UNSUBSCRIBED": 'asked for anew? Say how and when: --consent "by letter of 3 March"',
        "SUPPRESSED": "digest subscribers release lifts that",
        "FORGOTTEN": "asked for anew? digest subscribers release, then add",
    }
    return f" ({ways[verdict.name]})" if verdict.name in ways else ""


@subscribers.command("list", epilog="Example: digest subscribers list --newsletter daily")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those.")
@json_option
def list_(newsletter: str, status: str | None, as_json: bool) -> None:
    """List readers and what they get; with --status suppressed, whom nothing is sent to, readers or not."""
    from digest.cli.common import output

    async def work() -> None:
        async with reading() as opened:
            name = await known_newsletter(newsletter, opened)
            found = (
                _suppressed(opened.db, name) if status == "suppressed" else _lines(opened.db, name, status)
            )
            if as_json:
                await output.stream(found)
                return
            columns = ("address", "newsletter", "status", "since", "reason")
            rows = [(*(one[column] for column in columns[:4]), one["suppressed"]) async for one in found]
            empty = "There are no such readers." if status else "There are no readers yet."
            output.table(columns, rows, empty=empty)

    run(work())


async def _lines(db: Database, newsletter: str, status: str | None) -> AsyncIterator[dict[str, Any]]:
    from digest.model import SubscriptionStatus
    from digest.store.people import readers

    async for one in readers.list_(db, newsletter, SubscriptionStatus(status) if status else None):
        yield {
            "address": one.address,
            "name": one.name,
            "newsletter": one.newsletter,
            "status": one.standing,
            "since": one.suppressed_since or one.since,
            "suppressed": one.suppressed,
        }


async def _suppressed(db: Database, newsletter: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the suppressed in the same form; that holds for all newsletters, so none is named."""
    from digest.store.people import suppressions

    async for one in suppressions.list_(db, newsletter):
        yield {
            "address": one.address,
            "name": "",
            "newsletter": "",
            "status": "suppressed",
            "since": one.since,
            "suppressed": one.reason,
        }


@subscribers.command(epilog="Example: digest subscribers show anna@example.org")
@click.argument("address")
@json_option
def show(address: str, as_json: bool) -> None:
    """Show everything that is known of a reader: consent, and every edition."""
    from dataclasses import asdict

    from digest.cli.common import output

    reader = run(profile(address))
    if as_json:
        output.document(asdict(reader))
        return
    describe(reader)


async def profile(address: str, edition: str | None = None) -> Reader:
    """Return everything that is known of a reader, or of one edition; raises UsageError for strangers of either."""
    from digest.errors import UsageError
    from digest.store.editions import editions, profiles
    from digest.usecases.edition_status import departed_owners

    async with reading() as opened:
        only = (await editions.by_name(opened.db, edition)).name if edition else ""
        reader = await profiles.show(opened.db, key(address), gone=await departed_owners(opened))
    if reader is None:
        raise UsageError(f"{address} is not known here: neither reader nor suppressed")
    if not only:
        return reader
    return replace(reader, received=tuple(got for got in reader.received if got.edition == only))


def describe(reader: Reader) -> None:
    """Tell about a reader in words."""
    click.echo(f"{reader.address} {reader.name}".rstrip())
    if reader.suppressed_since:
        since = reader.suppressed_since.isoformat(timespec="seconds")
        click.echo(f"  suppressed since {since}: {reader.suppressed}; nothing is sent there")
        click.echo(f'  "digest subscribers release {reader.address}" lifts that')
    for one in reader.subscriptions:
        how = ", ".join(f"{key}: {value}" for key, value in sorted(one.consent.items()))
        click.echo(
            f"  {one.newsletter}: {one.status} since {one.since.isoformat(timespec='seconds')} ({how})"
        )
    for got in reader.received:
        when = f" at {got.at.isoformat(timespec='seconds')}" if got.at else ""
        click.echo(f"  {got.edition}: {got.state}{when}{f' ({got.words})' if got.words else ''}")


@subscribers.command(epilog="Example: digest subscribers export --newsletter daily > readers.csv")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
def export(newsletter: str) -> None:
    """Write readers as CSV to stdout."""
    from digest.readers.transfer.transfer import export_csv
    from digest.store.people import readers as store

    async def work() -> None:
        async with reading() as opened:
            name = await known_newsletter(newsletter, opened)
            await export_csv(store.list_(opened.db, name), sys.stdout)

    run(work())


for _command in (import_, unsubscribe, suppress, release, forget):
    subscribers.add_command(_command)
