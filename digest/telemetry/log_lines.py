"""The lines of the service's log: text for people, or a JSON document a line for programs; neither names a reader.

An address in what a server said becomes "…", and so does a password in a URL, which looks like one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime

from digest.telemetry import tracing

#: What a line may be about, given as `extra` to the call that logs it.
FIELDS = ("edition", "newsletter", "source", "sender", "job")

_ADDRESS = re.compile(r"[^\s<>\"'(/]+@[^\s<>\"'),;/]+")
_EDITION = re.compile(r"[\w-]+-\d{4}-\d\d-\d\dT\d{4}")


def masked(text: str) -> str:
    """Return a text with "…" for every address in it."""
    return _ADDRESS.sub("…", text)


def set_up(*, as_json: bool, level: int, with_time: bool) -> None:
    """Log to stderr: this program from `level` on, libraries from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else TextLines(with_time=with_time))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("digest").setLevel(level)


class TextLines(logging.Formatter):
    """A line as people read it, with the time unless who keeps the log adds that."""

    def __init__(self, *, with_time: bool) -> None:
        time = "%(asctime)s " if with_time else ""
        super().__init__(f"{time}%(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLines(logging.Formatter):
    """A JSON document: time (ISO 8601 with offset), level, logger, message, what it is about, and an exception's text."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **_about(record),
            **tracing.current_ids(),
        }
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _about(record: logging.LogRecord) -> dict[str, str]:
    about = {name: masked(str(value)) for name in FIELDS if (value := getattr(record, name, None))}
    first = record.args[0] if isinstance(record.args, tuple) and record.args else ""
    if isinstance(first, str) and _EDITION.fullmatch(
        first
    ):  # by habit a line about an edition begins with it
        about.setdefault("edition", first)
    return about
