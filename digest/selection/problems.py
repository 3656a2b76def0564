"""What an editor should know of a choice before the edition goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from digest.selection.rules import EditionRules, LeftOuts
from digest.selection.same_story import Story
from digest.selection.window import GONE
from digest.selection.words import shortened


def noteworthy(refused: LeftOuts, stories: Iterable[Story], rules: EditionRules) -> Iterator[str]:
    """Yield a line for each vanished article, each reason that holds articles back, and each pin without effect."""
    held: Counter[tuple[str, str]] = Counter()
    for left in refused:
        candidate = left.candidate
        if left.why == GONE.text:
            yield f"{shortened(candidate.article.title)} has vanished at {candidate.source_title} and was dropped"
        elif candidate.held and not left.settled:
            held[candidate.source_title, candidate.held] += 1
    for (source, why), count in sorted(held.items()):
        yield f"{count} article{'s are' if count > 1 else ' is'} held back at {source}: {why}"
    yield from _idle_pins(refused, stories, rules)


def _idle_pins(refused: LeftOuts, stories: Iterable[Story], rules: EditionRules) -> Iterator[str]:
    if not rules.pins:
        return
    left_out = {left.candidate.url_key: left.why for left in refused}
    told = {story.leader.candidate.url_key for story in stories}
    for key, position in rules.pins.items():
        if key in told:
            continue
        url = rules.newsletter.pins[position]
        yield f"the pinned {url} is " + left_out.get(key, "not among the articles that its sources brought")
