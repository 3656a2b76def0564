"""Know who holds deliveries, and notice, without comparing clocks, when a process is gone.

An owner is "node:pid:start:run". On the same node the system tells at once that a process has ended. Any other process is
gone when its signs of life have not changed for a whole lease *while we watched*: whatever the clocks of two machines
say, and whichever way one of them jumps, a process that lives is left alone, and one that was stopped is not waited for.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from digest.store.ledger.leases import Holder


def new_owner() -> str:
    """Return a name for this run of this process, unlike any other."""
    pid = os.getpid()
    return f"{_node()}:{pid}:{_started(pid)}:{secrets.token_hex(3)}"


def ended(owner: str) -> bool:
    """Tell whether the system knows that this owner's process has ended; False where it cannot know."""
    parts = owner.rsplit(":", 3)
    if len(parts) != 4 or parts[0] != _node() or not parts[1].isdecimal():
        return False
    pid = int(parts[1])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    started = _started(pid)
    return bool(started) and started != parts[2]  # the number is in use again, by another process


def _node() -> str:
    """Name the set of processes that we can see: this boot of this machine, in this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()


def _started(pid: int) -> str:
    """Return when a process started, in ticks since the boot; "" where that is not told, "gone" for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "gone" if fields[0] in "ZX" else fields[19]


def departed(holders: Iterable[Holder], now: datetime) -> set[str]:
    """Return the owners who are gone as far as one query can tell: ended on this machine, or their lease is over.

    That is enough for display; taking rows over needs a LivenessTracker.
    """
    return {holder.owner for holder in holders if holder.lease_until <= now or ended(holder.owner)}


class LivenessTracker:
    """Remembers when it saw each owner's last sign of life change."""

    def __init__(self, lease: float) -> None:
        self._lease = lease  # seconds
        self._seen: dict[tuple[int, str], tuple[datetime, float]] = {}
        self._over: set[str] = set()  # runs of this process that have ended

    def over(self, owner: str) -> None:
        """Note that a run of this process has ended: what it left is free."""
        self._over.add(owner)

    def gone(self, holders: Iterable[Holder], own: str, at: float) -> list[Holder]:
        """Return those of the holders that are gone; `at` is monotonic, in seconds."""
        present = {(holder.edition_id, holder.owner): holder for holder in holders if holder.owner != own}
        self._seen = {
            key: seen
            if (seen := self._seen.get(key)) and seen[0] == holder.lease_until
            else (holder.lease_until, at)
            for key, holder in present.items()
        }
        return [
            holder
            for key, holder in present.items()
            if at - self._seen[key][1] >= self._lease or holder.owner in self._over or ended(holder.owner)
        ]
