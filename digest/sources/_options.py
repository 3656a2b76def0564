"""Values that the options of several kinds share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from digest.text import absolute_url


def _web_address(value: str) -> str:
    if not absolute_url(value):
        raise ValueError('must be an address such as "https://example.org"')
    return value.strip()


#: An http or https address.
WebAddress = Annotated[str, AfterValidator(_web_address)]


def _web_address_or_nothing(value: str) -> str:
    return _web_address(value) if value else ""


#: The same, or nothing.
OptionalWebAddress = Annotated[str, AfterValidator(_web_address_or_nothing)]
