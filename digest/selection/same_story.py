"""The same story once: articles of one page, or with headlines that tell the same, become one story.

The best version leads: of the source with the greater weight, else the more complete one, else the earlier one.
Articles are taken in that order, and each joins the first story that it is the same as, so the outcome does not depend
on the order in which they came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from digest.model import Candidate
from digest.selection.desk import Desk, Entry, Reason, Refused
from digest.selection.likeness import Headline, alike
from digest.selection.words import ago, shortened

# Headlines are compared only if they share one of their rarest words, and with few per word: a word that stands in
# more headlines than this tells nothing about a story.
RAREST, CROWD = 4, 50

UNPINNED = 1 << 30


@dataclass(slots=True)
class Story:
    """A story as the edition may tell it: the version that leads, and the others, best first."""

    leader: Entry
    others: list[Entry] = field(default_factory=list)

    @property
    def also_in(self) -> tuple[str, ...]:
        """The titles of the other sources that carry it."""
        own = self.leader.candidate.source_title
        titles = dict.fromkeys(other.candidate.source_title for other in self.others)
        return tuple(title for title in titles if title and title != own)


def merge(entries: Iterable[Entry], mailed: Iterable[Candidate], desk: Desk) -> tuple[list[Story], Refused]:
    """Make stories of entries; those that tell what this newsletter has mailed already are left out."""
    ordered = sorted(entries, key=_preference)
    past = sorted(mailed, key=lambda candidate: (candidate.mailed_at, candidate.id), reverse=True)
    index = _Index([*past, *(entry.candidate for entry in ordered)])
    stories: dict[int, Story] = {}
    refused: Refused = []
    for candidate in past:
        index.add(candidate, candidate)
    for entry in ordered:
        leader = index.find(entry.candidate)
        index.add(entry.candidate, leader or entry.candidate)
        if leader is None:
            stories[entry.candidate.id] = Story(entry)
        elif story := stories.get(leader.id):
            story.others.append(entry)
            refused.append((entry.candidate, _double(entry, story.leader)))
        else:
            refused.append((entry.candidate, _mailed(leader, desk)))
    return list(stories.values()), refused


def _preference(entry: Entry) -> tuple[int, float, int, float, str, int]:
    """Return what puts the best version of a story first; the last two only make the order certain."""
    pin = UNPINNED if entry.pin is None else entry.pin
    url = entry.candidate.article.url
    return pin, -entry.weight, -_completeness(entry), entry.moment.timestamp(), url, entry.candidate.id


def _completeness(entry: Entry) -> int:
    article = entry.candidate.article
    return sum(map(bool, (article.image, article.dek, article.byline, article.body)))


def _double(entry: Entry, leader: Entry) -> Reason:
    """Say of what an entry is another version, and why that one leads."""
    if leader.pin is not None:
        preferred = "which is pinned"
    elif leader.weight > entry.weight:
        preferred = "a source with more weight"
    elif _completeness(leader) > _completeness(entry):
        preferred = "which is more complete"
    else:
        preferred = "which was earlier"
    source = leader.candidate.source_title or "the same source"
    return Reason(f"left out: the same story as {shortened(leader.title)} from {source}, {preferred}")


def _mailed(leader: Candidate, desk: Desk) -> Reason:
    when = ago(leader.mailed_at, desk.now) if leader.mailed_at else "before"
    return Reason(f"left out: the same story as {shortened(leader.article.title)}, mailed {when}")


class _Index:
    """Finds the story that an article belongs to, by its page or by its headline."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._headlines = {candidate.id: Headline.of(candidate.article.title) for candidate in candidates}
        self._frequency = Counter(word for headline in self._headlines.values() for word in headline.words)
        self._by_page: dict[str, Candidate] = {}
        self._by_word: dict[tuple[str, frozenset[str]], list[Candidate]] = defaultdict(list)

    def add(self, candidate: Candidate, leader: Candidate) -> None:
        """Remember that a candidate belongs to the story of `leader`."""
        self._by_page.setdefault(candidate.url_key, leader)
        if candidate is leader:
            for key in self._keys(candidate):
                if len(crowd := self._by_word[key]) < CROWD:
                    crowd.append(leader)

    def find(self, candidate: Candidate) -> Candidate | None:
        """Return the leader of the story that a candidate tells, None if it is new."""
        if leader := self._by_page.get(candidate.url_key):
            return leader
        headline = self._headlines[candidate.id]
        for key in self._keys(candidate):
            for leader in self._by_word.get(key, ()):
                if _comparable(candidate, leader) and alike(headline, self._headlines[leader.id]):
                    return leader
        return None

    def _keys(self, candidate: Candidate) -> list[tuple[str, frozenset[str]]]:
        headline = self._headlines[candidate.id]
        rarest = sorted(headline.words, key=lambda word: (self._frequency[word], word))[:RAREST]
        return [(word, headline.numbers) for word in rarest]


def _comparable(one: Candidate, other: Candidate) -> bool:
    """Say whether headlines decide: one source's own come again ("Morning briefing"), unless the dek does too."""
    return one.source != other.source or (bool(one.article.dek) and one.article.dek == other.article.dek)
