"""Mails that come back: the addresses that they come to, and where they wait to be read."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from digest.settings.addresses import ReturnAddress
from digest.settings.values import Duration, OptionalPath, Shape

_PORTS = {"tls": 993, "starttls": 143, "none": 143}


class ImapSettings(Shape):
    """A mailbox at an IMAP server that mails come back to."""

    host: str = ""  # the server; without one no mailbox is read
    port: int = Field(0, ge=0, le=65535)  # 993 by default, 143 with security = "starttls" or "none"
    security: Literal["tls", "starttls", "none"] = "tls"  # "none" only to this machine itself
    username: str = ""  # who owns the mailbox
    password: SecretStr = SecretStr("")  # better kept in DIGEST_BOUNCES__IMAP__PASSWORD
    folder: str = "INBOX"  # what is read: the mails in it that nobody has seen
    # Where mails are moved when they have been read; then all of `folder` is read. By default they stay, marked as seen.
    done_folder: str = ""

    @property
    def effective_port(self) -> int:
        """The port, by default that of the security."""
        return self.port or _PORTS[self.security]

    @model_validator(mode="after")
    def _complete(self) -> ImapSettings:
        if self.host and not (self.username and self.password.get_secret_value()):
            raise ValueError("needs `username` and `password` beside `host`")
        if self.host and self.security == "none" and not _is_this_machine(self.host):
            raise ValueError('security = "none" would send the password for everybody to read; use "tls"')
        if self.done_folder and self.done_folder == self.folder:
            raise ValueError("`done_folder` must be another one than `folder`")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class BounceSettings(Shape):
    """Mails that come back."""

    # Where mails come back to: "bounces@news.example.org" gives each reader bounces+TOKEN@news.example.org, so that a
    # bounce tells whom it is about and cannot be forged. The address in `from`, without a token, by default.
    address: ReturnAddress = ""
    # The same for leaving by mail: "leave@news.example.org" is offered beside the link. None by default.
    leave_address: ReturnAddress = ""
    maildir: OptionalPath = (
        None  # a Maildir that they are delivered to; its new mails are read and moved to "cur"
    )
    imap: ImapSettings = ImapSettings()
    # Between two looks of `digest run` at where they wait
    interval: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(minutes=1)

    @property
    def collects(self) -> bool:
        """Whether there is a place to look at."""
        return bool(self.maildir or self.imap.host)
