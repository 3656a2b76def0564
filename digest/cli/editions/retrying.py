"""The commands of `digest deliveries` that have the last word over those who did not get an edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import Span, fail, json_option, run, settings, tools
from digest.cli.wording import doubts

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from digest.cli.wording.who_is_reached import Reach
    from digest.model import Edition
    from digest.store.ledger.retries import Choice
    from digest.tools import Tools

_words_option = click.option(
    "--reason",
    "words",
    default="",
    metavar="TEXT",
    help="Only those whose reason or reply has these words in it.",
)
_yes_option = click.option(
    "--yes", is_flag=True, help="Do not ask. Without a terminal nothing is done without it."
)


@click.command(epilog="Example: digest deliveries retry daily-2026-10-25T0700 --state refused --reason 5.4.5")
@click.argument("edition", metavar="ID")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--state",
    type=click.Choice(("refused", "unknown", "skipped")),
    default="refused",
    show_default=True,
    help="Whom: those refused, those in doubt, or those left out.",
)
@_words_option
@click.option("--release", is_flag=True, help="Also lift the suppressions that come from these refusals.")
@click.option(
    "--deadline",
    type=Span(),
    metavar="SPAN",
    help="Time from now, where its deadline is earlier; as in [delivery] by default.",
)
@_yes_option
@json_option
def retry(
    edition: str,
    addresses: tuple[str, ...],
    state: str,
    words: str,
    release: bool,
    deadline: timedelta | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Have an edition sent again to readers who did not get it; says first whom it would reach, and asks.

    Whoever has left, is suppressed or was forgotten stays as they are. Each is tried as if it were the first time.
    """
    from digest.cli.wording import who_is_reached
    from digest.errors import UsageError
    from digest.model import State
    from digest.store.ledger.retries import Choice

    async def work() -> None:
        async with tools(settings()) as opened:
            found = await _begin(opened, edition)
            if found.remade_as:
                raise UsageError(f"{found.name} was made anew as {found.remade_as}: name that one")
            choice = Choice(edition_id=found.id, states=[State(state)], words=words, keys=_keys(addresses))
            reach = await who_is_reached.look(opened.db, choice, release=release)
            question = f"Send it to {'this reader' if reach.ready == 1 else f'these {reach.ready:,}'} again?"
            lines = who_is_reached.before_retry(found, state, reach)
            if as_json and not (yes and reach.ready):
                _document(found, reach, queued=0)
            if not _agreed(lines, question, reach, yes=yes, as_json=as_json):
                return
            until = opened.clock() + (deadline or opened.settings.delivery.deadline)
            queued = await _queue(opened, found, choice, until, release=release)
            if as_json:
                _document(found, reach, queued=queued)
            else:
                click.echo("\n".join(who_is_reached.after_retry(found, queued, until)))

    run(work())


@click.command(epilog="Example: digest deliveries accept daily-2026-10-25T0700 anna@example.org")
@click.argument("edition", metavar="ID")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@_words_option
@_yes_option
@json_option
def accept(edition: str, addresses: tuple[str, ...], words: str, yes: bool, as_json: bool) -> None:
    """Note of readers in doubt that they have the edition, as the mail server's log says; nothing is sent to them."""
    from digest.cli.wording import who_is_reached
    from digest.model import State
    from digest.store.ledger.retries import InDoubt, accept

    async def work() -> None:
        async with tools(settings()) as opened:
            found = await _begin(opened, edition)
            choice = InDoubt(edition_id=found.id, states=[State.UNKNOWN], words=words, keys=_keys(addresses))
            reach = await who_is_reached.look(opened.db, choice, anybody=True)
            question = (
                f"Note that {'this reader has' if reach.ready == 1 else f'these {reach.ready:,} have'} it?"
            )
            if as_json and not (yes and reach.ready):
                _document(found, reach, accepted=0)
            if not _agreed(
                who_is_reached.before_accept(found, reach), question, reach, yes=yes, as_json=as_json
            ):
                return
            async with opened.db.begin() as conn:
                noted = await accept(conn, choice, opened.clock())
            if as_json:
                _document(found, reach, accepted=noted)
            else:
                click.echo(f"{noted:,} noted as sent. Nothing is sent to them.")

    run(work())


async def _begin(opened: Tools, edition: str) -> Edition:
    """Return the edition that is meant, with what dead processes had of it taken back."""
    from digest.errors import UsageError
    from digest.store.editions import editions

    found = await editions.by_name(opened.db, edition)
    if found.status.skipped:
        raise UsageError(f"{found.name} has no readers: it is {found.status.value}")
    await doubts.take_back(opened, found, goes_on=found.status.value in ("sending", "held"))
    return found


def _keys(addresses: tuple[str, ...]) -> list[str]:
    from digest.usecases.readers.addresses import key

    return [key(address) for address in addresses]


def _agreed(lines: list[str], question: str, reach: Reach, *, yes: bool, as_json: bool) -> bool:
    """Tell what would be done, and whether a person wants it; ends the command where nobody can be asked."""
    import sys

    for line in lines:
        click.echo(line, err=as_json)
    if not reach.ready:
        return False
    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        click.echo("Nothing is done yet: the same command with --yes does it.", err=True)
        fail()
    if click.confirm(question):
        return True
    click.echo("Nothing is done.")
    return False


async def _queue(opened: Tools, edition: Edition, choice: Choice, until: datetime, *, release: bool) -> int:
    from digest.store.editions import lifecycle
    from digest.store.ledger import retries

    async with opened.db.begin() as conn:
        if release:
            await retries.release(conn, choice)
        queued = await retries.queue(conn, choice, opened.clock())
        if queued:
            await lifecycle.reopen(conn, edition.id, until)
        return queued


def _document(edition: Edition, reach: Reach, **done: Any) -> None:
    from digest.cli.common import output

    output.document(
        {
            "edition": edition.name,
            "would_reach": reach.ready,
            **done,
            "perhaps_twice": reach.doubted,
            "reasons": dict(reach.reasons),
            "stay": dict(reach.staying),
        }
    )
