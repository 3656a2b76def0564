"""How-to guides: their examples are right, and the messages they explain are those of the program."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from digest.readers.migrations.systems import SYSTEMS
from digest.settings import SenderSettings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
TROUBLES = (GUIDE / "troubleshooting.md").read_text(encoding="utf-8")
PROVIDERS = (GUIDE / "providers.md").read_text(encoding="utf-8")
MESSAGES = [text for _, text in re.findall(r"^### (`+) ?(.+?) ?\1$", TROUBLES, re.MULTILINE)]


@cache
def texts_of_the_program() -> tuple[str, ...]:
    """Return every text in the code; what is put into one at run time is "...", and so is a name of `%`."""
    found = []
    for path in (ROOT / "digest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(v.value if isinstance(v, ast.Constant) else "..." for v in node.values))  # type: ignore[misc]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value.replace("%s", "..."))
    return tuple(found)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_is_explained_is_one_of_the_program(message: str) -> None:
    assert [text for text in texts_of_the_program() if message in text], (
        "no text of the program has these words"
    )


def test_messages_are_found_and_others_are_not() -> None:
    assert len(MESSAGES) > 20
    assert not [text for text in texts_of_the_program() if "no program says this sentence" in text]


EXAMPLES = re.findall(r"((?:^    .*\n)+)", PROVIDERS, re.MULTILINE)


@pytest.mark.parametrize("example", [text for text in EXAMPLES if "[[senders]]" in text])
def test_every_provider_s_example_is_a_sender(example: str) -> None:
    values = tomllib.loads("\n".join(line.removeprefix("    ") for line in example.splitlines()))
    [sender] = values["senders"]
    assert SenderSettings.model_validate(sender | {"kind": sender["kind"]}).kind in ("smtp", "ses")


def test_every_system_that_is_recognised_is_in_the_page_on_moving() -> None:
    page = (GUIDE / "moving.md").read_text(encoding="utf-8")
    assert [system.name for system in SYSTEMS if system.name not in page and system.name != "digest"] == []
