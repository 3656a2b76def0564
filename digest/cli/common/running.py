"""What every command needs: its configuration, its tools, a loop to run on, and a moment for `--at`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import rich_click as click
from click.exceptions import Exit

if TYPE_CHECKING:
    from digest.settings import Newsletter, Settings
    from digest.tools import Tools

Result = TypeVar("Result")


class Moment(click.ParamType[datetime]):
    """A time as ISO 8601; without an offset it is the newsletter's own wall time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time; write for example 2026-10-25T07:00+01:00", param, ctx)


class Span(click.ParamType[timedelta]):
    """A duration as the configuration has it: "6h"."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from digest.model.amounts import parse_duration

        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


duration = Span()
at_option = click.option("--at", type=Moment(), metavar="TIME", help="Pretend that it is this time.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)


def config_path() -> Path:
    """Return where the configuration is, or would be."""
    from digest.settings.loading import find_config

    context = click.get_current_context()
    return find_config(context.obj if context else None, os.environ)


def program_options() -> list[str]:
    """Return the options that make another process of this program read the same configuration."""
    context = click.get_current_context()
    return ["--config", str(context.obj)] if context and context.obj else []


def settings() -> Settings:
    """Load the configuration that the command line or the environment names."""
    from digest.settings import loading

    return loading.load(config_path(), os.environ)


def moment(at: datetime | None, newsletter: Newsletter | None = None) -> datetime | None:
    """Give a wall time without an offset the newsletter's zone (UTC where there is none)."""
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=ZoneInfo(newsletter.timezone if newsletter else "UTC"))


@asynccontextmanager
async def tools(
    loaded: Settings, *, at: datetime | None = None, changes: bool = True
) -> AsyncIterator[Tools]:
    """Open what the configuration names; with `changes=False` a database that is not there is not made."""
    from digest.app import open_tools
    from digest.clock import Pretended, utc_now

    async with open_tools(loaded, clock=Pretended(at) if at else utc_now, create=changes) as opened:
        yield opened


def fail() -> NoReturn:
    """Leave with exit code 1; what failed has been said already."""
    raise Exit(1)


def stopping() -> asyncio.Event:
    """Return an event that is set by whatever ends a program, so that what is under way is finished or handed back.

    Ctrl-C, SIGTERM, Ctrl-\\, and a terminal that is closed or a line that drops; `nohup` keeps its meaning.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, *_unless_ignored(signal.SIGHUP, signal.SIGQUIT)):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _unless_ignored(*numbers: signal.Signals) -> Iterator[signal.Signals]:
    return (number for number in numbers if signal.getsignal(number) != signal.SIG_IGN)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine to its end, on uvloop where it is installed."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
