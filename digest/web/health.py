"""/healthz: whether the service can do its work, as JSON; 503 if it cannot.

It names newsletters and sources but no reader and no address of a source, which may hold a key. All the same it is
for the operator: a reverse proxy should not pass it on.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest import __version__
from digest.errors import StoreError
from digest.model import Edition
from digest.schedule import next_slots
from digest.settings import Newsletter, SourceSettings
from digest.store import editions
from digest.store import sources as source_store
from digest.tools import Tools


class Health:
    """Looks at database, newsletters and sources when it is asked."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def answer(self, request: Request) -> Response:
        """Answer 200 with what there is to know, 503 if the database cannot be used."""
        about: dict[str, Any] = {"version": __version__, "time": self._tools.clock().isoformat()}
        try:
            newsletters = [await self._newsletter(entry) for entry in self._tools.settings.newsletters]
            failing = await self._failing_sources()
        except StoreError as error:
            return JSONResponse({"status": "failing", "database": str(error), **about}, status_code=503)
        return JSONResponse(
            {
                "status": "ok",
                "database": "ok",
                **about,
                "newsletters": newsletters,
                "sources_in_trouble": failing,
            }
        )

    async def _newsletter(self, newsletter: Newsletter) -> dict[str, Any]:
        slots = next_slots(newsletter.schedule, newsletter.timezone, self._tools.clock(), 1)
        latest = await editions.list_(self._tools.db, newsletter.name, limit=1)
        return {
            "name": newsletter.name,
            "next": slots[0].due.isoformat() if slots else None,
            "last": await self._edition(latest[0]) if latest else None,
        }

    async def _edition(self, edition: Edition) -> dict[str, Any]:
        tally = await editions.tally(self._tools.db, edition.id)
        return {
            "edition": edition.name,
            "status": edition.status.value,
            "reason": edition.reason,
            "recipients": tally.recipients,
            **{state.value: count for state, count in tally.counts.items()},
        }

    async def _failing_sources(self) -> list[dict[str, Any]]:
        sources = self._tools.settings.sources
        states = await source_store.states(self._tools.db, list(sources))
        return [
            {
                "source": _name(sources[key], state.info.title),
                "failures": state.failures,
                "last_success": state.last_success_at.isoformat() if state.last_success_at else None,
            }
            for key, state in states.items()
            if state.failures or state.disabled
        ]


def _name(source: SourceSettings, title: str) -> str:
    return source.name or source.id or title or source.kind
