"""The log's lines: JSON that programs read, text that people read, and no reader's address in either."""

from __future__ import annotations

import json
import logging
from datetime import datetime

import pytest

from digest.telemetry.log_lines import JsonLines, TextLines, masked


def record(text: str, *args: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("digest").makeRecord(
        "digest", logging.WARNING, "x.py", 1, text, args, None, extra=extra
    )


def test_a_line_is_one_json_document_with_time_level_and_what_it_is_about() -> None:
    line = JsonLines().format(record("%s: %s", "daily-2026-03-02T0700", "two\nlines — ü", sender="smtp"))
    assert "\n" not in line
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).utcoffset() is not None
    assert told == {
        "level": "warning",
        "logger": "digest",
        "message": "daily-2026-03-02T0700: two\nlines — ü",
        "edition": "daily-2026-03-02T0700",
        "sender": "smtp",
    }


def test_an_exception_is_told_in_the_document() -> None:
    try:
        raise ValueError("no such reader: ada@example.org")
    except ValueError as error:
        entry = logging.getLogger("digest").makeRecord(
            "digest", logging.ERROR, "x.py", 1, "a mistake", (), (type(error), error, error.__traceback__)
        )
    told = json.loads(JsonLines().format(entry))
    assert told["exception"].startswith("Traceback")
    assert told["exception"].endswith("ValueError: no such reader: …")


@pytest.mark.parametrize("lines", [JsonLines(), TextLines(with_time=False)], ids=["json", "text"])
@pytest.mark.parametrize(
    "text",
    [
        "smtp: 550 5.7.1 <ada@post.example.org> not from you",
        "could not read postgresql://digest:s3cret@db.example.org/news",
        "rcpt TO:ada@post.example.org, then",
    ],
)
def test_no_line_names_a_reader_or_a_password(lines: logging.Formatter, text: str) -> None:
    line = lines.format(record(text, source=text))
    assert "ada" not in line
    assert "s3cret" not in line


def test_what_stands_around_an_address_is_kept() -> None:
    assert masked("550 <ada@post.example.org> not from you") == "550 <…> not from you"
    assert masked("postgresql://digest:s3cret@db.example.org/news") == "postgresql://…/news"
    assert masked("sent of 2 readers at 07:00") == "sent of 2 readers at 07:00"
