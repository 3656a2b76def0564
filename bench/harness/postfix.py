"""A Postfix of the bench's own: its queue on disk, on a free port of this machine, and what it takes it discards.

Its configuration, queue and log are in a temporary folder; a Postfix that this machine runs is left alone.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.harness.runs import Missing
from bench.harness.sinks import HOST, free_port, program, wait_for

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = sink.example.org
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
default_transport = discard:
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = none
"""
#      type  private  unpriv  chroot  wakeup  maxproc  command
_MASTER = """
{port}    inet  n  -  n  -     200  smtpd
pickup    unix  n  -  n  60    1    pickup
cleanup   unix  n  -  n  -     0    cleanup
qmgr      unix  n  -  n  300   1    qmgr
rewrite   unix  -  -  n  -     -    trivial-rewrite
bounce    unix  -  -  n  -     0    bounce
defer     unix  -  -  n  -     0    bounce
trace     unix  -  -  n  -     0    bounce
verify    unix  -  -  n  -     1    verify
flush     unix  n  -  n  1000? 0    flush
proxymap  unix  -  -  n  -     -    proxymap
error     unix  -  -  n  -     -    error
retry     unix  -  -  n  -     -    error
discard   unix  -  -  n  -     -    discard
anvil     unix  -  -  n  -     1    anvil
scache    unix  -  -  n  -     1    scache
postlog   unix-dgram n - n  -     1    postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A Postfix that runs."""

    port: int
    folder: Path

    def settle(self) -> None:
        """Wait until it has dealt with all that it took, so that whoever comes next has it for himself."""
        queues = [self.folder / "queue" / name for name in ("maildrop", "incoming", "active")]
        while any(file.is_file() for queue in queues for file in queue.rglob("*")):
            time.sleep(0.1)


@contextlib.contextmanager
def postfix() -> Iterator[Postfix]:
    """Run it; raises Missing where it is not installed or we are not root, whom it needs to start."""
    control = program("postfix")
    if os.geteuid() != 0:
        raise Missing("only root can start a Postfix")
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as place:
        folder, port = Path(place), free_port()
        folder.chmod(0o755)  # for the user whom most of Postfix runs as
        config = folder / "config"
        config.mkdir()
        (folder / "queue").mkdir()
        (config / "main.cf").write_text(_MAIN.format(folder=folder))
        (config / "master.cf").write_text(_MASTER.format(port=f"{HOST}:{port}"))
        _tell(control, config, "start")
        try:
            wait_for(port)
            yield Postfix(port, folder)
        finally:
            _tell(control, config, "stop")


def _tell(control: str, config: Path, what: str) -> None:
    done = subprocess.run([control, "-c", str(config), what], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"postfix {what} failed: {done.stderr.strip() or done.stdout.strip()}")
