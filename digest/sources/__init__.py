"""Bring articles in: one module per kind, each with `Options` and `Source`; nothing else needs to know it."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from digest.http import Http
from digest.model import Fetched, Validators


class SourceOptions(BaseModel):
    """What every kind's `Options` inherits: unknown keys are refused, values never shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def location(self) -> str:
        """Where this source is, in words for people, and its identity unless the configuration gives it an `id`."""
        raise NotImplementedError


class Source(Protocol):
    """A place that articles come from; made as `Source(options)`."""

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Visit the source once; raises SourceError that says in words what is wrong with it."""
        ...
