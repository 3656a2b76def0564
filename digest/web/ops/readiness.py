"""/readyz: whether this process can take work now; 503 with the reason if it cannot.

It asks less than /healthz tells, so that a balancer or a supervisor may ask every second.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest.errors import StoreError
from digest.tools import Tools


class Readiness:
    """Asks the database, and whether the process is about to end."""

    def __init__(self, tools: Tools, draining: Callable[[], bool]) -> None:
        self._tools, self._draining = tools, draining

    async def answer(self, request: Request) -> Response:
        """Answer 200; 503 while the service drains, the database fails or its tables are of another version."""
        reason = "draining: what is under way is finished" if self._draining() else await self._database()
        status = "not ready" if reason else "ready"
        return JSONResponse({"status": status, "reason": reason}, status_code=503 if reason else 200)

    async def _database(self) -> str:
        try:
            await self._tools.db.check_version()
        except StoreError as error:
            return str(error)
        return ""
