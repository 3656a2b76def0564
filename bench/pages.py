"""The readers' pages while an edition goes out to a million: how long each takes, and how many can leave in a second.

Pages, ledger and delivery are one process over one SQLite file, as in `digest run`; the sender takes every mail at once,
so that delivery is as busy as it can be. Requests come from this process, one after another for the times, then 16 at
once for the rate. Fewer readers: `pages.py 100000`.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import httpx

from bench.harness import newsroom
from bench.harness.runs import python

READERS = 1_000_000
VISITS = 300  # of each page
AT_ONCE = 16
LEAVING_SECONDS = 5.0
GOALS = {"median": 20.0, "p99": 100.0, "leave": 300.0}  # milliseconds, and requests a second


async def visit(client: httpx.AsyncClient, method: str, paths: Sequence[str], **request: Any) -> None:
    """Print the median and the 99th percentile of requests, in milliseconds."""
    times = []
    for path in paths:
        start = perf_counter()
        answer = await client.request(method, path, **request)
        times.append(1000 * (perf_counter() - start))
        assert answer.status_code == 200, (path[:3], answer.status_code)
    print(
        f"    {statistics.median(times):7.1f} ms median {statistics.quantiles(times, n=100)[98]:8.1f} ms p99"
    )


async def leave(port: int, tokens: list[str]) -> None:
    """Print how many readers left in a second, asked over plain connections: a client must not be what is measured."""
    left, end = 0, perf_counter() + LEAVING_SECONDS
    body = b"List-Unsubscribe=One-Click"

    async def one_after_another() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while tokens and perf_counter() < end:
            head = f"POST /u/{tokens.pop()} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b" 200 " in answer, answer
            await reader.readexactly(int(answer.partition(b"content-length: ")[2].split(b"\r\n")[0]))
            left += 1
        writer.close()

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    print(f"    {left / LEAVING_SECONDS:7.0f} a second")


async def measure(told: dict[str, Any]) -> None:
    manage, unsubscribe = told["manage"], told["unsubscribe"]
    change = {"do": "save", "get": "daily", "frequency.daily": "weekly", "hour.daily": "7", "name": "Ada"}
    url = f"http://127.0.0.1:{told['port']}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        await client.get(f"/m/{manage[-1]}")  # the words and time zones of a language are read once
        print("  the page of preferences")
        await visit(client, "GET", [f"/m/{token}" for token in manage[:VISITS]])
        print("  a change")
        await visit(client, "POST", [f"/m/{token}" for token in manage[:VISITS]], data=change)
        print("  an unsubscribe")
        await visit(client, "POST", [f"/u/{token}" for token in unsubscribe[:VISITS]])
        print(f"  unsubscribes, {AT_ONCE} at once")
        await leave(told["port"], unsubscribe[VISITS:])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    with newsroom.stock(count, opened=True) as stock, stock.copy(newsroom.NOWHERE) as folder:
        service = subprocess.Popen(
            python("bench.harness.visited", folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert service.stdout is not None
        assert service.stdin is not None
        try:
            print(f"{count:,} readers, an edition going out (goals: {GOALS})")
            asyncio.run(measure(json.loads(service.stdout.readline())))
            service.stdin.close()
            busy = json.loads(service.stdout.readline())["delivering"]
            print(
                "  the edition was still going out at the end"
                if busy
                else "  THE EDITION WAS DONE before the end"
            )
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    main()
