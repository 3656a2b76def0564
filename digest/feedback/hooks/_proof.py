"""Proofs that a request comes from the service: compared in constant time, on the bytes as they came."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from digest.feedback.hooks import ForgedRequest, HookRequest

#: How far a signature's time may lie from ours: longer ago it is a replay (Standard Webhooks).
WINDOW = timedelta(minutes=5)


def is_one_of(given: Iterable[bytes], right: Sequence[bytes]) -> bool:
    """Tell whether any of the given proofs is right; takes as long for each pair, whatever is in it."""
    found = False
    for one in given:
        for other in right:
            found |= hmac.compare_digest(one, other)
    return found


def mac(secret: bytes, signed: bytes, digest: str = "sha256") -> bytes:
    """Return an HMAC."""
    return hmac.digest(secret, signed, digest)


def prove_shared(request: HookRequest, secrets: Sequence[SecretStr], *, header: str = "") -> None:
    """Demand a secret that both sides know: as HTTP Basic ("user:password"), as a bearer token, or in a header."""
    values = [secret.get_secret_value().encode() for secret in secrets]
    right = [b"Basic " + b64encode(value) for value in values] + [b"Bearer " + value for value in values]
    given = _one_space(request.headers.get("authorization", ""))
    proven = is_one_of([given], right)
    if header:
        proven |= is_one_of([request.headers.get(header.lower(), "").encode()], values)
    if not proven:
        raise ForgedRequest("no secret, or not ours")


def prove_signed(given: Iterable[bytes], right: Sequence[bytes]) -> None:
    """Demand one of the right signatures."""
    if not is_one_of(given, right):
        raise ForgedRequest("no signature, or not by our secret")


def prove_recent(stamp: str, now: datetime, window: timedelta = WINDOW) -> None:
    """Demand that a time in seconds since 1970 lies within the window around now."""
    try:
        at = datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise ForgedRequest("no time of the signature") from None
    prove_recent_moment(at, now, window)


def prove_recent_moment(at: datetime, now: datetime, window: timedelta = WINDOW) -> None:
    """Demand that a moment lies within the window around now."""
    if abs(at - now) > window:
        raise ForgedRequest("signed too long ago, or a clock is wrong")


def from_base64(text: str) -> bytes:
    """Return what base64 stands for; raises ForgedRequest."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise ForgedRequest("a signature that is not base64") from None


def _one_space(value: str) -> bytes:
    scheme, _, rest = value.strip().partition(" ")
    return f"{scheme.capitalize()} {rest.strip()}".encode("utf-8", "replace")
