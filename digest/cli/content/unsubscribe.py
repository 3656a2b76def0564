"""The commands of `digest subscribers` that end something, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common.arguments import entries, key, known_newsletter, newsletter_option
from digest.cli.common.running import fail, run, settings, tools

if TYPE_CHECKING:
    from digest.tools import Tools


@click.command(epilog="Example: digest subscribers unsubscribe anna@example.org --newsletter daily")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@newsletter_option
def unsubscribe(addresses: tuple[str, ...], newsletter: str) -> None:
    """End subscriptions for readers who asked for it, as the link in a mail does. Safe to repeat."""
    found, failed = entries(addresses)
    loaded = settings()
    wanted = newsletter or loaded.newsletter().name

    async def work() -> list[bool]:
        async with tools(loaded) as opened:
            name = await known_newsletter(wanted, opened)
            return [await _end(opened, name, entry.key) for entry in found]

    for entry, ended in zip(found, run(work()), strict=True):
        words = "is unsubscribed from" if ended else "has no subscription of"
        click.echo(f"{entry.address} {words} {wanted}", err=not ended)
        failed = failed or not ended
    if failed:
        fail()


async def _end(opened: Tools, newsletter: str, key: str) -> bool:
    """End a reader's subscription; returns whether there is one."""
    from digest.store.editions import profiles
    from digest.store.people import readers

    known = await profiles.show(opened.db, key)
    for one in known.subscriptions if known else ():
        if one.newsletter == newsletter:
            await readers.unsubscribe(opened.db, one.id, opened.clock())
            return True
    return False


@click.command(epilog="Example: digest subscribers suppress anna@example.org --reason 'asked by phone'")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--reason", default="by hand", show_default=True)
def suppress(addresses: tuple[str, ...], reason: str) -> None:
    """Never mail these addresses again, whatever is imported later."""
    from digest.store.people import suppressions

    found, failed = entries(addresses)

    async def work() -> int:
        async with tools(settings()) as opened:
            keys = [entry.key for entry in found]
            return await suppressions.suppress(opened.db, keys, reason, opened.clock())

    click.echo(f"{run(work())} suppressed")
    if failed:
        fail()


@click.command(epilog="Example: digest subscribers release anna@example.org")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
def release(addresses: tuple[str, ...]) -> None:
    """Let addresses be mailed and added again that were suppressed or forgotten."""
    from digest.store.people import suppressions

    found, failed = entries(addresses)

    async def work() -> list[bool]:
        async with tools(settings()) as opened:
            return [await suppressions.release(opened.db, entry.key) for entry in found]

    for entry, released in zip(found, run(work()), strict=True):
        words = (
            "is released: it may be mailed and added" if released else "is neither suppressed nor forgotten"
        )
        click.echo(f"{entry.address} {words}", err=not released)
        failed = failed or not released
    if failed:
        fail()


@click.command(epilog="Example: digest subscribers forget anna@example.org")
@click.argument("address")
def forget(address: str) -> None:
    """Erase what is known of a reader; only a keyed hash stays, so that no import brings them back."""
    from digest.store.people import suppressions

    wanted = key(address)

    async def work() -> bool:
        async with tools(settings()) as opened:
            return await suppressions.forget(opened.db, wanted, opened.clock())

    if run(work()):
        click.echo(f"{address} is forgotten")
        return
    click.echo(f"{address} was no reader; from now on no import brings it in.")
    click.echo(f"If it was a slip of the pen: digest subscribers release {address}", err=True)
