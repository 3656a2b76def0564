"""`digest why`: every decision about an article or a reader, in words."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import reading
from digest.cli.common.running import json_option, run
from digest.cli.wording.reader import describe
from digest.model import EditionStatus
from digest.store.content.articles import Decision, History
from digest.store.editions.profiles import Reader
from digest.usecases import explain


@click.group()
def why() -> None:
    """Ask why an article or a reader was in an edition, or was not."""


@why.command(epilog="Example: digest why article https://example.org/2026/10/story")
@click.argument("url")
@json_option
def article(url: str, as_json: bool) -> None:
    """Tell every decision about an article, by any spelling of its address."""

    async def work() -> list[History]:
        async with reading() as opened:
            return await explain.article(opened, url)

    found = run(work())
    if as_json:
        output.document([explain.as_json(history) for history in found])
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
        why = decision.why.removeprefix("left out: ")  # said already
        click.echo(f"  {decision.edition}: {_where(decision)}: {why}")
    if not history.decisions:
        click.echo("  no edition has considered it yet")


def _where(decision: Decision) -> str:
    """Say where in an edition an article is, if it is in it."""
    where = f"in, {decision.section} no. {decision.rank}" if decision.included else "out"
    if decision.overflow == "list":
        where = f"listed below {decision.section or 'the articles'}"
    if decision.status.skipped:
        return f"waits, for this edition was {decision.status.value}"
    if decision.status is EditionStatus.CANCELLED:
        return f"{where}, of an edition that was cancelled" + (
            "" if decision.settled else ": it is free again"
        )
    return where


@why.command(epilog="Example: digest why reader anna@example.org --edition daily-2026-10-25T0700")
@click.argument("address")
@click.option("--edition", metavar="ID", help="Only this edition.")
@json_option
def reader(address: str, edition: str | None, as_json: bool) -> None:
    """Tell what became of each edition for a reader."""

    async def work() -> Reader:
        async with reading() as opened:
            return await explain.reader(opened, address, edition)

    known = run(work())
    if as_json:
        output.document(explain.as_json(known))
        return
    describe(known)
    if edition and not known.received:
        click.echo(
            f"  {edition}: not among its readers; see above since when there is a subscription, and what was chosen"
        )
