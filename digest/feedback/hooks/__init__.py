"""Webhooks: what email services report by themselves. One module per kind, each with `Options` and `events`.

`events(request, options)` is pure: it proves that the request comes from the service, on the body as it was sent, and
returns what it reports. What it needs from the net, such as a certificate, it asks for with NeedsPage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from digest.settings.values import Shape

MAX_SECRETS = 4  # more than two at once help no rotation, and each costs a computation per request


def _secrets(value: object) -> object:
    return (value,) if isinstance(value, str | SecretStr) else value


#: One secret, or several while they are being changed; each is as good as the others.
Secrets = Annotated[
    tuple[Annotated[SecretStr, Field(min_length=1)], ...],
    Field(min_length=1, max_length=MAX_SECRETS),
    BeforeValidator(_secrets),
]


class HookOptions(Shape):
    """What every kind's `Options` inherits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A request as it came in; `headers` have lower-case names, `url` is the hook's address as the service knows it."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime
    url: str = ""
    pages: Mapping[str, bytes] = field(default_factory=dict)  # what NeedsPage asked for, by its URL


class ForgedRequest(Exception):
    """The request does not prove that it comes from the service; its text says what is missing and holds no secret."""


class UnreadableRequest(Exception):
    """The request is proven, and nobody can read it."""


class NeedsPage(Exception):
    """A page has to be fetched first; then `events` is asked again. `keep`: it serves later requests as well."""

    def __init__(self, url: str, *, keep: bool) -> None:
        super().__init__(url)
        self.url, self.keep = url, keep
