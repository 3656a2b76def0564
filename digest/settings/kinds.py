"""Senders, sources and webhooks: a few keys that all kinds share; the others are the kind's own, and it reads them."""

from __future__ import annotations

from itertools import count
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

    kind: str = "eml"  # how mails are handed over; a dotted path names a module of your own
    # Its limits are remembered under this name. Its kind by default, numbered where there are several.
    name: str = ""
    rate: Rates = ()  # the most mails it sends: "14/s", or several limits, ["14/s", "50000/day"]
    # The time of day at which it is used, such as "06:00-22:00"; always by default
    hours: OptionalHours = None
    timezone: TimeZone = "UTC"  # of `hours`, and of the days of `warm_up`
    # How many mails on its first day, its second, and so on, such as [200, 500, 1000]
    warm_up: tuple[Annotated[int, Field(ge=1)], ...] = Field((), max_length=MAX_WARM_UP_DAYS)
    # The most mails to one mail host, such as { "gmail.com" = "20/s" }; "none" lifts its limit, "*" is all others.
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


def each_with_a_name(senders: tuple[SenderSettings, ...]) -> tuple[SenderSettings, ...]:
    """Return senders with the names that they lack; raises ValueError if two have the same."""
    taken = [sender.name for sender in senders if sender.name]
    if twice := {name for name in taken if taken.count(name) > 1}:
        raise ValueError(f"two senders are called {', '.join(sorted(twice))}; their limits would be one")
    named = []
    for sender in senders:
        numbered = (sender.kind if n == 1 else f"{sender.kind}-{n}" for n in count(1))
        name = sender.name or next(name for name in numbered if name not in taken)
        taken.append(name)
        named.append(sender.model_copy(update={"name": name}))
    return tuple(named)


class HookSettings(Shape):
    """Where an email service reports bounces and complaints: `/hooks/NAME`; the keys beyond these are its kind's own."""

    room: ClassVar[str] = "feedback.hooks"

    kind: str  # the service, such as "ses"; a dotted path names a module of your own
    # The last part of its address, and what `digest events` calls it; the kind by default
    name: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,40}$")
    options: BaseModel

    @model_validator(mode="before")
    @classmethod
    def _kind_reads_the_rest(cls, value: Any, info: ValidationInfo) -> Any:
        value = _with_options(cls, value, info)
        named = isinstance(value, dict) and (value.get("name") or "kind" not in value)
        return value if named or not isinstance(value, dict) else {**value, "name": value["kind"]}


def each_at_its_own_address(hooks: tuple[HookSettings, ...]) -> tuple[HookSettings, ...]:
    """Return the hooks; raises ValueError if two have the same name."""
    names = [hook.name for hook in hooks]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two webhooks are called {', '.join(sorted(twice))}; give each a `name` of its own")
    return hooks


class SourceSettings(Filters):
    """One source of a section; the keys beyond these are its kind's own."""

    room: ClassVar[str] = "sources"

    kind: str = "feed"  # how it is read; a dotted path names a module of your own
    id: str = ""  # its identity, kind and address by default; name one if the address may change
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


def _with_options(
    shape: type[SenderSettings | SourceSettings | HookSettings], value: Any, info: ValidationInfo
) -> Any:
    """Hand the keys that are not common to all kinds to the kind's own Options; its errors keep their place."""
    if not isinstance(value, dict) or isinstance(value.get("options"), BaseModel):
        return value
    common = {key: value[key] for key in shape.model_fields.keys() & value.keys() - {"options"}}
    kind = value.get("kind", shape.model_fields["kind"].default)
    if not isinstance(kind, str):
        return value  # the shape itself says what is wrong with it
    try:
        options = plugins.load(shape.room, str(kind)).Options
    except UsageError as error:
        raise ValueError(str(error)) from None
    rest = {key: value[key] for key in value if key not in common}
    return {**common, "options": options.model_validate(rest, context=info.context)}
