"""aiosmtplib on so many connections, each sending one mail after the other; prints seconds and CPU as JSON.

    python aiosmtplib_pool.py PORT COUNT CONNECTIONS

The mails are built beforehand, the same bytes that the program sends: their making costs it nothing here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import cycle, islice

from aiosmtplib import SMTP

from bench.harness import letter, loops

_DIFFERENT = 200  # mails, used again and again; all of them would not fit in memory


async def send(port: int, count: int, connections: int) -> dict[str, float]:
    left = islice(cycle(list(letter.copies(min(count, _DIFFERENT)))), count)

    async def work() -> None:
        client = SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        async with client:
            for mail in left:
                await client.sendmail(mail.sender, [mail.recipient], mail.data)

    begun, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(connections)))
    return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}


if __name__ == "__main__":
    print(json.dumps(loops.run(send(*map(int, sys.argv[1:])))))
