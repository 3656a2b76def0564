"""Fit an edition to the size that every mailbox shows whole: the least important stories lose first."""

from __future__ import annotations

from collections.abc import Callable

from digest.edition.view import Detail, View


def fit(view: View, render: Callable[[View], str], size: Callable[[str], int], limit: int) -> str:
    """Return the fullest rendering of `view` whose size is at most `limit`.

    The last stories lose their text first, then all their deks and pictures, then their bylines; only then are
    stories left to the web, if the edition has a page there. The lead keeps its headline, dek and picture, and nothing
    but stories is ever touched.
    """
    html = render(view)
    if size(html) <= limit:
        return html
    steps = _steps(view)
    low, high = 1, len(steps)  # the number of steps taken; all of them if nothing else helps
    html = render(view.at(dict(steps)))
    while low < high:
        middle = (low + high) // 2
        shorter = render(view.at(dict(steps[:middle])))
        if size(shorter) <= limit:
            html, high = shorter, middle
        else:
            low = middle + 1
    return html


def _steps(view: View) -> list[tuple[int, Detail]]:
    """Return what to take away, in order: (rank, what is left of that story)."""
    last_first = sorted((story.rank for story in view.stories if story is not view.lead), reverse=True)
    lead = [view.lead.rank] if view.lead else []
    listed = [story.rank for story in reversed(view.listed)]
    steps = [(rank, Detail.TEASER) for rank in (*last_first, *lead)]
    steps += [(rank, detail) for detail in (Detail.BRIEF, Detail.LINE) for rank in last_first]
    if not view.on_web:
        return steps
    return steps + [(rank, Detail.GONE) for rank in (*listed, *last_first)]
