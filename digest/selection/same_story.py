"""The same story once: articles of one page, or with headlines that tell the same, become one story.

The best version leads: of the source with the greater weight, else the more complete one, else the earlier one.
Articles are taken in that order, and each joins the first story that it is the same as, so the outcome does not depend
on the order in which they came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TypeAlias

from digest.model import Candidate, LeftOut
from digest.selection.likeness import Headline, alike, headline, numbers
from digest.selection.rules import EditionRules, Entry, LeftOuts
from digest.selection.words import ago, shortened

# Headlines are compared only if they share two of their rarest words. A word that stands in more headlines than
# make a crowd tells nothing about a story: it leads to the first of them only.
RAREST_WORDS, MAX_HEADLINES_PER_WORD = 4, 32

UNPINNED_RANK = 1 << 30

_Pair: TypeAlias = tuple[Hashable, Hashable]  # two of a headline's rarest words


@dataclass(slots=True)
class Story:
    """A story as the edition may tell it: the version that leads, and the others, best first."""

    leader: Entry
    others: tuple[Entry, ...] = ()

    @property
    def also_in(self) -> tuple[str, ...]:
        """The titles of the other sources that carry it."""
        if not self.others:
            return ()
        own = self.leader.candidate.source_title
        titles = dict.fromkeys(other.candidate.source_title for other in self.others)
        return tuple(title for title in titles if title and title != own)


def merge(
    entries: Iterable[Entry], mailed: Iterable[Candidate], rules: EditionRules
) -> tuple[list[Story], LeftOuts]:
    """Make stories of entries; those that tell what this newsletter has mailed already are left out."""
    ordered = sorted(entries, key=_preference)
    past = sorted(mailed, key=lambda candidate: (candidate.mailed_at, candidate.id), reverse=True)
    index = _Index([*past, *(entry.candidate for entry in ordered)])
    stories: dict[int, Story] = {}
    refused: LeftOuts = []
    for candidate in past:
        index.leader(candidate)
    for entry in ordered:
        leader = index.leader(entry.candidate)
        if leader is entry.candidate:
            stories[entry.candidate.id] = Story(entry)
        elif story := stories.get(leader.id):
            story.others += (entry,)
            refused.append(LeftOut(candidate=entry.candidate, why=_double(entry, story.leader)))
        else:
            refused.append(LeftOut(candidate=entry.candidate, why=_mailed(leader, rules)))
    return list(stories.values()), refused


def _preference(entry: Entry) -> tuple[int, float, int, float, str, int]:
    """Return what puts the best version of a story first; the last two only make the order certain."""
    pin = UNPINNED_RANK if entry.pin is None else entry.pin
    url = entry.candidate.article.url
    return pin, -entry.weight, -_completeness(entry), -entry.age, url, entry.candidate.id


def _completeness(entry: Entry) -> int:
    candidate, article = entry.candidate, entry.candidate.article
    return candidate.has_image + (article.dek != "") + (article.byline != "") + candidate.has_body


def _double(entry: Entry, leader: Entry) -> str:
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
    return f"left out: the same story as {shortened(leader.title)} from {source}, {preferred}"


def _mailed(leader: Candidate, rules: EditionRules) -> str:
    when = ago(leader.mailed_at, rules.now) if leader.mailed_at else "before"
    return f"left out: the same story as {shortened(leader.article.title)}, mailed {when}"


class _Index:
    """Finds the story that an article belongs to, by its page or by its headline."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._headlines = {candidate.id: headline(candidate.article.title) for candidate in candidates}
        self._rarest = _rarest(self._headlines)
        self._pairs = _shared_pairs(self._rarest)
        self._leaders: list[Candidate] = []
        self._by_page: dict[str, Candidate] = {}
        self._crowds = defaultdict[Hashable, int](int)  # how many leaders each word has led to
        self._by_pair = defaultdict[_Pair, list[int]](list)  # positions in _leaders

    def leader(self, candidate: Candidate) -> Candidate:
        """Return the leader of the story that a candidate tells: the candidate itself if it is new."""
        page = candidate.page
        leader = (self._by_page.get(page) if page else None) or self._same_headline(candidate)
        if leader is None:
            leader = candidate
            self._lead(candidate)
        if page:
            self._by_page.setdefault(page, leader)
        return leader

    def _same_headline(self, candidate: Candidate) -> Candidate | None:
        """Return the first leader whose headline tells the same."""
        pairs = self._pairs.get(candidate.id)
        if not pairs:
            return None
        for position in sorted({position for pair in pairs for position in self._by_pair[pair]}):
            leader = self._leaders[position]
            if _comparable(candidate, leader) and alike(
                self._headlines[candidate.id], self._headlines[leader.id]
            ):
                return leader
        return None

    def _lead(self, candidate: Candidate) -> None:
        """Let a candidate lead a story of its own."""
        crowded: list[Hashable] = []
        for word in self._rarest[candidate.id]:
            if self._crowds[word] < MAX_HEADLINES_PER_WORD:
                self._crowds[word] += 1
            else:
                crowded.append(word)
        for pair in self._pairs.get(candidate.id, ()):
            if pair[0] not in crowded and pair[1] not in crowded:
                self._by_pair[pair].append(len(self._leaders))
        self._leaders.append(candidate)


def _rarest(headlines: Mapping[int, Headline]) -> dict[int, Sequence[Hashable]]:
    """Return of each headline the rarest words that others have too, as keys that tell numbers apart."""
    frequency = Counter(chain.from_iterable(headlines.values()))
    rarity, all_numbers = _rarity(frequency).get, numbers(frequency)
    rarest: dict[int, Sequence[Hashable]] = {}
    for id_, words in headlines.items():
        rarest[id_] = shared = sorted(filter(None, map(rarity, words)))[:RAREST_WORDS]
        if not all_numbers.isdisjoint(words):
            told_apart = all_numbers.intersection(words)
            rarest[id_] = [(word, told_apart) for word in shared]
    return rarest


def _shared_pairs(rarest: Mapping[int, Sequence[Hashable]]) -> dict[int, list[_Pair]]:
    """Return of each headline the pairs of its rarest words that others have too; few headlines have any."""
    frequency = Counter(chain.from_iterable(combinations(words, 2) for words in rarest.values()))
    shared = {pair for pair, count in frequency.items() if count > 1}
    return {
        id_: pairs
        for id_, words in rarest.items()
        if (pairs := [pair for pair in combinations(words, 2) if pair in shared])
    }


def _rarity(frequency: Mapping[str, int]) -> dict[str, int]:
    """Number the words that more than one headline has, from 1, the rarest first."""
    shared = sorted((count, word) for word, count in frequency.items() if count > 1)
    return {word: number for number, (_, word) in enumerate(shared, 1)}


def _comparable(one: Candidate, other: Candidate) -> bool:
    """Say whether headlines decide: one source's own come again ("Morning briefing"), unless the dek does too."""
    return one.source != other.source or (bool(one.article.dek) and one.article.dek == other.article.dek)
