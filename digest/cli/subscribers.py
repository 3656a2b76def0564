"""`digest subscribers`: the readers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli._run import fail, json_option, run, settings, tools

if TYPE_CHECKING:
    from digest.readers.transfer import Report
    from digest.store.profiles import Reader
    from digest.store.readers import Entry, Subscriber, Verdict

STATUSES = ("pending", "confirmed", "unsubscribed")

newsletter_option = click.option(
    "--newsletter", required=True, metavar="NAME", help="The newsletter that it is about."
)


@click.group()
def subscribers() -> None:
    """Add, list, import, export, forget and suppress readers."""


@subscribers.command(epilog="Example: digest subscribers add anna@example.org --newsletter daily")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@newsletter_option
def add(addresses: tuple[str, ...], newsletter: str) -> None:
    """Subscribe readers; who has unsubscribed stays so. Safe to repeat."""
    from digest.store import readers as store
    from digest.store.readers import Verdict

    loaded = settings()
    entry = loaded.newsletter(newsletter)
    entries, failed = _entries(addresses)

    async def work() -> list[Verdict]:
        async with tools(loaded) as opened:
            return await store.add(
                opened.db, entry.name, entries, opened.clock(), consent={"how": "added by hand"}
            )

    for wanted, verdict in zip(entries, run(work()), strict=True):
        good = verdict in (Verdict.ADDED, Verdict.KNOWN)
        click.echo(f"{wanted.address} {'added' if verdict is Verdict.ADDED else verdict.value}", err=not good)
        failed = failed or not good
    if failed:
        fail()


def _entries(addresses: tuple[str, ...]) -> tuple[list[Entry], bool]:
    """Return the addresses that are some, and whether any is none; that is said at once."""
    from digest.readers.addresses import parse
    from digest.store.readers import Entry

    entries, failed = [], False
    for text in addresses:
        try:
            address = parse(text)
        except ValueError as error:
            click.echo(f"{text}: {error}", err=True)
            failed = True
        else:
            entries.append(Entry(address=address.text, key=address.key))
    return entries, failed


@subscribers.command("list", epilog="Example: digest subscribers list --newsletter daily")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those.")
@json_option
def list_(newsletter: str, status: str | None, as_json: bool) -> None:
    """List readers and what they get."""
    from digest.cli import _show
    from digest.model import SubscriptionStatus
    from digest.store import readers as store

    async def work() -> None:
        async with tools(settings(), changes=False) as opened:
            found = store.list_(opened.db, newsletter, SubscriptionStatus(status) if status else None)
            if as_json:
                await _show.stream(_line(one) async for one in found)
                return
            rows = [
                (one.address, one.newsletter, one.suppressed or one.status.value, one.since)
                async for one in found
            ]
            _show.table(("address", "newsletter", "status", "since"), rows, empty="There are no readers yet.")

    run(work())


def _line(one: Subscriber) -> dict[str, Any]:
    return {
        "address": one.address,
        "name": one.name,
        "newsletter": one.newsletter,
        "status": one.status.value,
        "since": one.since,
        "suppressed": one.suppressed,
    }


@subscribers.command(epilog="Example: digest subscribers show anna@example.org")
@click.argument("address")
@json_option
def show(address: str, as_json: bool) -> None:
    """Show everything that is known of a reader: consent, and every edition."""
    from dataclasses import asdict

    from digest.cli import _show

    reader = run(profile(address))
    if as_json:
        _show.document(asdict(reader))
        return
    describe(reader)


async def profile(address: str) -> Reader:
    """Return everything that is known of a reader; raises UsageError for a stranger."""
    from digest.errors import UsageError
    from digest.readers.addresses import parse
    from digest.store import profiles

    async with tools(settings(), changes=False) as opened:
        reader = await profiles.show(opened.db, _key(parse, address))
    if reader is None:
        raise UsageError(f"{address} is not known here: neither reader nor suppressed")
    return reader


def _key(parse: Any, address: str) -> str:
    from digest.errors import UsageError

    try:
        return str(parse(address).key)
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from None


def describe(reader: Reader) -> None:
    """Tell about a reader in words."""
    click.echo(f"{reader.address} {reader.name}".rstrip())
    if reader.suppressed:
        click.echo(f"  suppressed: {reader.suppressed}; nothing is sent there")
    for one in reader.subscriptions:
        how = ", ".join(f"{key}: {value}" for key, value in sorted(one.consent.items()))
        click.echo(
            f"  {one.newsletter}: {one.status} since {one.since.isoformat(timespec='seconds')} ({how})"
        )
    for got in reader.received:
        when = f" at {got.at.isoformat(timespec='seconds')}" if got.at else ""
        words = "; ".join(filter(None, (got.reason, got.reply)))
        click.echo(f"  {got.edition}: {got.state}{when}{f' ({words})' if words else ''}")


@subscribers.command("import", epilog="Example: digest subscribers import readers.csv --newsletter daily")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@newsletter_option
@json_option
def import_(file: Path, newsletter: str, as_json: bool) -> None:
    """Subscribe everybody in a CSV file; each line that cannot be taken is named with the reason."""
    from dataclasses import asdict

    from digest.cli import _show
    from digest.readers.transfer import import_csv

    loaded = settings()
    entry = loaded.newsletter(newsletter)

    data = file.read_bytes()

    async def work() -> Report:
        async with tools(loaded) as opened:
            consent = {"how": f"imported from {file.name}"}
            return await import_csv(opened.db, entry.name, data, opened.clock(), consent=consent)

    report = run(work())
    if as_json:
        _show.document(asdict(report))
    else:
        for problem in report.problems:
            click.echo(f"{file.name} {problem}", err=True)
        click.echo(f"{report.added} added, {report.known} known before, {len(report.problems)} not taken")
    if report.problems:
        fail()


@subscribers.command(epilog="Example: digest subscribers export --newsletter daily > readers.csv")
@click.option("--newsletter", default="", metavar="NAME", help="Only this one's.")
def export(newsletter: str) -> None:
    """Write readers as CSV to stdout."""
    from digest.readers.transfer import export_csv
    from digest.store import readers as store

    async def work() -> None:
        async with tools(settings(), changes=False) as opened:
            await export_csv(store.list_(opened.db, newsletter), sys.stdout)

    run(work())


@subscribers.command(epilog="Example: digest subscribers suppress anna@example.org --reason 'asked by phone'")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--reason", default="by hand", show_default=True)
def suppress(addresses: tuple[str, ...], reason: str) -> None:
    """Never mail these addresses again, whatever is imported later."""
    from digest.store import suppressions

    entries, failed = _entries(addresses)

    async def work() -> int:
        async with tools(settings()) as opened:
            keys = [entry.key for entry in entries]
            return await suppressions.suppress(opened.db, keys, reason, opened.clock())

    click.echo(f"{run(work())} suppressed")
    if failed:
        fail()


@subscribers.command(epilog="Example: digest subscribers forget anna@example.org")
@click.argument("address")
def forget(address: str) -> None:
    """Erase what is known of a reader; only a keyed hash stays, so that no import brings them back."""
    from digest.readers.addresses import parse
    from digest.store import suppressions

    key = _key(parse, address)

    async def work() -> bool:
        async with tools(settings()) as opened:
            return await suppressions.forget(opened.db, key, opened.clock())

    known = run(work())
    click.echo(f"{address} is forgotten" if known else f"{address} was not known; no import will bring it in")
