"""What a server answered, and what its headers mean for the next visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from digest.model import Validators

_MAX_FRESH_SECONDS = 5 * 3600.0  # some servers promise a year by mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer, its body inflated; header names in lower case, values as they came (Latin-1)."""

    status: int
    url: str  # where it came from in the end
    headers: Mapping[str, str]
    body: bytes = b""
    moved_to: str = ""  # where permanent redirects (301, 308) led, before any temporary one

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def validators(self) -> Validators:
        """What to ask "changed since?" with next time; none from a server that says never to reuse its answer."""
        if self.headers.get("expires", "").strip() == "0":
            return Validators()
        return Validators(
            etag=self.headers.get("etag", ""), last_modified=self.headers.get("last-modified", "")
        )

    @property
    def fresh_for(self) -> float | None:
        """Seconds for which the server asks not to be asked again (RFC 9111, 4.2), five hours at most."""
        directives = {
            name.strip().lower(): value.strip(' "')
            for name, _, value in (
                part.partition("=") for part in self.headers.get("cache-control", "").split(",")
            )
        }
        if directives.keys() & {"no-store", "no-cache"}:
            return None
        seconds = _whole(directives.get("max-age", ""))
        if seconds is None:
            seconds = _seconds_until(self.headers.get("expires", ""), self.headers.get("date", ""))
        else:
            seconds -= _whole(self.headers.get("age", "")) or 0
        return min(seconds, _MAX_FRESH_SECONDS) if seconds and seconds > 0 else None

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds that the server asks us to wait, given as seconds or as a date (RFC 9110, 10.2.3)."""
        value = self.headers.get("retry-after", "").strip()
        seconds = _whole(value)
        if seconds is None:
            seconds = _seconds_until(value, self.headers.get("date", "") or format_datetime(now, usegmt=True))
        return max(0.0, seconds) if seconds is not None else None


def in_words(status: int) -> str:
    """Return a status as people know it: "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _whole(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 12 else None


def _seconds_until(date: str, start: str) -> float | None:
    """Both by the server's own clock, so that a wrong one does no harm."""
    try:
        return (_moment(date) - _moment(start)).total_seconds()
    except (ValueError, TypeError, IndexError):
        return None


def _moment(date: str) -> datetime:
    moment = parsedate_to_datetime(date)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
