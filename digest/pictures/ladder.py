"""The next picture where one cannot be mailed: the others of an article's text, then what its page shows.

A counter, an icon, a drawing or a picture that is gone must not cost a story its picture while it shows another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from digest.model import Article, Chosen, Image, Plan
from digest.pictures.visits import Wanted
from digest.store.content.pictures import Known
from digest.text import absolute_url, described_in, picture_key

#: Finds further pictures of articles, by their rank: those of their pages.
More: TypeAlias = Callable[[list[Chosen]], Awaitable[Mapping[int, Image]]]
#: Looks at pictures.
Look: TypeAlias = Callable[[Iterable[Wanted]], Awaitable[Mapping[Wanted, Known]]]

RUNGS = 4  # further pictures of an article that are looked at
PIXEL, ICON = 2, 60  # CSS pixels: what is smaller counts readers, or is an icon


def fits(found: Known) -> bool:
    """Say whether a picture can be mailed and is one."""
    return (
        not found.fault and min(found.width, found.height) > PIXEL and max(found.width, found.height) >= ICON
    )


@dataclass(slots=True)
class _Climber:
    """An article on its way to a picture."""

    chosen: Chosen
    wanted: Wanted
    waiting: Iterator[Image]
    tried: set[str] = field(default_factory=set)
    image: Image | None = None  # that fits

    def next(self) -> Image | None:
        """Return the next picture that was not looked at yet."""
        for image in self.waiting:
            if picture_key(image.url) not in self.tried and len(self.tried) <= RUNGS:
                self.tried.add(picture_key(image.url))
                return image
        return None


async def climb(
    plan: Plan, wanted: Mapping[int, Wanted], known: Mapping[Wanted, Known], look: Look, more: More | None
) -> tuple[Plan, dict[int, Wanted], dict[Wanted, Known]]:
    """Return a plan whose articles have the first of their pictures that fits, with what is wanted and known then.

    An article of which none fits keeps its own, for that is the one to tell of.
    """
    climbers = [
        _Climber(
            chosen,
            wanted[chosen.rank],
            _in_text(chosen.candidate.article),
            {picture_key(wanted[chosen.rank].url)},
        )
        for chosen in plan.chosen
        if chosen.rank in wanted and (found := known.get(wanted[chosen.rank])) and not fits(found)
    ]
    all_known = dict(known)
    await _try(climbers, look, all_known)
    left = [climber for climber in climbers if climber.image is None]
    if left and more:
        found_more = await more([climber.chosen for climber in left])
        for climber in left:
            climber.waiting = iter(
                [found_more[climber.chosen.rank]] if climber.chosen.rank in found_more else []
            )
            climber.tried = {climber.wanted.url}
        await _try(left, look, all_known)
    better = {climber.chosen.rank: climber for climber in climbers if climber.image}
    new = {rank: replace(wanted[rank], url=one.image.url) for rank, one in better.items() if one.image}
    return _with({rank: one.image for rank, one in better.items()}, plan), {**wanted, **new}, all_known


async def _try(climbers: list[_Climber], look: Look, known: dict[Wanted, Known]) -> None:
    """Let each look at its next picture until one fits or there is none."""
    climbing = climbers
    while climbing:
        found = {id(one): image for one in climbing if (image := one.next())}
        climbing = [one for one in climbing if id(one) in found]
        places = {id(one): replace(one.wanted, url=found[id(one)].url) for one in climbing}
        known.update(await look(places.values()))
        for one in climbing:
            seen = known.get(places[id(one)])
            if seen is None or fits(seen):  # one that cannot be reached now stays as its source says
                one.image = found[id(one)]
        climbing = [one for one in climbing if one.image is None]


def _in_text(article: Article) -> Iterator[Image]:
    for url, alt in described_in(article.body):
        if absolute_url(url):
            yield Image(url=url, alt=alt)


def _with(images: Mapping[int, Image | None], plan: Plan) -> Plan:
    def each(chosen: Chosen) -> Chosen:
        if chosen.rank not in images:
            return chosen
        article = replace(chosen.candidate.article, image=images[chosen.rank])
        return replace(chosen, candidate=replace(chosen.candidate, article=article))

    sections = (replace(one, articles=tuple(map(each, one.articles))) for one in plan.sections)
    return replace(plan, sections=tuple(sections))
