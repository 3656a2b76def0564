"""The guide explains every finding: by the ids that the catalogue has, and those that the code gives."""

from __future__ import annotations

import re
from pathlib import Path

from digest.usecases.doctor.catalogue import OFFLINE, REASONS

ROOT = Path(__file__).parents[3]
_SUBJECTS = "|".join(sorted({id_.partition(".")[0] for id_ in (*REASONS, *OFFLINE)}))
_ID = re.compile(rf'"((?:{_SUBJECTS})\.[a-z-]+)"')
_GIVEN_IN = ("digest/usecases/doctor", "digest/usecases/checkup.py", "digest/senders")


def sources() -> list[Path]:
    files = [
        path
        for place in _GIVEN_IN
        for path in ((ROOT / place).rglob("*.py") if "." not in place else [ROOT / place])
    ]
    return [path for path in files if path.name != "catalogue.py"]


def test_every_finding_is_in_the_guide_and_no_other() -> None:
    guide = (ROOT / "docs" / "guide" / "doctor.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z]+\.[a-z-]+)` \|", guide, re.MULTILINE)) == REASONS.keys() | OFFLINE


def test_the_code_gives_those_ids_and_no_other() -> None:
    given = {id_ for path in sources() for id_ in _ID.findall(path.read_text("utf-8"))}
    assert given == REASONS.keys() | OFFLINE
