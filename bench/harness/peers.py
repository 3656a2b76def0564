"""Others who send the same mails; each gets ready once (which may need the network) and then sends to a port."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.harness.runs import Missing, Run, run
from bench.harness.sinks import HOST, program

_ROOT = Path(__file__).parents[2]
_CACHE = _ROOT / ".cache" / "bench"  # what is installed for the bench alone
_PEERS = _ROOT / "bench" / "peers"

AIOSMTPLIB, NODEMAILER = "aiosmtplib==5.1.3", "nodemailer@10.6.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSource:
    """smtp-source of Postfix, a C program: the same bytes again and again, connections kept. Its start is counted."""

    size: int  # bytes of a message
    connections: int

    def send(self, port: int, count: int) -> Run:
        options = ["-d", "-s", self.connections, "-m", count, "-l", self.size, f"{HOST}:{port}"]
        ended = run([program("smtp-source"), *map(str, options)])
        return Run(messages=count, seconds=ended.seconds, cpu=ended.cpu, memory=ended.memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A library that sends from a small program of ours in bench/peers; its start is not counted."""

    command: Sequence[str]
    environ: dict[str, str]
    connections: int

    def send(self, port: int, count: int) -> Run:
        ended = run([*self.command, str(port), str(count), str(self.connections)], environ=self.environ)
        took = json.loads(ended.output)
        return Run(messages=count, seconds=took["seconds"], cpu=took["cpu"], memory=ended.memory)


def aiosmtplib(connections: int) -> Peer:
    """Get aiosmtplib; raises Missing."""
    place = _CACHE / "python"
    if not (place / "aiosmtplib").is_dir():
        _install([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place), AIOSMTPLIB])
    path = os.pathsep.join(filter(None, [str(place), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, str(_PEERS / "aiosmtplib_pool.py")]
    return Peer(command=command, environ={**os.environ, "PYTHONPATH": path}, connections=connections)


def nodemailer(connections: int, letter: Path) -> Peer:
    """Get nodemailer, which composes the mail of the file `letter` (see `bench.harness.letter`); raises Missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise Missing("node and npm are not here: install Node.js")
    place = _CACHE / "node"
    if not (place / "node_modules" / "nodemailer").is_dir():
        place.mkdir(parents=True, exist_ok=True)
        _install([npm, "install", "--silent", "--no-save", "--prefix", str(place), NODEMAILER])
    # A module's imports are looked up from where it lies.
    script = shutil.copy(_PEERS / "nodemailer_pool.mjs", place)
    return Peer(command=[node, str(script), str(letter)], environ=dict(os.environ), connections=connections)


def _install(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{command[-1]} cannot be installed: {done.stderr.strip()[-200:]}")
