"""Domains of throwaway addresses: a list that comes with the program, or the operator's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_SHIPPED = Path(__file__).with_name("disposable.txt")


def is_disposable(domain: str, file: Path | None = None) -> bool:
    """Tell whether a domain in ASCII, or one above it, is in the list; `file` takes the place of the shipped one."""
    listed = _read(file or _SHIPPED, (file or _SHIPPED).stat().st_mtime_ns)
    labels = domain.split(".")
    return any(".".join(labels[n:]) in listed for n in range(len(labels) - 1))


@lru_cache(maxsize=2)
def _read(file: Path, _changed: int) -> frozenset[str]:
    lines = (line.partition("#")[0].strip().lower() for line in file.read_text("utf-8").splitlines())
    return frozenset(line for line in lines if line)
