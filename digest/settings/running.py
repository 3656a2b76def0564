"""How the program runs: its database, its visits, its pages, its delivery and its signatures."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from digest.settings.addresses import Domain
from digest.settings.values import Duration, OptionalPath, Shape, from_folder


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(
            f'{value!r} is no address and no network; write "10.0.0.7" or "10.0.0.0/8"'
        ) from None
    return value


Network = Annotated[str, AfterValidator(_network)]


class DatabaseSettings(Shape):
    """Where everything is remembered."""

    # A file, relative to the configuration's folder, or a server: "postgresql://user:password@host/name".
    url: str = Field("sqlite:///digest.db", validate_default=True, repr=False)

    @field_validator("url")
    @classmethod
    def _absolute(cls, value: str, info: ValidationInfo) -> str:
        scheme, _, rest = value.partition("://")
        if scheme.partition("+")[0] not in ("sqlite", "postgresql"):
            raise ValueError('must begin with "sqlite:///" or "postgresql://"')
        name, mark, query = rest.removeprefix("/").partition("?")
        if not scheme.startswith("sqlite") or name in ("", ":memory:"):
            return value
        return f"{scheme}:///{from_folder(Path(name), info)}{mark}{query}"

    # A file outside the database that shows when the database was restored from an older copy. By default it lies beside
    # A SQLite file, else it is digest.mark in the configuration's folder. Keep it out of backups.
    mark: Path = Field(Path(), validate_default=True)

    @field_validator("mark")
    @classmethod
    def _beside(cls, value: Path, info: ValidationInfo) -> Path:
        scheme, _, name = info.data.get("url", "").partition(":///")
        if value == Path() and scheme.startswith("sqlite") and name:
            return Path(name.partition("?")[0] + ".mark")
        return from_folder(Path("digest.mark") if value == Path() else value, info)


class FetchSettings(Shape):
    """How sources are visited."""

    allow_private: bool = False  # visit private and loopback addresses too, and other ports than 80 and 443
    interval: Duration = timedelta(hours=1)  # time between two visits of `digest run` to a source
    timeout: Duration = timedelta(seconds=30)  # how long one visit may take, redirects included
    host_pause: Duration = timedelta(seconds=1)  # time between two requests to one host


class ImageSettings(Shape):
    """What is done about the pictures of the articles that were chosen."""

    # Read how large they are; leave out what is no picture, is gone, or only counts readers
    measure: bool = True
    copies: bool = False  # mail small copies without metadata, which `digest run` serves below `site.url`


class WebSettings(Shape):
    """The pages of `digest run`."""

    host: str = "127.0.0.1"  # the address to listen on
    port: int = Field(8000, ge=0, le=65535)  # the port to listen on; a reverse proxy passes requests on to it
    # Reverse proxies that are believed about who asks (X-Forwarded-For): addresses or networks.
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")


class LogSettings(Shape):
    """What `digest run` and `digest worker` write to stderr."""

    format: Literal["text", "json"] = "text"  # lines for people, or a JSON document a line
    level: Literal["debug", "info", "warning", "error"] = "info"  # of the least important line


class DeliverySettings(Shape):
    """How the ledger is worked off."""

    lease: Duration = timedelta(minutes=5)  # after so long without a sign of life another process takes over
    attempts: int = Field(8, ge=1)  # how often one reader is tried before giving up
    deadline: Duration = timedelta(hours=24)  # how long after its slot an edition is still sent
    # Processes that deliver; "auto": one for each processor
    workers: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = 1
    # Ask the DNS which mail host keeps a domain's mailboxes, so that its limits hold for all of them.
    mx_lookups: bool = True


def _selector(value: str) -> str:
    if len(value) > 100 or not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?", value):
        raise ValueError('must be letters, digits, "-", "_" and dots, such as "s2026"')
    return value


Selector = Annotated[str, AfterValidator(_selector)]


class DkimSettings(Shape):
    """A key that this program signs mails with; needed only where the mail server does not sign them."""

    domain: Domain  # the domain of `from`, or one above it
    selector: Selector  # names the key's record in the DNS: SELECTOR._domainkey.DOMAIN
    key_file: OptionalPath = None  # the private key as a PEM file that only this program's user can read
    private_key: SecretStr = SecretStr("")  # the key as text instead, from the environment or a secret file

    def covers(self, domain: str) -> bool:
        """Tell whether it may sign for a sender's domain (RFC 7489, relaxed)."""
        return f".{domain}".endswith(f".{self.domain}")

    @model_validator(mode="after")
    def _one_key(self) -> DkimSettings:
        if (self.key_file is None) == (not self.private_key.get_secret_value()):
            raise ValueError("needs either `key_file` or `private_key`")
        return self
