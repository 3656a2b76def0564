"""How the program explains itself, and what it makes of a word that is not a command."""

from __future__ import annotations

import pytest
import rich_click

from digest.cli import COMMANDS
from tests.cli.conftest import Digest


def test_help_shows_every_command_once() -> None:
    groups = rich_click.rich_click.COMMAND_GROUPS["digest"]
    shown = [command for group in groups for command in group["commands"]]
    assert sorted(shown) == sorted(COMMANDS)


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
