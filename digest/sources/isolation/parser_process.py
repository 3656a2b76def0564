"""Read what came in a process of its own, so that no source can hold up the web pages or another source.

Reading is Python's own work: beside it in the same process, the event loop waits for the interpreter again and again, and
a thread that a hostile document keeps busy cannot be ended. The process can: its alarm clock does it when one document
takes for ever, and we do it when nobody waits for the document any more.
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
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from digest.errors import SourceError
from digest.sources.isolation import parser_worker

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

MAX_PARSE_SECONDS = 30  # seconds for one reading; the largest feed that is fetched takes half of it

# One at a time: several readers would only take turns with the event loop.
_QUEUE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")


async def apart(function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
    """Call a function of a module apart from the event loop and return its result."""
    return await in_turn(_READER, partial(function, *args, **kwargs))


async def in_turn(reader: Reader, call: Callable[[], _Result]) -> _Result:
    """Return what a reader makes of a call; one that is cancelled is ended, so that those behind it need not wait."""
    reading = _QUEUE.submit(reader.read, call)
    try:
        return await asyncio.wrap_future(reading)
    except asyncio.CancelledError:
        reader.give_up(call)
        raise


class Reader:
    """Makes the calls of one thread in a process of its own, each for at most `longest` seconds."""

    def __init__(self, longest: int = MAX_PARSE_SECONDS) -> None:
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._call: object = None  # the one that is being made
        self._changing = Lock()

    def read(self, call: Callable[[], _Result]) -> _Result:
        """Make a call that can be pickled; raises SourceError if the process does not live to answer."""
        with self._changing:
            process = self._process = self._process or _start()
            self._call = call
        try:
            succeeded, answer = _ask(process, (self._longest, call))
        except (
            EOFError,
            OSError,
            pickle.UnpicklingError,
        ):  # it has ended, perhaps in the middle of its answer
            ended = process.wait()
            self.close()
            raise SourceError(parser_worker.in_words(ended, self._longest)) from None
        finally:
            with self._changing:
                self._call = None
        if not succeeded:
            raise answer
        return cast(_Result, answer)

    def give_up(self, call: Callable[[], object]) -> None:
        """End the process if it is at this call; may be called from any thread."""
        with self._changing:
            if self._call is call and self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process; the next call starts another."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            with process:  # closes its pipes and waits for its end
                pass


def _ask(process: subprocess.Popen[bytes], task: tuple[int, Callable[[], object]]) -> tuple[bool, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(pickle.dumps(task, pickle.HIGHEST_PROTOCOL))
    process.stdin.flush()
    answer: tuple[bool, Any] = pickle.load(process.stdout)  # noqa: S301  # written by ourselves
    return answer


def _start() -> subprocess.Popen[bytes]:
    # Modules are found where this process finds them, those of an operator's own sources too.
    return subprocess.Popen(  # noqa: S603  # this program
        [sys.executable, "-P", "-m", parser_worker.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


_READER = Reader()
atexit.register(_READER.close)
