"""Select an edition from ever more candidates, at hand and out of a database: seconds, and how they grow.

First with all of them new and within max_age, the worst case; then spread over thirty days, as a store looks that has not
made an edition for a month.

Headlines are made of words with the frequencies of a language (Zipf's law); every twentieth story has a second version
in another source, so that the search for the same story has something to find.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from time import perf_counter, process_time

from digest.errors import SourceError
from digest.model import Article, Candidate, Fetched, Image
from digest.schedule.slots import Slot
from digest.selection import select
from digest.settings import Newsletter, SourceSettings
from digest.store.content import candidates as stored_candidates
from digest.store.content import sources
from digest.store.db.database import Database

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SOURCES = 500
VOCABULARY = 30_000
SLOT = Slot(NOW, "2026-03-02T07:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    settings: SourceSettings
    fetched: Fetched | None = None
    error: SourceError | None = None


def newsletter() -> Newsletter:
    """Twelve sections of some forty sources each, one of them with filters."""
    feeds = [{"url": f"https://s{number}.example.org/feed"} for number in range(SOURCES)]
    sections: list[dict[str, object]] = [
        {"title": f"Section {number}", "sources": feeds[number::12]} for number in range(12)
    ]
    sections[3] |= {"exclude": {"words": ["w17", "w99"], "patterns": [r"w1\d\d\b.*w2\d\d\b"]}}
    table = {"name": "daily", "title": "The Daily", "from": "daily@example.org", "sections": sections}
    return Newsletter.model_validate(table)


def candidates(count: int, *, hours: int) -> list[Candidate]:
    """Make `count` candidates of the last `hours`, the same ones each time."""
    chance = random.Random(count)
    words = [f"w{number}" for number in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
    made: list[Candidate] = []
    while len(made) < count:
        title = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(5, 14)))
        versions = 2 if chance.random() < 0.05 else 1
        made += [candidate(len(made) + version, title, chance, hours) for version in range(versions)]
    return made[:count]


def candidate(number: int, title: str, chance: random.Random, hours: int) -> Candidate:
    source = chance.randrange(SOURCES)
    published = NOW - timedelta(seconds=chance.randrange(hours * 3600))
    url = f"https://s{source}.example.org/{number}"
    image = Image(url=f"{url}.jpg") if chance.random() < 0.7 else None
    return Candidate(
        id=number,
        source=f"feed:https://s{source}.example.org/feed",
        source_title=f"Source {source}",
        article=Article(
            guid=url, url=url, title=title.capitalize(), dek=title, published=published, image=image
        ),
        url_key=url,
        first_seen=published,
        last_changed=published,
        has_image=image is not None,
    )


async def stored(pool: Sequence[Candidate], paper: Newsletter, file: Path) -> None:
    """Measure loading and selecting together, from a database that holds the candidates with their texts."""
    db = await Database.open(f"sqlite:///{file}")
    try:
        text = "<p>" + "Words of a story. " * 40 + "</p>"
        listed = defaultdict(list)
        for one in pool:
            listed[one.source].append(replace(one.article, body=text, tags=("politics", "world")))
        for share in (slice(1), slice(None)):  # the first contact takes only the newest few
            visits = [
                Visit(settings=source, fetched=Fetched(articles=tuple(listed[source.key][share])))
                for source in paper.sources
            ]
            await sources.record(db, visits, NOW - timedelta(hours=1))
        started, used = perf_counter(), process_time()
        found = await stored_candidates.load(db, paper, NOW)
        loaded = process_time() - used
        select(found, paper, slot=SLOT, now=NOW)
        seconds, cpu = perf_counter() - started, process_time() - used
        print(
            f"{len(found):6} stored: load + select {seconds:5.2f} s "
            f"({cpu:.2f} s of CPU: load {loaded:.2f}, select {cpu - loaded:.2f})"
        )
    finally:
        await db.close()


def main() -> None:
    paper = newsletter()
    for count, hours in ((5_000, 30), (15_000, 30), (50_000, 30), (50_000, 30 * 24)):
        pool = candidates(count, hours=hours)
        started, used = perf_counter(), process_time()
        plan = select(pool, paper, slot=SLOT, now=NOW)
        seconds, cpu = perf_counter() - started, process_time() - used
        doubles = sum("the same story" in left.why for left in plan.left_out)
        print(
            f"{count:6} at hand, of {hours} hours: select {seconds:5.2f} s ({cpu:.2f} s of CPU), {doubles} doubles"
        )
        with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
            asyncio.run(stored(pool, paper, Path(folder) / "digest.db"))


if __name__ == "__main__":
    main()
