"""The program itself, sending: its delivery alone in one process, or the whole command `digest send`."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bench.harness.newsroom import Smtp, Stock
from bench.harness.runs import Run, python, run

_BEFORE = 0.2  # the share of an edition that `digest send` may send before all of its processes have started


def deliver(stock: Stock, sender: str | Smtp) -> Run:
    """Deliver a stock's open edition in one process; time and CPU from the call of `pipeline.deliver` on."""
    with stock.copy(sender) as folder:
        ended = run(python("bench.harness.deliver", folder))
        count, _ = _sent(folder, stock.readers)
    took = json.loads(ended.output)
    return Run(messages=count, seconds=took["seconds"], cpu=took["cpu"], memory=ended.memory)


def send(stock: Stock, sender: str | Smtp, *, workers: int = 1, dkim: bool = False) -> Run:
    """Run `digest send` as people do; the rate is the ledger's, CPU and memory are those of the whole command.

    With several workers the rate is that of the last four fifths of the edition, when all of them are at work.
    """
    with stock.copy(sender, workers=workers, dkim=dkim) as folder:
        ended = run(command(folder))
        count, pace = _sent(folder, stock.readers, skip=_BEFORE if workers > 1 else 0.0)
    return Run(messages=count, seconds=count / pace, cpu=ended.cpu, memory=ended.memory)


def command(folder: Path) -> list[str]:
    """Return the command that sends the newsletter of a folder."""
    config = folder / "config.toml"
    return [sys.executable, "-P", "-m", "digest", "--config", str(config), "send", "daily", "--json"]


def _sent(folder: Path, readers: int, *, skip: float = 0.0) -> tuple[int, float]:
    """Return how many mails the ledger says were sent, which must be all, and how many a second behind `skip`."""
    with closing(sqlite3.connect(folder / "digest.db")) as db:
        [count] = db.execute("SELECT count(*) FROM delivery WHERE state = 'sent'").fetchone()
        assert count == readers, f"{count:,} of {readers:,} readers got the mail"
        [last] = db.execute("SELECT max(at) FROM delivery").fetchone()
        begun = "SELECT at FROM delivery ORDER BY at LIMIT 1 OFFSET ?"
        [first] = db.execute(begun, [int(count * skip)]).fetchone()
        [later] = db.execute("SELECT count(*) FROM delivery WHERE at > ?", [first]).fetchone()
    spent = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return count, later / spent.total_seconds()
