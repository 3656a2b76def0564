"""Look at where a SQLite file lies before it is opened, and keep it to ourselves.

On a network disk SQLite's locks do not hold, and the file ends up damaged. And where it cannot be opened at all, the
driver's thread would complain on its own, beside our error. In it are readers' addresses and the keys of their links.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IROTH, S_IWOTH

from digest.errors import StoreError
from digest.store.db.faults import CANNOT_OPEN

_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb3",
    "smbfs",
    "afs",
    "ncpfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "glusterfs",
)
_MOUNTS = Path("/proc/self/mounts")


def check(file: Path) -> None:
    """Raise StoreError for a place where a database cannot be opened, or where it would get damaged."""
    if not can_be_opened(file):
        raise StoreError(f"The database {file} {CANNOT_OPEN}.")
    if kind := network_disk(file):
        raise StoreError(
            f"The database {file} lies on a network disk ({kind}), where SQLite gets damaged: "
            "put it on a local disk, or use PostgreSQL."
        )


def can_be_opened(file: Path) -> bool:
    """Say whether this user can read the file, or make it where it does not exist yet."""
    if file.exists():
        return file.is_file() and os.access(file, os.R_OK)
    return file.parent.is_dir() and os.access(file.parent, os.W_OK)


def is_read_only(file: Path) -> bool:
    """Say whether a database can be looked at and not be changed: its disk, folder or file is for reading only.

    Raises StoreError where changes still stand in its log, which cannot be taken in there.
    """
    if not file.exists() or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return False
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        raise StoreError(
            f"The database {file} lies where this user may not write, and its last changes are still in {log.name}: "
            "copy both files to a folder of your own and name that copy in database.url."
        )
    return True


def make(file: Path) -> None:
    """Make a file that is not there yet, for this user only: SQLite would leave it to the umask.

    The files that SQLite puts beside it take over its mode.
    """
    with suppress(FileExistsError):
        os.close(os.open(file.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def is_open_to_all(file: Path) -> bool:
    """Say whether every user of this machine can read the file, or write to it."""
    return file.exists() and bool(file.stat().st_mode & (S_IROTH | S_IWOTH))


def network_disk(file: Path, mounts: str | None = None) -> str:
    """Return the kind of network disk that a file lies on ("nfs4"), "" for a local or an unknown one.

    `mounts` is the system's table of mounts as Linux has it (proc(5)); by default the real one.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    place = file.resolve()
    best, kind = Path(), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        folder = Path(fields[1].replace("\\040", " "))
        if place.is_relative_to(folder) and len(folder.parts) >= len(best.parts):
            best, kind = folder, fields[2]
    return kind if kind in _NETWORK else ""
