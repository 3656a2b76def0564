"""A Maildir that mails come back to: what is new is read, and then marked as seen."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path

from digest.errors import IntakeError
from digest.feedback.intake.batch import MAILS_PER_BATCH, Batch
from digest.feedback.intake.places import begin_of, is_maildir

_SEEN = ":2,S"  # at the end of a name in "cur": information of version 2, seen


def batches(maildir: Path) -> Generator[Batch, None, None]:
    """Yield the new mails; raises IntakeError where they cannot be read."""
    if not is_maildir(maildir):
        raise IntakeError(
            f"[bounces] maildir: {maildir} is no Maildir that this user can read: it has no folders new and cur"
        )
    try:
        files = sorted(file for file in (maildir / "new").iterdir() if not file.name.startswith("."))
        for start in range(0, len(files), MAILS_PER_BATCH):
            some = files[start : start + MAILS_PER_BATCH]
            yield Batch([begin_of(file) for file in some], partial(_see, maildir, some))
    except OSError as error:
        raise IntakeError(
            f"[bounces] maildir: {maildir} cannot be read ({error.strerror}): its user must be this program's"
        ) from error


def _see(maildir: Path, files: list[Path]) -> None:
    for file in files:
        file.rename(maildir / "cur" / f"{file.name.partition(':')[0]}{_SEEN}")
