"""Read what came apart from everything else, so that no source can hold up the web pages or another source.

Reading is Python's own work: beside it in the same process, the event loop waits for the interpreter again and again. So
whoever has more than a few sources gets a process for reading, which also can be ended when one of them takes for ever.
For a few, starting it would take longer than reading: they are read in a thread.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from digest.errors import SourceError
from digest.sources import _reading

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

FEW = 8  # readings, after which the process is worth its start
LONGEST = 30  # seconds for one reading; the largest feed that is fetched takes half of it

# One at a time: several readers would only take turns with the event loop.
_QUEUE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")


async def apart(function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
    """Call a function of a module apart from the event loop and return its result."""
    return await asyncio.get_running_loop().run_in_executor(
        _QUEUE, partial(_READER.read, function, *args, **kwargs)
    )


class Reader:
    """Calls functions for one thread: after the first `few` in a process of its own, for at most `longest` seconds."""

    def __init__(self, few: int = FEW, longest: int = LONGEST) -> None:
        self._few, self._longest = few, longest
        self._process: subprocess.Popen[bytes] | None = None

    def read(
        self, function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> _Result:
        """Call a function; raises SourceError if the process does not live to answer."""
        if self._few:
            self._few -= 1
            return function(*args, **kwargs)
        succeeded, answer = self._ask((self._longest, function, args, kwargs))
        if not succeeded:
            raise answer
        return cast(_Result, answer)

    def close(self) -> None:
        """End the process; the next call starts another."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            with process:  # closes its pipes and waits for its end
                pass

    def _ask(self, task: tuple[Any, ...]) -> tuple[bool, Any]:
        call = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        process = self._process = self._process or _start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(call)
            process.stdin.flush()
            answer: tuple[bool, Any] = pickle.load(process.stdout)  # noqa: S301  # written by ourselves
        except (EOFError, OSError, pickle.UnpicklingError):
            ended = process.wait()
            self.close()
            raise SourceError(_reading.in_words(ended, self._longest)) from None
        return answer


def _start() -> subprocess.Popen[bytes]:
    # Modules are found where this process finds them, those of an operator's own sources too.
    return subprocess.Popen(  # noqa: S603  # this program
        [sys.executable, "-P", "-m", _reading.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


_READER = Reader()
atexit.register(_READER.close)
