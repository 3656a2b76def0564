"""How a newsletter chooses: which articles it takes, and what counts when they are put in order."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator

from digest.settings.languages import LanguageTag
from digest.settings.values import Duration, Shape, Term


class Terms(Shape):
    """Signs of an article, of which one is enough; upper and lower case are the same."""

    categories: tuple[Term, ...] = ()  # its section, or one of its tags
    words: tuple[Term, ...] = ()  # whole words or phrases of its headline or dek
    authors: tuple[Term, ...] = ()  # whole names or parts of names in its byline
    patterns: tuple[Term, ...] = ()  # regular expressions, searched for in headline and dek

    @field_validator("patterns")
    @classmethod
    def _regular(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return value


class Filters(Shape):
    """What articles are taken; sections and sources may both say so, and both must agree."""

    include: Terms = Terms()  # where anything is set here, an article must have one of these signs
    exclude: Terms = Terms()  # an article must have none of these
    languages: tuple[LanguageTag, ...] = ()  # "en" takes "en-GB" too; articles that name no language pass
    min_length: int = Field(0, ge=0)  # characters of its text, or of its dek where the source gives no text


class Ranking(Shape):
    """What counts how much when articles are put in order: the parts of an article's score, which are added up."""

    recency: float = Field(1.0, ge=0)  # for an article that is just out, half of it after half_life
    # After so long an article counts half for `recency`, after twice as long a quarter.
    half_life: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(hours=12)
    source: float = Field(0.5, ge=0)  # times what the source's weight is above 1, or below
    image: float = Field(0.1, ge=0)  # for an article with an image
    dek: float = Field(0.05, ge=0)  # for an article with a dek
    also_in: float = Field(0.1, ge=0)  # for each further source that has the story, up to three
    section: float = Field(0.1, ge=0)  # for the first section, less for each one after it
    lead_image: float = Field(0.05, ge=0)  # only when the lead is chosen, to break a tie: for an image
    carried: float = Field(0.5, ge=0)  # taken off for each edition in which it did not fit
