"""The command line: one file per group of commands, each loaded only when it is asked for.

`digest --help` lists the commands from the table below and loads none of them, so that it answers at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import rich_click as click

from digest import __version__, gc_tuning
from digest.errors import DigestError, UsageError


class Listed(NamedTuple):
    """A command as `digest --help` lists it: the module of this package that has it, and what it does."""

    module: str
    summary: str


#: The commands by the heading that they stand under in `digest --help`.
GROUPS: dict[str, dict[str, Listed]] = {
    "Begin": {
        "demo": Listed(
            "begin.demo", "Send tonight's edition of a small newsroom to sample readers, without any network."
        ),
        "init": Listed("begin.init", "Write a commented config.toml that works, and say what to do next."),
        "check": Listed(
            "begin.check", "Check configuration, templates and readers, and show the next five editions."
        ),
        "inbox": Listed(
            "begin.inbox",
            "Take every mail that is sent to it and show it on a web page, for trying things out.",
        ),
    },
    "Editions": {
        "preview": Listed(
            "editions.preview", "Write exactly the edition that would be sent; change nothing."
        ),
        "test": Listed(
            "editions.test",
            "Send the coming edition, marked as a test, to any address; the ledger stays untouched.",
        ),
        "send": Listed(
            "editions.send",
            "Make and send the edition of the slot now, or go on with one that is named; safe to repeat.",
        ),
        "simulate": Listed(
            "editions.simulate", "Show the coming editions: slots, articles and skips; change nothing."
        ),
        "editions": Listed("editions.editions", "List, show, pause, resume, cancel and remake editions."),
        "deliveries": Listed(
            "editions.deliveries", "Show who got an edition, and decide about those who did not."
        ),
    },
    "Content and readers": {
        "sources": Listed("content.sources", "Try a source, pull all of them, see their health."),
        "subscribers": Listed(
            "content.subscribers", "Add, list, import and export readers, and let them go."
        ),
        "why": Listed("content.why", "Ask why an article or a reader was in an edition, or was not."),
        "bounces": Listed(
            "content.bounces", "Read mails that came back: bounces, complaints, requests to leave."
        ),
        "events": Listed("content.events", "Show what came back by webhook or mail, and what it did."),
        "theme": Listed("content.theme", "Make a theme of your own from one of ours."),
    },
    "Operation": {
        "run": Listed(
            "operation.service",
            "Run the service: scheduler, delivery and web pages in one process; SIGTERM finishes what is under way.",
        ),
        "worker": Listed(
            "operation.service",
            "Be one more machine: do the jobs that any machine on the same database finds due; SIGTERM ends it in order.",
        ),
        "machines": Listed(
            "operation.machines",
            "Show which machines work on the database, what each does now, what waits and what failed (PostgreSQL).",
        ),
        "jobs": Listed(
            "operation.machines", "Look after the queue of jobs that machines share (PostgreSQL)."
        ),
        "db": Listed("operation.db", "Look after the database."),
        "keys": Listed("operation.keys", "Look after the keys that sign readers' links."),
        "dkim": Listed(
            "operation.dkim",
            "Make a key that signs mails; needed only where the mail server does not sign them.",
        ),
        "completion": Listed("operation.completion", "Print what completes commands and options in a shell."),
        "man": Listed("operation.completion", "Write a manual page for each command into a folder."),
    },
}
COMMANDS = {command: listed for group in GROUPS.values() for command, listed in group.items()}
click.rich_click.COMMAND_GROUPS = {
    "digest": [{"name": name, "commands": list(commands)} for name, commands in GROUPS.items()]
}

#: What other programs call it.
_MEANT = {
    **dict.fromkeys(("start", "serve", "daemon", "service", "up"), "run"),
    **dict.fromkeys(("readers", "users", "contacts", "members", "subscribe"), "subscribers"),
    **dict.fromkeys(("feeds", "feed", "fetch"), "sources"),
    **dict.fromkeys(("doctor", "validate", "verify", "status"), "check"),
    **dict.fromkeys(("publish", "mail", "deliver"), "send"),
    **dict.fromkeys(("render", "show", "view"), "preview"),
    **dict.fromkeys(("manual", "docs"), "man"),
    **dict.fromkeys(("new", "setup"), "init"),
    **dict.fromkeys(("workers", "nodes", "hosts"), "machines"),
    **dict.fromkeys(("queue", "tasks"), "jobs"),
    **dict.fromkeys(("migrate", "upgrade", "backup"), "db"),
}


class Commands(click.RichGroup):
    """Finds a command's module when the command is named; `digest help COMMAND` is `digest COMMAND --help`."""

    _listing = False  # while the commands are only listed

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.RichContext, formatter: click.RichHelpFormatter) -> None:  # type: ignore[override]
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if self._listing:
            return click.RichCommand(name=cmd_name, help=COMMANDS[cmd_name].summary)
        module = importlib.import_module(f"digest.cli.{COMMANDS[cmd_name].module}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from digest.plugins import did_you_mean

            name = args[0]
            near = f"; did you mean {_MEANT[name]!r}?" if name in _MEANT else did_you_mean(name, COMMANDS)
            raise click.UsageError(f"There is no command {name!r}{near}", ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration; else $DIGEST_CONFIG, else ./config.toml.",
)
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
@click.version_option(__version__, prog_name="digest")
@click.pass_context
def digest(ctx: click.Context, config: Path | None, debug: bool) -> None:
    """From a newsroom's feeds to every reader's inbox: good-looking, on time, exactly once.

    New here? Try `digest demo`, then `digest init --feed https://example.org/feed.xml`.
    """
    ctx.obj = config
    if debug:
        os.environ["DIGEST_DEBUG"] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 something failed, 2 wrong usage or configuration."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with gc_tuning.gc_relaxed():
            code = digest.main(arguments, prog_name="digest", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # a person is at the other end: words, and a traceback only for --debug
        code = _explain(error)
    except KeyboardInterrupt:
        code = 130
    gc_tuning.skip_final_gc()
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> int:
    if os.environ.get("DIGEST_DEBUG") and not isinstance(error, click.ClickException | click.Abort):
        import traceback

        traceback.print_exception(error)
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.Abort():
            return 130
        case BrokenPipeError():
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # the program that read our output has ended
            return 0
        case UsageError():
            click.echo(str(error), err=True)
            return 2
        case DigestError():
            click.echo(str(error), err=True)
            return 1
        case OSError():
            where = f" ({error.filename})" if error.filename else ""
            click.echo(f"{error.strerror or error}{where}", err=True)
            return 1
        case _:
            text = f"This is a fault of the program, please report it: {type(error).__name__}"
            click.echo(f"{text}\nRun the command again as `digest --debug ...` to see where.", err=True)
            return 1
