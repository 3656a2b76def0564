"""`digest why`: every decision about an article or a reader, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common.arguments import reading
from digest.cli.common.running import json_option, run

if TYPE_CHECKING:
    from digest.store.content.articles import History


@click.group()
def why() -> None:
    """Ask why an article or a reader was in an edition, or was not."""


@why.command(epilog="Example: digest why article https://example.org/2026/10/story")
@click.argument("url")
@json_option
def article(url: str, as_json: bool) -> None:
    """Tell every decision about an article, by any spelling of its address."""
    from dataclasses import asdict

    from digest.cli.common import output
    from digest.errors import UsageError
    from digest.store.content import articles

    async def work() -> list[History]:
        async with reading() as opened:
            return await articles.history(opened.db, url)

    found = run(work())
    if not found:
        raise UsageError(
            f"{url} has not been seen in any source. Its feed may not list it yet: digest sources fetch"
        )
    if as_json:
        output.document([asdict(history) for history in found])
        return
    for history in found:
        _tell(history)


def _tell(history: History) -> None:
    click.echo(f"{history.article.title}\n  {history.article.url}")
    seen = history.first_seen.isoformat(timespec="minutes")
    click.echo(f"  first seen {seen} in {history.source_title or history.source}")
    if history.held:
        click.echo(f"  held back: {history.held}")
    if history.gone_at:
        click.echo(f"  gone from its source since {history.gone_at.isoformat(timespec='minutes')}")
    for decision in history.decisions:
        where = f"in, {decision.section} no. {decision.rank}" if decision.included else "out"
        if decision.overflow == "list":
            where = f"listed below {decision.section or 'the articles'}"
        if decision.status.skipped:
            where = f"waits, for this edition was {decision.status.value}"
        if decision.status.value == "cancelled":
            where += ", of an edition that was cancelled" + ("" if decision.settled else ": it is free again")
        why = decision.why.removeprefix("left out: ")  # said already
        click.echo(f"  {decision.edition}: {where}: {why}")
    if not history.decisions:
        click.echo("  no edition has considered it yet")


@why.command(epilog="Example: digest why reader anna@example.org --edition daily-2026-10-25T0700")
@click.argument("address")
@click.option("--edition", metavar="ID", help="Only this edition.")
@json_option
def reader(address: str, edition: str | None, as_json: bool) -> None:
    """Tell what became of each edition for a reader."""
    from dataclasses import asdict

    from digest.cli.common import output
    from digest.cli.content.subscribers import describe, profile

    known = run(profile(address, edition))
    if as_json:
        output.document(asdict(known))
        return
    describe(known)
    if edition and not known.received:
        click.echo(f"  {edition}: not among its readers; see above since when there is a subscription")
