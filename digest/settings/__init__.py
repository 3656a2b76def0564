"""The shape of the configuration: what may be set, with its default and its meaning. Reads nothing; see `loading`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator

from digest import plugins
from digest.errors import UsageError
from digest.settings.bounces import BounceSettings
from digest.settings.choice import Filters, Ranking, Terms
from digest.settings.kinds import (
    HookSettings,
    SenderSettings,
    SourceSettings,
    each_at_its_own_address,
    each_with_a_name,
)
from digest.settings.newsletter import Newsletter
from digest.settings.running import (
    DatabaseSettings,
    DeliverySettings,
    DkimSettings,
    FetchSettings,
    ImageSettings,
    LogSettings,
    WebSettings,
)
from digest.settings.sections import SectionSettings
from digest.settings.signup import SignupSettings
from digest.settings.site import Site
from digest.settings.values import (
    Duration,
    LocalPath,
    OptionalPath,
    Rates,
    Shape,
)

__all__ = [
    "BounceSettings",
    "DatabaseSettings",
    "DeliverySettings",
    "DkimSettings",
    "Duration",
    "FetchSettings",
    "Filters",
    "HookSettings",
    "ImageSettings",
    "LocalPath",
    "Newsletter",
    "OptionalPath",
    "Ranking",
    "Rates",
    "SectionSettings",
    "SenderSettings",
    "Settings",
    "Shape",
    "SignupSettings",
    "Site",
    "SourceSettings",
    "Terms",
    "WebSettings",
]


class Settings(Shape):
    """The whole configuration."""

    site: Site = Site()
    database: DatabaseSettings = DatabaseSettings()
    fetch: FetchSettings = FetchSettings()
    images: ImageSettings = ImageSettings()
    web: WebSettings = WebSettings()
    signup: SignupSettings = SignupSettings()
    log: LogSettings = LogSettings()
    bounces: BounceSettings = BounceSettings()
    delivery: DeliverySettings = DeliverySettings()
    dkim: tuple[DkimSettings, ...] = ()
    senders: Annotated[tuple[SenderSettings, ...], AfterValidator(each_with_a_name)] = ()
    hooks: Annotated[tuple[HookSettings, ...], AfterValidator(each_at_its_own_address)] = ()
    newsletters: tuple[Newsletter, ...] = ()

    @field_validator("newsletters")
    @classmethod
    def _names_are_unique(cls, value: tuple[Newsletter, ...]) -> tuple[Newsletter, ...]:
        names = [newsletter.name for newsletter in value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two newsletters are called {', '.join(sorted(twice))}; give each its own name")
        return value

    @field_validator("newsletters")
    @classmethod
    def _return_addresses(cls, value: tuple[Newsletter, ...], info: ValidationInfo) -> tuple[Newsletter, ...]:
        if (own := info.data.get("bounces")) is None:
            return value
        return tuple(one.returning_to(own.address, own.leave_address) for one in value)

    @property
    def sources(self) -> dict[str, SourceSettings]:
        """Every source of every newsletter by its key; a source that several newsletters name is listed once."""
        return {source.key: source for newsletter in self.newsletters for source in newsletter.sources}

    def site_of(self, newsletter: Newsletter) -> Site:
        """Return the site that a newsletter belongs to."""
        return self.site

    def newsletter(self, name: str = "") -> Newsletter:
        """Return a newsletter by its name, or the only one there is; raises UsageError that names the nearest one."""
        if not name:
            return self._only_newsletter()
        named = {newsletter.name: newsletter for newsletter in self.newsletters}
        if name not in named:
            raise UsageError(f"there is no newsletter {name!r}{plugins.did_you_mean(name, list(named))}")
        return named[name]

    def signup_of(self, newsletter: Newsletter) -> Literal["open", "invitation", "closed"]:
        """Return who may sign up for a newsletter; without an address of our own no reader could confirm."""
        return newsletter.signup or (
            "open" if "url" in self.site_of(newsletter).model_fields_set else "closed"
        )

    def _only_newsletter(self) -> Newsletter:
        if len(self.newsletters) == 1:
            return self.newsletters[0]
        if not self.newsletters:
            raise UsageError("there is no newsletter yet: add [[newsletters]] to the configuration")
        names = ", ".join(newsletter.name for newsletter in self.newsletters)
        raise UsageError(f"there are {len(self.newsletters)} newsletters, so say which one: {names}")
