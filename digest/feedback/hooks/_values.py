"""Read what a service says without believing it: any value may be of any type, missing, endless, or no text at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from digest.feedback.hooks import HookRequest, UnreadableRequest
from digest.model import Event, EventType

MAX_EVENTS = 10_000  # of one request; a megabyte holds no more that say anything
_MAX_TEXT, _MAX_NAME = 2000, 320  # characters of words, and of addresses, ids and keys
_MAX_FIELDS = 1000  # of a form
_MILLISECONDS = 1e11  # a number of seconds as large as that lies in the year 5138
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # a database takes no NUL
_CODE = re.compile(r"\s*(?:smtp;\s*)?([245]\d\d)(?=[\s\-])")


def parsed(body: bytes | str) -> Any:
    """Return JSON as values; raises UnreadableRequest."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableRequest("no JSON") from None


def table(value: object, *path: str) -> dict[str, Any]:
    """Return an object, or the one at a path of keys in it; {} where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def tables(value: object) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or the one object."""
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MAX_EVENTS:
        raise UnreadableRequest(f"more than {MAX_EVENTS} events at once")
    return (one for one in listed if isinstance(one, dict))


def items(value: object) -> list[Any]:
    """Return a list; [] where there is none."""
    return value if isinstance(value, list) else []


def text(value: object, limit: int = _MAX_TEXT) -> str:
    """Return a string or a number as text that any database takes; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    cut = str(value)[:limit] if not isinstance(value, int) or abs(value) < 10**30 else ""
    return _CONTROLS.sub("", cut).encode("utf-8", "replace").decode()


def moment(value: object) -> datetime | None:
    """Return seconds or milliseconds since 1970, or ISO 8601, as a moment in UTC; None where it is neither."""
    said = text(value, 64)
    try:
        if re.fullmatch(r"\d+(\.\d+)?", said):
            seconds = float(said)
            return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)
        at = datetime.fromisoformat(_python_310(said))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _python_310(said: str) -> str:
    """Cut fractions of a second to the six digits that `datetime` has."""
    return re.sub(r"(\.\d{6})\d+", r"\1", said)


def smtp_code(*said: object) -> int:
    """Return the SMTP code that stands alone or begins a text, the first found; 0 where there is none."""
    for one in said:
        words = text(one)
        if re.fullmatch(r"[245]\d\d", words):
            return int(words)
        if found := _CODE.match(words):
            return int(found[1])
    return 0


def key_of(*parts: object) -> str:
    """Return a key for a report to which the service gives none: the same for the same report."""
    return sha256("\n".join(text(part) for part in parts).encode()).hexdigest()


def event(
    type_: EventType,
    *,
    key: object,
    address: object = "",
    at: datetime | None = None,
    message_id: object = "",
    remote_id: object = "",
    code: int = 0,
    words: object = "",
    lasting: bool | None = None,
) -> Event:
    """Return an event of values that are cleaned and cut."""
    name = text(key)
    return Event(
        key=name if 0 < len(name) <= _MAX_NAME else key_of(name),
        type=type_,
        address=text(address, _MAX_NAME).strip(),
        at=at,
        message_id=_bare(message_id),
        remote_id=_bare(remote_id),
        code=code,
        text=text(words),
        lasting=lasting,
    )


def _bare(value: object) -> str:
    return text(value, _MAX_NAME).strip().removeprefix("<").removesuffix(">")


def form(request: HookRequest) -> dict[str, Sequence[str]]:
    """Return the fields of a form, urlencoded or multipart, each with its values; raises UnreadableRequest."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        try:
            return dict(parse_qs(request.body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
        except ValueError:
            raise UnreadableRequest("no form") from None
    head = f"Content-Type: {_CONTROLS.sub('', kind)}\r\n\r\n".replace("\n ", " ")
    fields: dict[str, list[str]] = {}
    for part in message_from_bytes(head.encode() + request.body, policy=policy.compat32).walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and len(fields) < _MAX_FIELDS:
            fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
    return dict(fields)
