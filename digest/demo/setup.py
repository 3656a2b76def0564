"""The demo's own configuration and readers: a real config.toml in its folder, and the ports that it names."""

from __future__ import annotations

import random
import re
import socket
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from string import Template

from digest.demo.content import FOLDER, Newsroom
from digest.errors import UsageError
from digest.store.people.entries import Entry

NEWSLETTER = "lantern"

_NAMES = (
    "Ada Amir Beatrix Bram Carmen Chidi Dalia Edda Fabian Greta Hana Ines Jonas Keiko Lars Malin Nadia Otis Petra "
    "Quentin Rosa Selim Tove Uma Viktor"
)

#: 25 readers; their domain is reserved and has no owner (RFC 2606).
READERS = tuple(
    Entry(address=f"{name.lower()}@example.org", key=f"{name.lower()}@example.org", name=name)
    for name in _NAMES.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo's parts listen on loopback; 0 where any free port will do."""

    newsroom: int = 0
    smtp: int = 0
    web: int = 0


#: Below the ports of outgoing connections (32768 and up on Linux, 49152 elsewhere), above those of well-known programs.
_NOT_GIVEN_BY_THE_SYSTEM = range(20_000, 32_000)


def known_ports(path: Path) -> Ports:
    """Return the ports that a configuration of the demo names; raises UsageError if it is not the demo's own."""
    if not path.exists():
        return Ports(web=_free_port())
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        [newsletter] = data["newsletters"]
        source = newsletter["sections"][0]["sources"][0]["url"]
        [found] = re.findall(r"^http://127\.0\.0\.1:(\d+)/", source)
        return Ports(newsroom=int(found), smtp=data["senders"][0]["port"], web=data["web"]["port"])
    except (KeyError, IndexError, TypeError, ValueError):
        raise UsageError(
            f"{path} is not a configuration of the demo: name another folder, or remove that file"
        ) from None


def write_config(path: Path, newsroom: Newsroom, ports: Ports, now: datetime) -> None:
    """Write the configuration, or bring the ports of the one that is there up to date and nothing else."""
    if not path.exists():
        text = (FOLDER / "config.toml").read_text(encoding="utf-8")
        values: Mapping[str, object] = (
            newsroom.facts | asdict(ports) | {"hour": now.hour, "folder": path.parent}
        )
        path.write_text(Template(text).substitute(values), encoding="utf-8")
        return
    known, text = known_ports(path), path.read_text(encoding="utf-8")
    for end in '/"':
        text = text.replace(f"127.0.0.1:{known.newsroom}{end}", f"127.0.0.1:{ports.newsroom}{end}")
    text = re.sub(rf"^port = {known.smtp}$", f"port = {ports.smtp}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def _free_port() -> int:
    """Return a port that is free now, and that the system does not give to others by itself: it is used later."""
    for port in random.sample(_NOT_GIVEN_BY_THE_SYSTEM, 50):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
