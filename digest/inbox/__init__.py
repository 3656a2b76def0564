"""The embedded catch-all: an SMTP server that takes every mail and keeps it, and no trial reaches anybody.

`Mailbox` keeps mails in a folder or in memory, `serve_smtp` fills it; its web page is `digest.web.inbox`.
"""

from __future__ import annotations

from digest.inbox.mailbox import Mailbox, Received
from digest.inbox.smtp import serve_smtp

__all__ = ["Mailbox", "Received", "serve_smtp"]
