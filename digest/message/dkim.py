"""Sign mails with DKIM: RFC 6376, RSA as RFC 8301 wants it, Ed25519 as in RFC 8463.

Canonicalisation is relaxed/relaxed, and costs nothing for bodies: a skeleton's encoded parts are canonical as they are.
Every field that a mail program shows or acts on is signed once more than it is there, so that none can be added.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from stat import S_IROTH, S_IWOTH
from typing import Literal, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from digest.errors import UsageError
from digest.settings import DkimSettings

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey

#: What is signed, and signed again as absent (RFC 6376, 5.4; RFC 8058 wants both of List-Unsubscribe and -Post).
SIGNED = (
    "from", "sender", "reply-to", "subject", "date", "message-id", "to", "cc", "mime-version", "content-type",
    "content-transfer-encoding", "list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "feedback-id",
)  # fmt: skip

_FOLD = "\r\n "
_BLANKS = re.compile(rb"[ \t]+")
_LABELS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_MIN_RSA_BITS = 1024  # bits of an RSA key that receivers still look at


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for a domain with the key that its `selector` publishes."""

    domain: str
    selector: str
    key: PrivateKey

    def sign(self, fields: Sequence[bytes], body: bytes, *, timestamp: int) -> bytes:
        """Return the DKIM-Signature field for a mail.

        `fields` are its header fields with their line ends, `body` is canonical already: no blanks at line ends, none
        in a row, no empty lines at the end. The same arguments give the same bytes.
        """
        canonical = [canonical_field(field) for field in fields]
        order, names = _what_to_sign(tuple(line.partition(b":")[0] for line in canonical))
        body_hash = b64encode(sha256(body).digest()).decode()
        start = (
            f"v=1; a={self.algorithm}-sha256; c=relaxed/relaxed;\r\n d={self.domain}; s={self.selector};"
            f" t={timestamp};\r\n h={names};\r\n bh={body_hash};\r\n b="
        )
        own = f"dkim-signature:{start.replace(_FOLD, ' ')}".encode("ascii")  # canonical, its b= still empty
        value = b64encode(self._sign(b"".join([*(canonical[index] for index in order), own]))).decode()
        folded = _FOLD.join(value[begin : begin + 72] for begin in range(0, len(value), 72))
        return f"DKIM-Signature: {start}{folded}\r\n".encode("ascii")

    @property
    def algorithm(self) -> Literal["rsa", "ed25519"]:
        return "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(sha256(data).digest())

    def dns_record(self) -> tuple[str, str]:
        """Return the name and the text of the TXT record that receivers will look for."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        name = f"{self.selector}._domainkey.{self.domain}"
        return name, f"v=DKIM1; k={self.algorithm}; p={b64encode(data).decode()}"


def in_zone_file(name: str, text: str) -> str:
    """Return a TXT record as a line of a zone file: a string there has at most 255 octets (RFC 1035, 3.3.14)."""
    strings = (f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{name}. IN TXT ( {' '.join(strings)} )"


@lru_cache(maxsize=64)
def _what_to_sign(present: tuple[bytes, ...]) -> tuple[tuple[int, ...], str]:
    """Return which of the fields are signed, in their order, and the text of h=, folded behind its colons.

    Of several fields with one name the last comes first (RFC 6376, 5.4.2).
    """
    places = {
        name: [index for index, known in enumerate(present) if known.decode() == name] for name in SIGNED
    }
    order = tuple(index for name in SIGNED for index in reversed(places[name]))
    lines = [""]
    for name in (signed for signed in SIGNED for _ in range(len(places[signed]) + 1)):
        if len(lines[-1]) + len(name) > 70:
            lines.append("")
        lines[-1] += f"{name}:"
    return order, _FOLD.join(lines).removesuffix(":")


@lru_cache(maxsize=256)
def canonical_field(field: bytes) -> bytes:
    """Return a header field in relaxed form (RFC 6376, 3.4.2): cached, for most fields are the same in every mail."""
    name, _, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip()
    return b"%b:%b\r\n" % (name.strip().lower(), unfolded)


def load_signer(domain: str, selector: str, pem: bytes) -> Signer:
    """Read a private key (PEM, PKCS #1 or #8, unencrypted) that signs for `domain`; raises UsageError."""
    for label in (domain, selector):
        if not _LABELS.fullmatch(label):
            raise UsageError(f"dkim: {label!r} cannot stand in the name of a DNS record")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            f"dkim: the key for {domain} is not a private key in PEM form without a password"
        ) from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise UsageError(f"dkim: the key for {domain} is neither RSA nor Ed25519")
    if isinstance(key, RSAPrivateKey) and key.key_size < _MIN_RSA_BITS:
        raise UsageError(
            f"dkim: the key for {domain} has {key.key_size} bits, receivers ignore such short ones; use 2048"
        )
    return Signer(domain, selector, key)


def signers_for(domain: str, keys: Sequence[DkimSettings]) -> tuple[Signer, ...]:
    """Load the keys that sign for a sender's domain: its own and those of a domain above it.

    Raises UsageError for a file that cannot be read, is not a key, or is open to other users of this machine.
    """
    return tuple(signer_of(entry) for entry in keys if entry.covers(domain))


def signer_of(entry: DkimSettings) -> Signer:
    """Load one key; raises UsageError as `signers_for` does."""
    return load_signer(entry.domain, entry.selector, _pem(entry))


def _pem(entry: DkimSettings) -> bytes:
    if entry.key_file is None:
        return entry.private_key.get_secret_value().encode()
    try:
        if entry.key_file.stat().st_mode & (S_IROTH | S_IWOTH):
            raise UsageError(f"dkim: {entry.key_file} is open to every user of this machine: chmod 600 it")
        return entry.key_file.read_bytes()
    except OSError as error:
        raise UsageError(f"dkim: cannot read {entry.key_file}: {error.strerror}") from error


def new_key(kind: Literal["rsa", "ed25519"] = "rsa") -> bytes:
    """Make a private key, RSA with 2048 bits or Ed25519, as PEM."""
    key: PrivateKey = generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
