"""How the program explains itself, and what it makes of a word that is not a command."""

from __future__ import annotations

import subprocess
import sys

import pytest
import rich_click

from digest.cli import COMMANDS
from digest.cli import digest as group
from tests.cli.conftest import Digest


def test_help_shows_every_command_once() -> None:
    groups = rich_click.rich_click.COMMAND_GROUPS["digest"]
    shown = [command for group in groups for command in group["commands"]]
    assert sorted(shown) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    command = group.get_command(rich_click.Context(group), name)
    assert command is not None
    assert (command.help or "").startswith(COMMANDS[name].summary)


def test_the_list_loads_no_command() -> None:
    program = (
        "import sys, digest.cli\n"
        "try: digest.cli.main(['--help'])\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith('digest.cli.')])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"


def test_help_is_a_command_as_well(digest: Digest) -> None:
    assert digest("help").out == digest("--help").out
    assert "digest send" in digest("help", "send").out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("start", "run"), ("readers", "subscribers"), ("doctor", "check"), ("subscriber", "subscribers")],
)
def test_a_word_that_is_not_a_command_is_answered_with_the_right_one(
    digest: Digest, typed: str, meant: str
) -> None:
    answer = digest(typed)
    assert answer.code == 2
    assert f"did you mean '{meant}'?" in answer.err
