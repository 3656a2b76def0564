"""An import that is killed: nobody who left is subscribed at any moment, and the same call again brings in the rest."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

CONFIG = """
[site]
name = "Post"
url = "https://post.example.org"
postal_address = "1 Quay Street"

[[newsletters]]
name = "daily"
title = "The Daily"
from = "daily@post.example.org"
schedule = "0 7 * * *"
"""
WILLING, LEFT = 30_000, 6_000
_COUNT = "SELECT status, count(*) FROM subscription GROUP BY status"


def _call(folder: Path) -> list[str]:
    where = ("--config", str(folder / "config.toml"))
    return [
        sys.executable,
        "-m",
        "digest",
        *where,
        "subscribers",
        "import",
        str(folder / "all.csv"),
        "--json",
    ]


def _counts(folder: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'digest.db'}?mode=ro", uri=True)) as db:
        try:
            return dict(db.execute(_COUNT))
        except sqlite3.OperationalError:  # its tables are not made yet
            return {}


def test_an_import_goes_on_after_kill_9(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    with (tmp_path / "all.csv").open("w") as file:  # who left stands last, and twice
        file.write("email,status\n")
        file.writelines(f"r{n}@example.org,confirmed\n" for n in range(WILLING))
        file.writelines(f"r{n}@example.org,unsubscribed\n" for n in range(0, LEFT * 2, 2))
    process = subprocess.Popen(_call(tmp_path), cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            if (tmp_path / "digest.db").exists() and _counts(tmp_path).get("confirmed"):
                process.send_signal(signal.SIGKILL)
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.005)
    finally:
        process.kill()
        process.wait()
    halfway = _counts(tmp_path)
    assert process.returncode == -signal.SIGKILL
    assert halfway["unsubscribed"] == LEFT, "who left comes before anybody else"
    assert halfway["confirmed"] < WILLING - LEFT
    again = subprocess.run(_call(tmp_path), cwd=tmp_path, capture_output=True, check=False, timeout=120)
    report = json.loads(again.stdout)
    assert report["added"] + report["known"] == WILLING - LEFT
    assert report["known"] == halfway["confirmed"]
    assert (report["unsubscribed"], report["refused"]) == (LEFT, LEFT)
    assert _counts(tmp_path) == {"confirmed": WILLING - LEFT, "unsubscribed": LEFT}
