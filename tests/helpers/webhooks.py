"""Requests as email services send them: bodies from anywhere, proven with keys of the tests."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from digest import plugins
from digest.feedback.hooks import HookRequest
from digest.model import Event

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
URL = "https://news.example.org/hooks/one"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"
CONFIRM_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"

_LOGIN = "user:password"
_SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
_STAMP = str(int(NOW.timestamp()))


@cache
def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    """Return the certificate that stands for Amazon's."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_rsa_key().public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=30))
        .sign(_rsa_key(), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def options(kind: str, **more: Any) -> Any:
    """Return the options that fit `signed`."""
    public = (
        _ec_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    own: dict[str, dict[str, Any]] = {
        "ses": {"topics": [TOPIC]},
        "sendgrid": {"public_key": b64encode(public).decode()},
        "resend": {"secret": f"whsec_{_SECRET}"},
    }
    given = own.get(kind, {"secret": _LOGIN})
    return plugins.load("feedback.hooks", kind).Options.model_validate(given | more)


def sns(message: str, version: str = "2", **fields: Any) -> bytes:
    """Return a message of SNS, signed."""
    said = {
        "Type": "Notification",
        "MessageId": "19ba9823",
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **fields,
    }
    names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = _rsa_key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    return json.dumps({"Signature": b64encode(signature).decode(), **said}).encode()


def signed(kind: str, body: bytes, content_type: str = "application/json") -> HookRequest:
    """Return a request that the service of a kind would send."""
    headers = {"content-type": content_type}
    request = HookRequest(
        headers=headers, body=body, now=NOW, url=URL, pages={CERTIFICATE_URL: certificate()}
    )
    match kind:
        case "resend":
            mac = hmac.digest(b64decode(_SECRET), f"msg_1.{_STAMP}.".encode() + body, "sha256")
            headers |= {
                "svix-id": "msg_1",
                "svix-timestamp": _STAMP,
                "svix-signature": f"v1,{b64encode(mac).decode()}",
            }
        case "sendgrid":
            mac = _ec_key().sign(_STAMP.encode() + body, ec.ECDSA(hashes.SHA256()))
            prefix = "x-twilio-email-event-webhook-"
            headers |= {f"{prefix}timestamp": _STAMP, f"{prefix}signature": b64encode(mac).decode()}
        case "mailersend":
            headers["signature"] = hmac.new(_LOGIN.encode(), body, hashlib.sha256).hexdigest()
        case "mailgun" if "json" in content_type:
            said = json.loads(body)
            proof = {"timestamp": _STAMP, "token": said.get("signature", {}).get("token", "a-token")}
            proof["signature"] = mailgun_proof(proof["token"])
            return replace(request, body=json.dumps(said | {"signature": proof}).encode())
        case "mandrill":
            form = urlencode({"mandrill_events": body.decode()}).encode()
            mac = hmac.new(
                _LOGIN.encode(), (URL + "mandrill_events" + body.decode()).encode(), hashlib.sha1
            ).digest()
            headers |= {
                "x-mandrill-signature": b64encode(mac).decode(),
                "content-type": "application/x-www-form-urlencoded",
            }
            return replace(request, body=form)
        case "ses":
            return replace(request, body=sns(json.loads(body)["Message"]))
        case _:
            headers["authorization"] = f"Basic {b64encode(_LOGIN.encode()).decode()}"
    return request


def mailgun_proof(token: str) -> str:
    """Return the signature over a token."""
    return hmac.new(_LOGIN.encode(), (_STAMP + token).encode(), hashlib.sha256).hexdigest()


def read(kind: str, request: HookRequest, **more: Any) -> list[Event]:
    """Return what a request reports."""
    found: list[Event] = plugins.load("feedback.hooks", kind).events(request, options(kind, **more))
    return found
