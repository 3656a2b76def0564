"""A published DKIM key: what it is, and what is wrong with it."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.message.dkim import load_signer, new_key
from digest.net.dns import dkim


@pytest.mark.parametrize(("kind", "bits"), [("rsa", 2048), ("ed25519", 0)])
def test_our_own_record_is_read(kind: str, bits: int) -> None:
    text = load_signer("example.org", "s1", new_key("rsa" if kind == "rsa" else "ed25519")).dns_record()[1]
    key = dkim.read(text)
    assert (key.kind, key.bits, key.fault, key.testing) == (kind, bits, "", False)
    spaced = dkim.read(text.replace("p=", "t = y:s ; n=x; p= ").replace("A", "A "))
    assert (spaced.key, spaced.testing) == (key.key, True)


def test_a_short_key_is_measured() -> None:
    public = rsa.generate_private_key(65537, 1024).public_key()
    encoded = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    assert dkim.read(f"p={encoded}").bits == 1024


@pytest.mark.parametrize(
    "record",
    [
        "",
        "v=DKIM1",
        "v=DKIM2; p=YWJj",
        "v=DKIM1; p=!!!",
        "v=DKIM1; p=YWJj",
        "v=DKIM1; k=ed25519; p=YWJj",
        "v=DKIM1; k=dsa; p=YWJj",
        "v=DKIM1; h=sha1; p=YWJj",
        "v=DKIM1; s=tlsrpt; p=YWJj",
    ],
)
def test_a_record_of_no_use_says_why(record: str) -> None:
    assert dkim.read(record).fault


def test_a_withdrawn_key_is_empty_and_no_fault() -> None:
    key = dkim.read("v=DKIM1; p=")
    assert (key.key, key.fault) == ("", "")
