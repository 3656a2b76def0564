"""The process that reads: takes pickled calls on its standard input, answers on its standard output.

It ends with its parent, whose end is the end of its input, and while it reads the alarm clock ends it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import BinaryIO

from digest.errors import SourceError


def in_words(ended: int, seconds: int) -> str:
    """Say why the process ended while it read something, by its return code."""
    if ended == -signal.SIGALRM:
        return f"it could not be read within {seconds} s"
    return f"it could not be read: the process that read it ended unexpectedly ({ended})"


def serve(calls: BinaryIO, answers: BinaryIO) -> None:
    """Answer calls, each with its seconds, until there are no more: (True, result) or (False, exception)."""
    while True:
        try:
            seconds, call = pickle.load(calls)  # noqa: S301  # our parent wrote it
        except EOFError:
            return
        signal.alarm(seconds)
        answer = _answer(call)
        signal.alarm(0)
        answers.write(answer)
        answers.flush()


def _answer(call: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((True, call()), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        if not isinstance(error, SourceError):  # a mistake of ours, whose place would get lost on the way
            error.add_note(traceback.format_exc())
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)


def main() -> None:
    """Serve the parent process."""
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the parent, which may still have work for us
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not stand among the answers
    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:  # who asked was killed
        os._exit(1)  # without a last attempt to write, and without its traceback


if __name__ == "__main__":
    main()
