"""How readers sign up: which sites may hold the form, and what is allowed how often."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from digest.settings.addresses import web_address
from digest.settings.values import OptionalPath, Shape


def _origin(value: str) -> str:
    address = web_address(value).rstrip("/")
    parts = urlsplit(address)
    if parts.path or parts.query or parts.fragment:
        raise ValueError(f'{value!r} is more than an origin; write "{parts.scheme}://{parts.netloc}"')
    return address


Origin = Annotated[str, AfterValidator(_origin)]


class SignupSettings(Shape):
    """What holds for all sign-up pages; whether a newsletter has one is its own `signup`."""

    # Other sites, as "https://www.example.org", that may ask from a script, and to which `return_to` may lead
    origins: tuple[Origin, ...] = ()
    per_network: int = Field(
        20, ge=1
    )  # sign-ups within an hour from one network (a /24 or /64) without another click
    # Sign-ups within a minute of all networks, of all newsletters; with more, browsers have to do some work first
    per_minute: int = Field(50, ge=1)
    # Domains of throwaway addresses, one a line, instead of the list that comes with the program; an empty file: none
    disposable_domains: OptionalPath = None
