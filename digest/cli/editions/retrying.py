"""The commands of `digest deliveries` that decide about those who did not get an edition."""

from __future__ import annotations

import sys
from datetime import timedelta

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import Span, fail, json_option, run, settings, tools
from digest.cli.wording import who_is_reached
from digest.model import State
from digest.usecases.editions import deciding
from digest.usecases.editions.deciding import Reach, Whom

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
    type=click.Choice([state.value for state in deciding.RETRIED]),
    default=State.REFUSED.value,
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

    Readers who have left, are suppressed or were forgotten stay as they are. Each of the others is tried as if for
    the first time.
    """
    whom = Whom(state=State(state), words=words, addresses=addresses, release=release)

    async def work() -> None:
        async with tools(settings()) as opened:
            reach = await deciding.would_retry(opened, edition, whom)
            question = f"Send it to {'this reader' if reach.ready == 1 else f'these {reach.ready:,}'} again?"
            lines = who_is_reached.before_retry(whom.state, reach)
            if as_json and not (yes and reach.ready):
                output.document(reach.as_json(queued=0))
            if not _agreed(lines, question, reach, yes=yes, as_json=as_json):
                return
            queued = await deciding.retry(opened, edition, whom, deadline=deadline)
            if as_json:
                output.document(reach.as_json(queued=queued.readers))
            else:
                click.echo("\n".join(who_is_reached.after_retry(queued)))

    run(work())


@click.command(epilog="Example: digest deliveries accept daily-2026-10-25T0700 anna@example.org")
@click.argument("edition", metavar="ID")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@_words_option
@_yes_option
@json_option
def accept(edition: str, addresses: tuple[str, ...], words: str, yes: bool, as_json: bool) -> None:
    """Note of readers in doubt that they have the edition, as the mail server's log says; nothing is sent to them."""
    whom = Whom(state=State.UNKNOWN, words=words, addresses=addresses)

    async def work() -> None:
        async with tools(settings()) as opened:
            reach = await deciding.would_accept(opened, edition, whom)
            question = (
                f"Note that {'this reader has' if reach.ready == 1 else f'these {reach.ready:,} have'} it?"
            )
            if as_json and not (yes and reach.ready):
                output.document(reach.as_json(accepted=0))
            if not _agreed(who_is_reached.before_accept(reach), question, reach, yes=yes, as_json=as_json):
                return
            noted = await deciding.accept(opened, edition, whom)
            if as_json:
                output.document(reach.as_json(accepted=noted))
            else:
                click.echo(f"{noted:,} noted as sent. Nothing is sent to them.")

    run(work())


def _agreed(lines: list[str], question: str, reach: Reach, *, yes: bool, as_json: bool) -> bool:
    """Tell what would be done, and whether a person wants it; ends the command where no person can be asked."""
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
