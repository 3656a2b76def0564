"""Notice that an open SQLite file was moved, replaced or removed.

SQLite would go on writing to the old file, wherever that is now, and every new connection would use whatever lies at
the place: what is sent would be noted in the wrong file. So the place is checked before each use.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")


class Location:
    """The place of a database's file, and which file was opened there."""

    def __init__(self, file: Path) -> None:
        self._file = (
            file.absolute()
        )  # a symbolic link on the way may be changed as well: it is followed each time
        self._opened: tuple[int, int] | None = None
        self.emptied = False  # its log, into the file itself, wherever that is now

    def settle(self) -> None:
        """Take the file that is there now for the one that was opened."""
        self._opened = self._there()

    def fault(self) -> str:
        """Say what has happened to the file and what to do; "" while it is at its place."""
        if self._opened is None or (there := self._there()) == self._opened:
            self.emptied = False
            return ""
        left, kept = self._left()
        if left and not there:
            return (
                f"The database {self._file} was moved to {left} while this program uses it. Nothing is sent until it "
                "is moved back; or stop the program and name the new place in database.url"
            )
        what = "was replaced by another file" if there else "was removed"
        rescue = (
            f"what it held is now {left}; " if left else f"what it held is still in {kept}; " if kept else ""
        )
        return (
            f"The database {self._file} {what} while this program uses it. Nothing is sent or written to either: "
            f"{rescue}put the right file there, and start the program again"
        )

    def _there(self) -> tuple[int, int] | None:
        """Return what identifies the file at the place, or None without a file."""
        try:
            found = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:  # it cannot be told: a disk that fails is found out at the next read
            return self._opened
        return found.st_dev, found.st_ino

    def _left(self) -> tuple[str, str]:
        """Return where the file that was opened is now, or from where it can be copied as long as this process lives."""
        with suppress(OSError):
            for entry in _DESCRIPTORS.iterdir():
                with suppress(OSError):  # one that was closed meanwhile
                    found = os.fstat(int(entry.name))
                    if (found.st_dev, found.st_ino) == self._opened:
                        kept = f"/proc/{os.getpid()}/fd/{entry.name}"
                        return (str(entry.readlink()) if found.st_nlink else ""), kept
        return "", ""
