"""What makes a copy a reader's own, and when it was made."""

from __future__ import annotations

from datetime import UTC, datetime

VALUES = {
    "unsubscribe_url": "https://news.example.org/u/AAECAwQFBgcICQoLDA0ODw",
    "browser_url": "https://news.example.org/e/daily-2026-03-02T0700",
    "preferences_url": "https://news.example.org/p/AAECAwQFBgcICQoLDA0ODw",
    "address": "ada@example.org",
    "name": "Ada",
}


DATE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
