"""The systemd units: read by systemd itself, as closed as its own yardstick asks, and alike."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ("digest.service", "digest-worker@.service")
MAX_EXPOSURE = 1.5  # of 10, in the words of `systemd-analyze security`

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


def analyze(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    unit = (DEPLOY / name).read_text("utf-8")
    program = Path(sys.executable).with_name("digest")
    assert "/opt/digest/.venv/bin/digest " in unit
    (tmp_path / name).write_text(unit.replace("/opt/digest/.venv/bin/digest", str(program)), encoding="utf-8")
    assert name not in analyze("verify", "--man=no", tmp_path / name).replace("@i.service", "@.service")


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_open_to_no_more_than_it_needs(name: str) -> None:
    told = analyze("security", "--offline=true", "--no-pager", DEPLOY / name)
    level = re.search(r"Overall exposure level for .*: ([\d.]+)", told)
    assert level, told
    assert float(level[1]) <= MAX_EXPOSURE


def test_both_units_are_closed_alike() -> None:
    one, other = ((DEPLOY / name).read_text("utf-8").partition("# It reads its")[2] for name in UNITS)
    assert one == other != ""
