"""Say when the service is ready, and when it ends: to the log, and to systemd where it asks (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import suppress

log = logging.getLogger("digest")


def ready(words: str) -> None:
    """Say that everything is open and work has begun."""
    log.info("ready: %s", words)
    notify("READY=1")


def stopping() -> None:
    """Say that what is under way is being finished."""
    notify("STOPPING=1")


def notify(state: str) -> None:
    """Tell systemd, if it waits for it; elsewhere nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        wire.sendall(state.encode())
