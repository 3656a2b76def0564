"""`digest bounces`: mails that came back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import json_option, run, settings, tools
from digest.usecases import bounces as usecase
from digest.usecases.bounces import BounceVerdict

_STANDARD_INPUT = "-"


@click.group()
def bounces() -> None:
    """Read mails that came back: bounces, complaints, requests to leave."""


@bounces.command(epilog="Example: digest bounces read --dry-run bounce.eml")
@click.argument("file", default=_STANDARD_INPUT, metavar="[FILE]")
@click.option("--dry-run", is_flag=True, help="Say what it means; touch nobody, and need no configuration.")
@json_option
def read(file: str, dry_run: bool, as_json: bool) -> None:
    """Read a mail, an mbox, a Maildir, or standard input, and act on what it reports. Safe to repeat."""
    if file == _STANDARD_INPUT and sys.stdin.isatty():
        output.say("Paste a mail and end it with Ctrl-D, or name a file.")
    found = list(usecase.judge(_mails(file))) if dry_run else run(_act(file))
    if as_json:
        output.document([one.as_json() for one in found])
        return
    rows = [
        (one.recipient or "(unknown)", one.kind, one.code, one.reason, one.effect or one.action)
        for one in found
    ]
    output.table(("recipient", "kind", "code", "reason", "action"), rows, empty="There is no mail in it.")


async def _act(file: str) -> list[BounceVerdict]:
    async with tools(settings()) as opened:
        return await usecase.act(opened, _mails(file))


def _mails(file: str) -> Iterator[bytes]:
    from digest.feedback.intake import places

    if file == _STANDARD_INPUT:
        return places.mails_from(sys.stdin.buffer)
    return places.mails_in(Path(file))
