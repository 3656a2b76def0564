"""Folders and files for this program's user alone, whatever the umask: readers' addresses are in them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IRWXG, S_IRWXO

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


def make_folder(path: Path) -> None:
    """Make a folder, and those around it; an existing one keeps its mode, which was chosen. Raises OSError."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(_FOLDER_MODE)
    except FileExistsError:
        if path.is_dir():  # another process of ours was faster
            return
        raise
    path.chmod(_FOLDER_MODE)


def write(path: Path, data: bytes | str, *, durable: bool = False) -> None:
    """Write a file under a name of its own and rename it, so that it is never seen half written; raises OSError.

    What has that name already, a link perhaps, is replaced and not written through. With `durable` it is on the disk
    when this returns.
    """
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        restrict(partial)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def restrict(path: Path) -> None:
    """Make a file that another program wrote unreadable for all other users."""
    path.chmod(_FILE_MODE)


def is_open(path: Path) -> bool:
    """Tell whether other users of this machine may look into a folder or a file; False where it does not exist."""
    return path.exists() and bool(path.stat().st_mode & (S_IRWXG | S_IRWXO))
