"""A sink that says when the first mail comes: it prints its port, then the monotonic clock at the first DATA.

python -m bench.harness.arrival
"""

from __future__ import annotations

import asyncio
import time

from tests.helpers.sink import Sink, listen


async def serve() -> None:
    sink = Sink(keep=False)

    def watch(phase: str, _: str) -> None:
        if phase == "data":
            print(time.monotonic(), flush=True)
            sink.watch = None

    sink.watch = watch
    async with listen(sink):
        print(sink.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
