"""An event loop on which hours pass in seconds: every pause and time-out under it is as much shorter."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Selector(selectors.DefaultSelector):
    """Waits in real seconds for what is asked for in seconds of the loop."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / self._factor)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, factor: float) -> None:
        self._factor = factor
        super().__init__(_Selector(factor))

    def time(self) -> float:
        return super().time() * self._factor


def hurry(work: Coroutine[Any, Any, _T], factor: float) -> _T:
    """Run `work` on a loop whose time goes `factor` times as fast; what needs no waiting takes as long as ever."""
    with asyncio.Runner(loop_factory=lambda: _Loop(factor)) as runner:
        return runner.run(work)
