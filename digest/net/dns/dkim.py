"""A DKIM key as the DNS publishes it: RFC 6376, 3.6.1, with RFC 8301 (RSA) and RFC 8463 (Ed25519)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from digest.net.dns.tags import tags

RECOMMENDED_RSA_BITS = 2048  # RFC 8301: at least 1024 must, 2048 should
MIN_RSA_BITS = 1024
_ED25519_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """What a record says: its key (base64 without blanks, "" if it was withdrawn), flags, and what is wrong with it."""

    kind: str  # rsa or ed25519
    key: str
    testing: bool = False
    bits: int = 0  # of an RSA key
    fault: str = ""


def read(text: str) -> PublishedKey:
    """Read a key's record; whatever it holds, a fault is a value."""
    found = tags(text)
    kind, key = found.get("k", "rsa").lower(), "".join(found.get("p", "").split())
    testing = "y" in found.get("t", "").lower().split(":")
    fault, bits = _about_tags(found), 0
    if not fault and key:
        fault, bits = _rsa(key) if kind == "rsa" else (_ed25519(key), 0)
    return PublishedKey(kind, key, testing=testing, bits=bits, fault=fault)


def _about_tags(found: dict[str, str]) -> str:
    if found.get("v", "DKIM1") != "DKIM1":
        return f"it begins with v={found['v']} and not with v=DKIM1"
    if "p" not in found:
        return "it has no p=, which holds the key"
    if found.get("k", "rsa").lower() not in ("rsa", "ed25519"):
        return f"k={found['k']} is a kind of key that receivers do not know"
    if "sha256" not in found.get("h", "sha256").lower().split(":"):
        return f"h={found['h']} does not allow sha256, with which mails are signed"
    if not {"*", "email"} & set(found.get("s", "*").lower().split(":")):
        return f"s={found['s']} does not allow it for mail"
    return ""


def _ed25519(key: str) -> str:
    try:
        size = len(base64.b64decode(key, validate=True))
    except binascii.Error:
        return "its p= is not base64"
    return "" if size == _ED25519_BYTES else f"an Ed25519 key has {_ED25519_BYTES} bytes, this one has {size}"


def _rsa(key: str) -> tuple[str, int]:
    # Here, for a process that delivers asks for MX records alone.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return "its p= cannot be read as a key", 0
    return ("", public.key_size) if isinstance(public, RSAPublicKey) else ("its p= is not an RSA key", 0)
