"""`digest completion` and `digest man`: a real bash completes, and `man` has nothing to warn of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digest.cli import COMMANDS
from digest.cli.common.command_tree import CommandPage
from digest.cli.operation.man_pages import man_page

PROGRAMS = Path(sys.executable).parent


def run(*command: str | Path, **more: str) -> str:
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", **more}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash_completes_commands_options_and_choices() -> None:
    asked = {
        "digest edi": ["editions"],
        "digest editions pa": ["pause"],
        "digest send daily --dr": ["--dry-run"],
        "digest deliveries show ID --state unk": ["unknown"],
        "digest completion z": ["zsh"],
    }
    script = 'eval "$(digest completion bash)"\n'
    for line in asked:
        words = line.split(" ")
        script += (
            f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); _digest_completion digest; "
            'printf "%s " "${COMPREPLY[@]}"; echo\n'
        )
    said = run("bash", "--norc", "-c", script).splitlines()
    assert [line.split() for line in said] == list(asked.values())


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_that_they_read(shell: str) -> None:
    script = run(PROGRAMS / "digest", "completion", shell)
    assert f"_DIGEST_COMPLETE={shell}_complete" in script
    if program := shutil.which(shell):
        run(program, "-n", "-c", script)


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual") / "man1"
    run(PROGRAMS / "digest", "man", folder)
    return folder


def test_every_command_has_a_manual_page(manual: Path) -> None:
    names = {path.name for path in manual.iterdir()}
    assert {f"digest-{command}.1" for command in COMMANDS} | {"digest.1", "digest-editions-pause.1"} <= names


def formatted(*pages: Path, text: str = "") -> str:
    """Return pages as plain words; fails if groff warns of anything."""
    if not shutil.which("groff"):
        pytest.skip("there is no groff")
    command = ["groff", "-man", "-ww", "-Tascii", "-P-cbou", *map(str, pages)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


def test_groff_warns_of_no_page(manual: Path) -> None:
    assert "digest editions pause [OPTIONS] ID" in formatted(*sorted(manual.iterdir()))


def test_no_text_of_a_page_is_a_request_or_an_escape() -> None:
    text = r".so /etc/passwd \fB'it' `--at` C:\new"
    page = CommandPage("digest x", "[OPTIONS]", "Try.", text, (("--at TIME", text),), text, ())
    assert formatted(text=man_page(page, "1")).count(text) == 3
