"""Values that the options of several kinds share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from digest.text import absolute_url


def _web_address(value: str) -> str:
    if not absolute_url(value):
        raise ValueError('must be an address such as "https://example.org"')
    return value.strip()


#: An http or https address; it may hold a password.
WebAddress = Annotated[str, AfterValidator(_web_address), Field(repr=False)]


def _web_address_or_nothing(value: str) -> str:
    return _web_address(value) if value else ""


#: The same, or nothing.
OptionalWebAddress = Annotated[str, AfterValidator(_web_address_or_nothing)]


#: Which of the addresses that a site names are wanted.
Paths = Annotated[
    tuple[str, ...],
    Field(description='Take only addresses that contain one of these texts: `["/news/", "/politik/"]`.'),
]


def is_wanted(url: str, paths: Paths) -> bool:
    """Say whether an address contains one of these texts; without texts, every address passes."""
    return not paths or any(text in url for text in paths)
