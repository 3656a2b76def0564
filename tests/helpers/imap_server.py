"""A dovecot on loopback, for as long as a test needs it."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

USERNAME, PASSWORD = "bounces", "of-the-mailbox"

_CONFIG = """\
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
"""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """A mailbox: its server's port, and the Maildir that it lies in."""

    port: int
    maildir: Path

    def deliver(self, *mails: bytes) -> None:
        new = self.maildir / "new"
        for number, mail in enumerate(mails, start=len(list(new.iterdir()))):
            (new / f"{number}.test").write_bytes(mail)


@contextmanager
def running() -> Iterator[ImapServer]:
    """Run a dovecot; skips the test where there is none."""
    with TemporaryDirectory(prefix="dovecot-") as folder:
        Path(folder).chmod(0o755)  # its processes change to another user
        yield from _running(Path(folder))


def _running(folder: Path) -> Iterator[ImapServer]:
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("there is no dovecot here (apt install dovecot-imapd)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("new", "cur", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    is_root = os.getuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())  # it lets no mailbox be root's
    own = owner.pw_name
    for place in (folder / "mail").iterdir():
        os.chown(place, owner.pw_uid, owner.pw_gid)
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            internal="dovecot" if is_root else own,
            login="dovenull" if is_root else own,
            group="dovecot" if is_root else grp.getgrgid(owner.pw_gid).gr_name,
        )
    )
    with (folder / "start.log").open("wb") as log:
        server = subprocess.Popen([program, "-F", "-c", config], stdout=log, stderr=log)
    try:
        _wait(server, port, folder)
        yield ImapServer(port, folder / "mail")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(200):
        if server.poll() is not None:
            pytest.skip(f"dovecot does not start here: {(folder / 'start.log').read_text()[-300:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as line:
                if line.recv(4):
                    return
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(timeout=0.05)
    pytest.fail(f"dovecot does not answer: see {folder / 'dovecot.log'}")
