"""Senders and sources: a few keys that all kinds share; the others are the kind's own, and it reads them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field, ValidationInfo, model_validator

from digest import plugins
from digest.errors import UsageError
from digest.settings.choice import Filters
from digest.settings.values import HostRates, OptionalHours, Rates, Shape, TimeZone

MAX_WARM_UP_DAYS = 100  # days that a warm-up may take


class SenderSettings(Shape):
    """One way to hand mails over; the keys beyond these are its kind's own."""

    room: ClassVar[str] = "senders"

    kind: str = "eml"
    # Under which its limits are remembered; its kind by default, numbered where there are several.
    name: str = ""
    rate: Rates = ()
    hours: OptionalHours = None  # "06:00-22:00": at no other time of the day it is used
    timezone: TimeZone = "UTC"  # of hours, and of the days of warm_up
    warm_up: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), max_length=MAX_WARM_UP_DAYS
    )  # mails a day, at first
    # {"gmail.com" = "20/s"}: so much to one mail host; "none" lifts it, "*" is all others.
    domains: HostRates = Field({})
    options: BaseModel

    @model_validator(mode="before")
    @classmethod
    def _kind_reads_the_rest(cls, value: Any, info: ValidationInfo) -> Any:
        return _with_options(cls, value, info)

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that name what cannot be used here, and the secrets that are missing, with what is wrong."""
        options: Any = self.options  # every kind's Options has both
        return [*options.faults(), *options.lacks()]

    @property
    def felt_by_hosts(self) -> bool:
        return bool(self.options.felt_by_hosts)  # type: ignore[attr-defined]  # every kind's Options has it


class SourceSettings(Filters):
    """One source of a section; the keys beyond these are its kind's own."""

    room: ClassVar[str] = "sources"

    kind: str = "feed"
    id: str = ""  # its identity; name one if the address may change
    name: str = ""  # what readers see; the source's own title by default
    read_pages: bool = True  # look on an article's own page for what is missing: picture, dek, byline, credit
    weight: float = Field(1.0, ge=0, le=10)  # above 1: ranks higher, and leads over the same story elsewhere
    options: BaseModel

    @model_validator(mode="before")
    @classmethod
    def _kind_reads_the_rest(cls, value: Any, info: ValidationInfo) -> Any:
        return _with_options(cls, value, info)

    @property
    def location(self) -> str:
        return str(self.options.location)  # type: ignore[attr-defined]  # every kind's Options has it

    @property
    def key(self) -> str:
        return self.id or f"{self.kind}:{self.location}"


def _with_options(shape: type[SenderSettings | SourceSettings], value: Any, info: ValidationInfo) -> Any:
    """Hand the keys that are not common to all kinds to the kind's own Options; its errors keep their place."""
    if not isinstance(value, dict) or isinstance(value.get("options"), BaseModel):
        return value
    common = {key: value[key] for key in shape.model_fields.keys() & value.keys() - {"options"}}
    kind = value.get("kind", shape.model_fields["kind"].default)
    try:
        options = plugins.load(shape.room, str(kind)).Options
    except UsageError as error:
        raise ValueError(str(error)) from None
    rest = {key: value[key] for key in value if key not in common}
    return {**common, "options": options.model_validate(rest, context=info.context)}
