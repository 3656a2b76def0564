"""What a look at a server tells: how mails would travel, and how its certificate is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.clock import utc_now
from digest.model.findings import Finding, Level
from digest.net import certificates
from digest.net.http import is_this_machine
from digest.senders.smtp.handshake import Features
from digest.senders.smtp.options import Options

_HOW = {"tls": "TLS", "starttls": "STARTTLS", "none": "no encryption"}


def described(options: Options, features: Features) -> str:
    """Say in a line where mails go, how, and as whom."""
    who = f", logged in as {options.username}" if options.username else ""
    size = f", mails up to {features.size:,} bytes" if features.size else ""
    pipelining = ", PIPELINING" if "PIPELINING" in features else ""
    return f"{options.server.where} over {_HOW[options.security]}{who}{size}{pipelining}"


def proofs(options: Options, features: Features, certificate: Mapping[str, Any]) -> list[Finding]:
    """Judge how a connection is protected; `certificate` is what ssl's `getpeercert` returned."""
    if options.security == "none":
        return [_unprotected(options, features)]
    level, text = certificates.judge(certificate, utc_now())
    return [
        Finding(Level.OK, "encryption", _HOW[options.security], id="sender.encryption"),
        Finding(level, "certificate", text, id="sender.certificate"),
    ]


def _unprotected(options: Options, features: Features) -> Finding:
    def finding(level: Level, text: str, fix: str = "") -> Finding:
        return Finding(level, "encryption", text, id="sender.encryption", fix=fix)

    if is_this_machine(options.host):
        return finding(Level.OK, "none, and none is needed on the way to this machine")
    if "STARTTLS" in features:
        return finding(
            Level.WARNING, "none, though the server offers STARTTLS: use it", 'security = "starttls"'
        )
    return finding(Level.WARNING, "none, and the server offers no STARTTLS: ask its operator for TLS")
