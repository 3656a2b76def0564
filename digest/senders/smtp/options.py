"""What the configuration says of an SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, model_validator

from digest.errors import SenderBroken
from digest.net.http import is_this_machine
from digest.senders import MISSING, SenderOptions, is_empty
from digest.senders.smtp.dial import Server
from digest.senders.smtp.oauth import OAuth
from digest.settings import Duration, OptionalPath

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class Options(SenderOptions):
    """Where the server is and how to log in; `security` follows from the port, or the port from it."""

    felt_by_hosts: ClassVar[bool] = True

    host: str = Field(min_length=1, description="Name of the server, as its certificate has it.")
    port: int = Field(
        465, ge=1, le=65535, description="587 where `security` is `starttls`, 25 where it is `none`."
    )
    security: Literal["tls", "starttls", "none"] = Field(
        "tls",
        description="`starttls` where another `port` is given. Both verify the certificate, and never fall back.",
    )
    username: str = Field("", description="The account to log in with; without it there is no login.")
    password: SecretStr = Field(SecretStr(""), description="Keep it in the environment or in a secret file.")
    oauth: OAuth | None = Field(
        None,
        description="Log in with XOAUTH2 instead of a password: a table with `token_url`, `client_id`, "
        "`client_secret` and `refresh_token`.",
    )
    allow_plain_password: bool = Field(
        False, description='Send the password with `security = "none"` to another machine.'
    )
    connections: int = Field(4, ge=1, le=200, description="How many at most, opened as they are needed.")
    messages_per_connection: int = Field(
        100, ge=1, description="After this many messages, or 300 s, a connection is renewed."
    )
    chunking: bool = Field(
        False,
        description="Four mails at once per connection where the server offers CHUNKING: for a server far away. "
        "If the connection breaks, all four are in doubt.",
    )
    timeout: Duration | None = Field(
        None,
        description="How long to wait for any reply; as RFC 5321 has it by default, 10 minutes after a mail.",
    )
    helo: str = Field(
        "", pattern=r"^[!-~]*$", description="What we call ourselves; this machine's name by default."
    )
    ca_file: OptionalPath = Field(None, description="PEM: trust these authorities instead of the system's.")

    @model_validator(mode="before")
    @classmethod
    def _port_and_security_go_together(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {key: value for key, value in data.items() if value is not None}
        known.setdefault("security", "tls" if str(known.get("port", 465)) == "465" else "starttls")
        known.setdefault("port", _PORTS.get(str(known["security"]), 465))
        return known

    @model_validator(mode="before")
    @classmethod
    def _no_proxy(cls, data: Any) -> Any:
        if isinstance(data, dict) and (
            named := next((key for key in data if "proxy" in str(key).lower()), "")
        ):
            raise ValueError(
                f"`{named}`: SMTP through a proxy is not supported; connections go straight to `host` "
                "(a tunnel that listens on this machine can stand there)"
            )
        return data

    @model_validator(mode="after")
    def _port_speaks_as_it_should(self) -> Options:
        if self.port == 465 and self.security == "starttls":
            raise ValueError('port 465 begins with TLS at once: set security = "tls", or port = 587')
        if self.port == 465 and self.security == "none" and not is_this_machine(self.host):
            raise ValueError('port 465 begins with TLS at once: set security = "tls"')
        if self.port == 587 and self.security == "tls":
            raise ValueError('port 587 begins without TLS: set security = "starttls", or port = 465')
        return self

    @model_validator(mode="after")
    def _passwords_travel_encrypted(self) -> Options:
        if self.oauth and not self.username:
            raise ValueError("`oauth` needs `username`, the address of the account")
        if (
            self.security == "none"
            and self.username
            and not (is_this_machine(self.host) or self.allow_plain_password)
        ):
            raise ValueError(
                'security = "none" would send the password readable over the network: use "starttls" or "tls", '
                "or set allow_plain_password = true if the network there is your own"
            )
        return self

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield `ca_file` where it is no file of certificates."""
        try:
            self.server.context()
        except SenderBroken as error:
            yield "ca_file", str(error)

    def lacks(self) -> Iterator[tuple[str, str]]:
        """Yield the password, or the refresh token, if it is needed and not there."""
        if self.oauth:
            if is_empty(self.oauth.refresh_token):
                yield "oauth.refresh_token", MISSING
        elif self.username and is_empty(self.password):
            yield "password", f"{MISSING}; `oauth` would do as well; without `username` there is no login"

    @property
    def server(self) -> Server:
        return Server(
            host=self.host, port=self.port, security=self.security, helo=self.helo, ca_file=self.ca_file
        )

    @property
    def window(self) -> int:
        """Messages on their way at once in one connection, with CHUNKING."""
        return 4 if self.chunking else 0

    @property
    def patience(self) -> float | None:
        """Seconds to wait for any reply at most, if that is limited."""
        return self.timeout.total_seconds() if self.timeout else None
