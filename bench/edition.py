"""How long it takes to set a mail: 30 articles in each theme, everything included, and editions that must be fitted.

python bench/edition.py [--rounds 20]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from digest.edition import set_edition, templates_dir
from digest.edition.finish import encoded_size
from digest.edition.proof.lint import lint
from digest.edition.theme.themes import ours
from digest.model import Mail
from tests.edition import samples

DEK = "The council says it will look into the matter again before the summer, and not only because of the letters. "


def compose(count: int, theme: str) -> Callable[[], Mail]:
    """Return a function that sets an edition of `count` articles."""
    articles = [
        samples.article(
            n,
            f"Headline number {n} is about as long as headlines are",
            DEK,
            "Ada Moor",
            "https://p.example.org",
        )
        for n in range(1, count + 1)
    ]
    plan, newsletter = samples.plan_of(*articles), samples.newsletter(theme=theme)
    return lambda: set_edition(plan, newsletter, samples.SITE, templates=templates_dir(), now=samples.DUE)


def milliseconds(work: Callable[[], object], rounds: int) -> list[float]:
    """Return how long each round took, in milliseconds of wall time."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    first = milliseconds(compose(30, "frontpage"), 1)[0]
    print(f"first edition of the process, templates compiled, 30 articles: {first:7.1f} ms")
    for theme in ours(templates_dir()):
        for count in (30, 200):
            work = compose(count, theme)
            times = milliseconds(work, rounds if count == 30 else 3)
            size = encoded_size(work().html) / 1000
            print(
                f"{theme:10} {count:4} articles: median {statistics.median(times):7.1f} ms, "
                f"slowest {max(times):7.1f} ms, HTML {size:5.1f} kB as encoded"
            )
    mail = compose(30, "frontpage")()
    print(f"lint: {statistics.median(milliseconds(lambda: lint(mail, samples.SITE), rounds)):7.1f} ms")


if __name__ == "__main__":
    main()
