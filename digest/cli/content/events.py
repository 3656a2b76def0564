"""`digest events`: what email services and mails that came back reported."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import json_option, run, settings, tools
from digest.model import EventType
from digest.usecases import events as usecase
from digest.usecases.events import ListedEvent

_HEAD = ("id", "sender", "type", "address", "at", "effect")


@click.group()
def events() -> None:
    """Show what came back by webhook or mail, and what it did."""


@events.command("list", epilog="Example: digest events list --type bounced --sender ses")
@click.option("--sender", default="", help="Only of this webhook; bounces are mails that came back.")
@click.option("--type", "type_", type=click.Choice([one.value for one in EventType]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@json_option
def list_(sender: str, type_: str | None, limit: int, as_json: bool) -> None:
    """List what was reported lately, newest first."""
    found = run(_list(sender, EventType(type_) if type_ else None, limit))
    if as_json:
        output.document([one.as_json() for one in found])
        return
    rows = [[str(value) for value in one.as_json().values()] for one in found]
    output.table(_HEAD, rows, empty="Nothing was reported.")


async def _list(sender: str, type_: EventType | None, limit: int) -> list[ListedEvent]:
    async with tools(settings(), changes=False) as opened:
        return await usecase.list_(opened, sender=sender, type_=type_, limit=limit)


@events.command(epilog="Example: digest events show 17")
@click.argument("number", metavar="ID", type=int)
@json_option
def show(number: int, as_json: bool) -> None:
    """Show one event with all that is known of it."""
    _print(run(_show(number)), as_json)


async def _show(number: int) -> ListedEvent:
    async with tools(settings(), changes=False) as opened:
        return await usecase.show(opened, number)


@events.command(epilog="Example: digest events replay 17")
@click.argument("number", metavar="ID", type=int)
@json_option
def replay(number: int, as_json: bool) -> None:
    """Judge an event once more and act on it, for example after a new version. Safe to repeat."""
    _print(run(_replay(number)), as_json)


async def _replay(number: int) -> ListedEvent:
    async with tools(settings()) as opened:
        return await usecase.replay(opened, number)


def _print(one: ListedEvent, as_json: bool) -> None:
    if as_json:
        output.document(one.as_whole_json())
        return
    known = {name: value for name, value in one.as_whole_json().items() if value not in ("", None, 0)}
    output.table(("what", "value"), [(name, str(value)) for name, value in known.items()], empty="")
