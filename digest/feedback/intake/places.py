"""Mails in files: one mail, an mbox, a Maildir, or a folder of mails. They are read, and left as they are."""

from __future__ import annotations

import mailbox
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from digest.errors import UsageError
from digest.feedback.reading.structure import MAX_BYTES

_MBOX_BEGINS = b"From "  # RFC 4155; no field of a mail can
_MAILDIR_FOLDERS = ("new", "cur")


def mails_in(place: Path) -> Iterator[bytes]:
    """Yield the mails at a path, one after the other; raises UsageError where there is nothing to read."""
    if place.is_dir():
        yield from _in_folder(place)
        return
    if not place.exists():
        raise UsageError(f"{place} does not exist; name a mail, an mbox, a Maildir, or - for standard input")
    with place.open("rb") as file:
        is_mbox = file.read(len(_MBOX_BEGINS)) == _MBOX_BEGINS
    if is_mbox:
        yield from _in_mbox(place)
    else:
        yield begin_of(place)


def mails_from(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the mails of a stream: one mail, or an mbox."""
    begin = stream.read(len(_MBOX_BEGINS))
    if begin != _MBOX_BEGINS:
        yield begin + stream.read(MAX_BYTES)
        while stream.read(MAX_BYTES):
            pass  # who writes a longer mail must not fail at it
        return
    with NamedTemporaryFile(prefix="digest-mails-") as file:
        file.write(begin)
        shutil.copyfileobj(stream, file)
        file.flush()
        yield from _in_mbox(Path(file.name))


def is_maildir(place: Path) -> bool:
    """Tell whether a folder is a Maildir."""
    return all((place / folder).is_dir() for folder in _MAILDIR_FOLDERS)


def _in_folder(place: Path) -> Iterator[bytes]:
    folders = [place / folder for folder in _MAILDIR_FOLDERS] if is_maildir(place) else [place]
    for folder in folders:
        for file in sorted(folder.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                yield begin_of(file)


def _in_mbox(place: Path) -> Iterator[bytes]:
    box = mailbox.mbox(place, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as file:
                yield file.read(MAX_BYTES)
    finally:
        box.close()


def begin_of(file: Path) -> bytes:
    """Return a mail as far as it is read."""
    with file.open("rb") as mail:
        return mail.read(MAX_BYTES)
