"""A section of a newsletter: a heading, sources, and what is taken from them."""

from __future__ import annotations

from pydantic import Field

from digest.model import Overflow
from digest.settings.choice import Filters
from digest.settings.kinds import SourceSettings


class SectionSettings(Filters):
    """A section of a newsletter, in the order of the mail."""

    title: str = ""  # the heading; none by default
    max_articles: int | None = Field(None, ge=1)  # how many it takes at most; as the newsletter by default
    overflow: Overflow | None = None  # as the newsletter by default
    sources: tuple[SourceSettings, ...] = ()
