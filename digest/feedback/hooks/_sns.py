"""Amazon SNS: proofs of its messages, and which of its addresses may be visited."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from digest.feedback.hooks import ForgedRequest, HookRequest, NeedsPage
from digest.feedback.hooks._proof import from_base64, prove_recent_moment
from digest.feedback.hooks._values import moment, text

#: SNS repeats a message for up to an hour with the time of the first.
WINDOW = timedelta(hours=1, minutes=5)

_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?")
_HASHES: dict[str, type[hashes.SHA1] | type[hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def prove(request: HookRequest, said: dict[str, Any]) -> None:
    """Demand a signature by Amazon; raises ForgedRequest, or NeedsPage for the certificate."""
    at = moment(said.get("Timestamp"))
    if at is None:
        raise ForgedRequest("no time of the signature")
    prove_recent_moment(at, request.now, WINDOW)
    algorithm = _HASHES.get(text(said.get("SignatureVersion")))
    if algorithm is None:
        raise ForgedRequest("no signature of a version that we know")
    url = amazon_url(said.get("SigningCertURL"))
    if not urlsplit(url).path.endswith(".pem"):
        raise ForgedRequest("a certificate that is not Amazon's")
    signature = from_base64(text(said.get("Signature")))
    if url not in request.pages:
        raise NeedsPage(url, keep=True)
    try:
        certificate = x509.load_pem_x509_certificate(request.pages[url])
        key = certificate.public_key()
        valid = certificate.not_valid_before_utc <= request.now <= certificate.not_valid_after_utc
        if not valid or not isinstance(key, rsa.RSAPublicKey):
            raise ForgedRequest("a certificate that has expired, or is of another kind")
        key.verify(signature, _signed(said), padding.PKCS1v15(), algorithm())
    except (ValueError, InvalidSignature):
        raise ForgedRequest("a signature that is not Amazon's") from None


def amazon_url(value: object) -> str:
    """Return an https address of SNS itself; raises ForgedRequest, so that no request leads us elsewhere."""
    url = value if isinstance(value, str) and len(value) < 2000 else ""
    try:
        parts = urlsplit(url)
        ours = parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        ours = False
    if not ours or re.search(r"[\s\\]", url):
        raise ForgedRequest("an address that is not Amazon's")
    return url


def _signed(said: dict[str, Any]) -> bytes:
    names = _SIGNED if said.get("Type") == "Notification" else _SIGNED_CONFIRMATION
    fields = [(name, said[name]) for name in names if name in said]
    if not all(isinstance(value, str) for _, value in fields):
        raise ForgedRequest("a field that is no text")
    return "".join(f"{name}\n{value}\n" for name, value in fields).encode("utf-8", "replace")
