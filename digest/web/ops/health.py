"""/healthz: whether the service is alive, as JSON, and how its work stands; 503 only where a new start would help.

A clock in doubt, or a database that does not answer, is "waiting" with status 200: the service goes on by itself.
Whether it can do its work now is the question of /readyz.

It names newsletters and sources but no reader and no address of a source, which may hold a key. All the same it is
for the operator: a reverse proxy should not pass it on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest import __version__
from digest.clock import steady
from digest.errors import StoreError
from digest.model import Edition
from digest.model.amounts import spoken
from digest.schedule.slots import next_slots
from digest.settings import Newsletter, SourceSettings
from digest.store.content import sources as source_store
from digest.store.editions import editions
from digest.telemetry.log_lines import masked
from digest.timekeeping.ticker import MAX_SILENCE_SECONDS
from digest.tools import Tools
from digest.usecases.editions.status import as_json


class Health:
    """Looks at database, newsletters and sources when it is asked."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def answer(self, request: Request) -> Response:
        """Answer 200 with the state of the service, 503 if its ticker stands still."""
        database, stored = "", dict[str, Any]()
        try:
            stored["newsletters"] = [
                await self._newsletter(entry) for entry in self._tools.settings.newsletters
            ]
            stored["sources_in_trouble"] = await self._failing_sources()
        except StoreError as error:
            database = str(error)
        ticker, doubt = self._ticker(), self._tools.timekeeper.doubt
        return JSONResponse(
            {
                "status": "failing" if ticker else "waiting" if doubt or database else "ok",
                "database": database or "ok",
                "ticker": ticker or "ok",
                "clock": doubt or "ok",
                "version": __version__,
                "time": self._tools.clock().isoformat(),
                **stored,
                "problems": [masked(problem) for problem in self._tools.notices.current],
            },
            status_code=503 if ticker else 200,
        )

    def _ticker(self) -> str:
        """Return a sentence if no process has looked for due editions for some minutes, else ""."""
        silence = self._tools.pulse.silence(steady())
        if silence < MAX_SILENCE_SECONDS:
            return ""
        since = spoken(timedelta(seconds=silence))
        return f"no process has looked for {since} whether an edition is due: restart the service"

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
        shown, states = as_json(edition, tally), [state.value for state in tally.counts]
        return {key: shown[key] for key in ("edition", "status", "reason", "recipients", *states)}

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
