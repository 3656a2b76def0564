"""A mailbox at an IMAP server that mails come back to (RFC 9051)."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from digest.errors import IntakeError
from digest.feedback.intake.batch import MAILS_PER_BATCH, Batch
from digest.feedback.reading.structure import MAX_BYTES
from digest.settings.bounces import ImapSettings

_TIMEOUT_SECONDS = 30.0
_FAILURES = (ImapToolsError, imaplib.IMAP4.error, OSError)


def batches(settings: ImapSettings) -> Generator[Batch, None, None]:
    """Yield the mails that nobody has seen, or all where they are moved on; raises IntakeError."""
    try:
        box = _connected(settings)
    except MailboxLoginError:
        raise IntakeError(
            f"{_name(settings)} refuses the login: check username and password of [bounces.imap]"
        ) from None
    except _FAILURES as error:
        raise _cannot(settings, error) from error
    try:
        uids = box.uids("ALL" if settings.done_folder else "UNSEEN")
        for start in range(0, len(uids), MAILS_PER_BATCH):
            some = uids[start : start + MAILS_PER_BATCH]
            yield Batch([_fetched(box, uid) for uid in some], partial(_settle, box, some, settings))
    except _FAILURES as error:
        raise _cannot(settings, error) from error
    finally:
        _leave(box)


def _connected(settings: ImapSettings) -> BaseMailBox:
    host, port, security = settings.host, settings.effective_port, settings.security
    box: BaseMailBox
    if security == "none":
        box = MailBoxUnencrypted(host, port, timeout=_TIMEOUT_SECONDS)
    else:
        kind = MailBox if security == "tls" else MailBoxStartTls
        box = kind(host, port, timeout=_TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())
    try:
        box.login(settings.username, settings.password.get_secret_value(), initial_folder=None)
        box.folder.set(settings.folder)
        if settings.done_folder and not box.folder.exists(settings.done_folder):
            box.folder.create(settings.done_folder)
    except BaseException:
        _leave(box)
        raise
    return box


def _fetched(box: BaseMailBox, uid: str) -> bytes:
    """Return the beginning of a mail without marking it as seen; b"" where it has gone meanwhile."""
    _, data = box.client.uid("fetch", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    return next((_body(one) for one in data or () if isinstance(one, tuple)), b"")


def _body(answer: tuple[Any, ...]) -> bytes:
    return bytes(answer[1])


def _settle(box: BaseMailBox, uids: list[str], settings: ImapSettings) -> None:
    try:
        if settings.done_folder:
            box.move(uids, settings.done_folder)
        else:
            box.flag(uids, r"\Seen", value=True)
    except _FAILURES as error:
        raise _cannot(settings, error) from error


def _leave(box: BaseMailBox) -> None:
    with suppress(*_FAILURES):  # the line may be gone already, and nothing waits on it
        box.client.logout()


def _name(settings: ImapSettings) -> str:
    return f"[bounces.imap]: {settings.host}:{settings.effective_port}"


def _cannot(settings: ImapSettings, error: Exception) -> IntakeError:
    return IntakeError(f"{_name(settings)}, folder {settings.folder!r}, cannot be read: {error}")
