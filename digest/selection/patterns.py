"""Search texts for an operator's regular expressions, with a guard on the time that takes.

One unlucky pattern can keep `re` busy for years, and nothing in a process can stop it: it holds the interpreter's lock
all the while. So the search runs in a process of its own, which is ended when its time is up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

TIMEOUT_SECONDS = 2.0

_SEARCH = """
import json, re, sys
patterns, texts = json.load(sys.stdin)
for pattern in patterns:
    search = re.compile(pattern, re.IGNORECASE).search
    print(json.dumps([number for number, text in enumerate(texts) if search(text)]), flush=True)
"""


def search_all(
    patterns: Sequence[str], texts: Sequence[str], *, seconds: float = TIMEOUT_SECONDS
) -> tuple[dict[str, set[int]], list[str]]:
    """Return the numbers of the texts that each pattern is found in, and the patterns that took too long."""
    found: dict[str, set[int]] = {}
    slow: list[str] = []
    waiting = list(patterns)
    while waiting and texts:
        answers = _run(waiting, texts, seconds)
        found |= zip(waiting, map(set, answers), strict=False)
        slow += waiting[len(answers) : len(answers) + 1]
        waiting = waiting[len(answers) + 1 :]
    return found, slow


def _run(patterns: Sequence[str], texts: Sequence[str], seconds: float) -> list[list[int]]:
    """Return one answer for each pattern, fewer if the time was up before the next had its own."""
    task = json.dumps([patterns, texts]).encode()
    command = [sys.executable, "-I", "-c", _SEARCH]
    try:
        done = subprocess.run(command, input=task, stdout=subprocess.PIPE, timeout=seconds, check=True)  # noqa: S603
        output = done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    return [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]
