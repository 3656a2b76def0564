"""All commands as values, for what is made from them: man pages and the reference."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import rich_click as click


@dataclass(frozen=True)
class CommandPage:
    """One command: how it is called, what it does, and its options with their meaning."""

    path: str  # "digest editions pause"
    usage: str  # what follows the path: "[OPTIONS] ID"
    summary: str
    details: str  # what its help says beyond the summary, one paragraph a line; "" for nothing
    options: tuple[tuple[str, str], ...]  # ("--at TIME", "Pretend that it is this time.")
    example: str
    subcommands: tuple[tuple[str, str], ...]  # path and summary of each


def pages(command: click.Command, name: str) -> Iterator[CommandPage]:
    """Yield a command and all below it, each group before its commands; hidden ones are left out."""
    yield from _pages(command, click.Context(command, info_name=name))


def _pages(command: click.Command, ctx: click.Context) -> Iterator[CommandPage]:
    below = list(_below(command, ctx))
    yield _page(
        command, ctx, tuple((inner.command_path, _summary(subcommand)[0]) for subcommand, inner in below)
    )
    for subcommand, inner in below:
        yield from _pages(subcommand, inner)


def _below(command: click.Command, ctx: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(ctx):
        subcommand = command.get_command(ctx, name)
        if subcommand and not subcommand.hidden:
            yield subcommand, click.Context(subcommand, info_name=name, parent=ctx)


def _page(
    command: click.Command, ctx: click.Context, subcommands: tuple[tuple[str, str], ...]
) -> CommandPage:
    summary, details = _summary(command)
    records = (option.get_help_record(ctx) for option in command.get_params(ctx) if option.name != "help")
    return CommandPage(
        path=ctx.command_path,
        usage=" ".join(command.collect_usage_pieces(ctx)),
        summary=summary,
        details=details,
        options=tuple(
            (names, _joined(meaning)) for names, meaning in filter(None, records) if names[0] == "-"
        ),
        example=(command.epilog or "").removeprefix("Example: "),
        subcommands=subcommands,
    )


def _summary(command: click.Command) -> tuple[str, str]:
    """Return the first paragraph of a command's help, and the others, one a line."""
    first, _, rest = inspect.cleandoc(command.help or "").partition("\n\n")
    return _joined(first), "\n".join(_joined(paragraph) for paragraph in rest.split("\n\n") if paragraph)


def _joined(text: str) -> str:
    return " ".join(text.split())
