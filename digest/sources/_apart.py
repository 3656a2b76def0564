"""Read what came apart from the event loop, so that everything else goes on meanwhile.

One thread for all sources: reading is Python's own work, and several threads of it would only take turns with the event
loop, which then waits for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")


async def apart(function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
    """Call a function in the reading thread and return its result."""
    return await asyncio.get_running_loop().run_in_executor(_READER, partial(function, *args, **kwargs))
