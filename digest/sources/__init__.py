"""Bring articles in: one module per kind, each with `Options` and `Source`; nothing else needs to know it."""

from __future__ import annotations

from typing import Protocol

from digest.model import Fetched, Validators
from digest.net.http import Http
from digest.settings.values import Shape


class SourceOptions(Shape):
    """What every kind's `Options` inherits."""

    @property
    def location(self) -> str:
        """Where this source is, in words for people, and its identity unless the configuration gives it an `id`."""
        raise NotImplementedError


class Source(Protocol):
    """A place that articles come from; made as `Source(options)`."""

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Visit the source once; raises SourceError that says in words what is wrong with it."""
        ...
