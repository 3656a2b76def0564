"""The commands of `digest subscribers` that end something, and the way back."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_option, reading
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.wording import addresses as wording
from digest.model import LeavingReason
from digest.usecases.readers import leaving as use_case
from digest.usecases.readers import subscriptions, suppression
from digest.usecases.readers.addresses import AddressResult, Verdict
from digest.usecases.readers.suppression import Forgotten


@click.command(epilog="Example: digest subscribers unsubscribe anna@example.org --newsletter daily")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@newsletter_option
@json_option
def unsubscribe(addresses: tuple[str, ...], newsletter: str, as_json: bool) -> None:
    """End subscriptions for readers who asked for it, as the link in a mail does. Safe to repeat."""
    loaded = settings()
    wanted = newsletter or loaded.newsletter().name

    async def work() -> list[AddressResult]:
        async with tools(loaded) as opened:
            return await subscriptions.unsubscribe(opened, wanted, addresses)

    wording.tell(run(work()), lambda one: one.why or f"is unsubscribed from {wanted}", as_json=as_json)


@click.command(epilog="Example: digest subscribers leaving --newsletter daily --months 3")
@newsletter_option
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 1200), help="How far back.")
@json_option
def leaving(newsletter: str, months: int, as_json: bool) -> None:
    """Count why readers left, as far as they said so on the page after leaving."""

    async def work() -> dict[LeavingReason, int]:
        async with reading() as opened:
            return await use_case.reasons(opened, newsletter, months)

    counts = run(work())
    if as_json:
        output.document({reason.value: count for reason, count in counts.items()})
        return
    rows = [(_REASONS[reason], count) for reason, count in counts.items() if count]
    output.table(("reason", "readers"), rows, empty="No reader has said why.")


_REASONS = {
    LeavingReason.TOO_OFTEN: "it comes too often",
    LeavingReason.NOT_FOR_ME: "it is not what they want to read",
    LeavingReason.NEVER_ASKED: "they did not sign up for it",
    LeavingReason.OTHER: "another reason",
}


@click.command(epilog="Example: digest subscribers suppress anna@example.org --reason 'asked by phone'")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--reason", default="by hand", show_default=True)
@json_option
def suppress(addresses: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Never mail these addresses again, whatever is imported later."""

    async def work() -> list[AddressResult]:
        async with tools(settings()) as opened:
            return await suppression.suppress(opened, addresses, reason=reason)

    results = run(work())
    if as_json:
        output.document([one.as_json() for one in results])
        wording.fail_unless_done(results)
        return
    wording.tell_invalid(results)
    click.echo(f"{sum(one.verdict is Verdict.SUPPRESSED for one in results)} suppressed")
    wording.fail_unless_done(results)


@click.command(epilog="Example: digest subscribers release anna@example.org")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@json_option
def release(addresses: tuple[str, ...], as_json: bool) -> None:
    """Let addresses be mailed and added again that were suppressed or forgotten."""

    async def work() -> list[AddressResult]:
        async with tools(settings()) as opened:
            return await suppression.release(opened, addresses)

    wording.tell(
        run(work()), lambda one: one.why or "is released: it may be mailed and added", as_json=as_json
    )


@click.command(epilog="Example: digest subscribers forget anna@example.org")
@click.argument("address")
@json_option
def forget(address: str, as_json: bool) -> None:
    """Erase what is known of a reader; only a keyed hash stays, so that no import brings them back."""

    async def work() -> Forgotten:
        async with tools(settings()) as opened:
            return await suppression.forget(opened, address)

    forgotten = run(work())
    if as_json:
        output.document(forgotten.as_json())
        return
    if forgotten.was_reader:
        click.echo(f"{address} is forgotten")
        return
    click.echo(f"{address} was no reader; from now on no import brings it in.")
    click.echo(f"If you mistyped it: digest subscribers release {address}", err=True)
