"""What the configuration says of an SMTP server."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from digest.senders import SenderOptions
from digest.senders.smtp.dial import Server
from digest.senders.smtp.oauth import OAuth
from digest.settings import Duration, OptionalPath

_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class Options(SenderOptions):
    """Where the server is and how to log in; `security` follows from the port, or the port from it."""

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    security: Literal["tls", "starttls", "none"]
    username: str = ""
    password: SecretStr = SecretStr("")
    oauth: OAuth | None = None  # log in with XOAUTH2 instead of a password
    allow_plain_password: bool = False  # send the password without TLS to another machine
    connections: int = Field(4, ge=1, le=200)
    messages_per_connection: int = Field(100, ge=1)
    # Four mails at once per connection where the server offers it; if the connection breaks, all four are in doubt.
    chunking: bool = False
    # For any reply; as RFC 5321 has it by default.
    timeout: Duration | None = None
    helo: str = Field("", pattern=r"^[!-~]*$")  # what we call ourselves; this machine's name by default
    ca_file: OptionalPath = None  # trust these authorities instead of the system's

    @model_validator(mode="before")
    @classmethod
    def _port_and_security_go_together(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {key: value for key, value in data.items() if value is not None}
        known.setdefault("security", "tls" if str(known.get("port", 465)) == "465" else "starttls")
        known.setdefault("port", _PORTS.get(str(known["security"]), 465))
        return known

    @model_validator(mode="after")
    def _passwords_travel_encrypted(self) -> Options:
        if self.username and not (self.password.get_secret_value() or self.oauth):
            raise ValueError("`username` is set but neither `password` nor `oauth` is")
        if self.oauth and not self.username:
            raise ValueError("`oauth` needs `username`, the address of the account")
        if (
            self.security == "none"
            and self.username
            and not (_is_loopback(self.host) or self.allow_plain_password)
        ):
            raise ValueError(
                'security = "none" would send the password readable over the network: use "starttls" or "tls", '
                "or set allow_plain_password = true if nobody can listen there"
            )
        return self

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


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
