"""Deliver the edition that is open in a newsroom's folder, and print how long that took: its start is not counted.

python -m bench.harness.deliver FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.harness import loops
from digest.app import open_tools
from digest.pipeline import publish
from digest.settings import loading


async def deliver(folder: Path) -> dict[str, float]:
    async with open_tools(loading.load(folder / "config.toml", {})) as tools:
        begun, busy = time.perf_counter(), time.process_time()
        await publish.deliver(tools)
        return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}


def main() -> None:
    print(json.dumps(loops.run(deliver(Path(sys.argv[1])))))


if __name__ == "__main__":
    main()
