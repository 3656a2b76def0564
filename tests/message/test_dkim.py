"""Signatures hold up before a verifier that we did not write, and break when anything that was signed changes."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from dns.zone import from_text
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.errors import UsageError
from digest.message import Letterhead, Skeleton
from digest.message.dkim import (
    SIGNED,
    Signer,
    canonical_field,
    in_zone_file,
    load_signer,
    new_key,
    signers_for,
)
from digest.model import Mail, Message, Recipient
from digest.model.placeholders import PLACEHOLDERS
from digest.settings import DkimSettings

DOMAIN = "news.example.org"
SIGNERS = [load_signer(DOMAIN, kind, new_key(kind)) for kind in ("rsa", "ed25519")]
LETTERHEAD = Letterhead(
    sender=f"Tägliche Nachrichten <daily@{DOMAIN}>", list_name="daily", feedback_id="newsroom"
)
MAIL = Mail(
    subject="Straßenbahn fährt wieder, nach langer Pause und einigem Streit um das Geld",
    preheader="",
    html=f"<p>Hello  {PLACEHOLDERS['name']} \t\n</p>   \n\n\n",
    text=f"Hello  {PLACEHOLDERS['name']}\n\n{PLACEHOLDERS['unsubscribe_url']}   \n\n\n",
)
VALUES = {
    "unsubscribe_url": f"https://{DOMAIN}/u/AAECAwQFBgcICQoLDA0ODw",
    "browser_url": f"https://{DOMAIN}/e/daily",
    "preferences_url": f"https://{DOMAIN}/p/x",
    "address": "ada@example.org",
    "name": "Ada",
}
READER = Recipient(
    reader_id=7, subscription_id=7, address="ada@example.org", name="Ada, Countess of Lovelace"
)


def signed(mail: Mail = MAIL, reader: Recipient = READER, signers: list[Signer] = SIGNERS) -> Message:
    date = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    return Skeleton(mail, LETTERHEAD, edition="daily", date=date, signers=signers).message(reader, VALUES)


def dns(name: bytes, timeout: int = 5) -> bytes:
    records = dict(signer.dns_record() for signer in SIGNERS)
    return records[name.decode().rstrip(".")].encode()


def verdicts(data: bytes) -> list[bool]:
    """Return what an independent verifier says of each signature."""
    if b"a=ed25519" in data:
        pytest.importorskip("nacl", reason="the verifier needs PyNaCl for Ed25519")
    count = data.count(b"DKIM-Signature:")
    verifier = dkim.DKIM(data)
    return [_holds(verifier, index) for index in range(count)]


def _holds(verifier: dkim.DKIM, index: int) -> bool:
    try:
        return bool(verifier.verify(idx=index, dnsfunc=dns))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("signers", [SIGNERS[:1], SIGNERS[1:], SIGNERS], ids=["rsa", "ed25519", "both"])
def test_an_independent_verifier_agrees(signers: list[Signer]) -> None:
    assert verdicts(signed(signers=signers).data) == [True] * len(signers)


@settings(max_examples=25)
@given(st.text(max_size=120), st.text(st.sampled_from(" \t\n.ä-="), max_size=300), st.text(max_size=60))
def test_whatever_the_mail_holds(subject: str, text: str, name: str) -> None:
    mail = replace(MAIL, subject=subject, text=text, html=text + PLACEHOLDERS["name"])
    assert verdicts(signed(mail, READER._replace(name=name), SIGNERS[1:]).data) == [True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"To: ", b"To: x"),
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https://evil."),
        (b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: x"),
        (b"Subject: ", b"Subject: New "),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nSubject: A second one\r\n"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nReply-To: evil@example.org\r\n"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nFrom: evil@example.org\r\n"),
        (b"</p>", b"</p>!"),
    ],
)
def test_what_was_signed_cannot_be_changed_or_added_to(old: bytes, new: bytes) -> None:
    data = signed().data
    assert old in data
    assert verdicts(data.replace(old, new, 1)) == [False, False]


def test_blanks_that_servers_change_on_the_way_do_no_harm() -> None:
    data = signed().data.replace(b"Subject: ", b"subject:   ").replace(b"\r\n =?utf-8", b" =?utf-8")
    assert verdicts(data) == [True, True]


def test_every_field_that_matters_is_signed_and_sealed() -> None:
    unfolded = re.sub(rb"\r\n ", b"", signed(signers=SIGNERS[:1]).data)
    found = re.search(rb"; ?h=([a-z:-]+);", unfolded)
    assert found
    names = found[1].decode().split(":")
    present = {
        line.partition(b":")[0].lower().decode() for line in unfolded.partition(b"\r\n\r\n")[0].split(b"\r\n")
    }
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "content-type"} <= present
    for name in SIGNED:
        assert names.count(name) == (2 if name in present else 1)
    assert not {"return-path", "dkim-signature", "received", "bcc"} & set(names)


def test_lines_stay_short_and_a_retry_has_the_same_bytes() -> None:
    data = signed().data
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert data == signed().data


def test_relaxed_header_fields_are_those_of_the_standard() -> None:
    assert canonical_field(b"A: X\r\n") == b"a:X\r\n"
    assert canonical_field(b"B : Y\t\r\n\tZ  \r\n") == b"b:Y Z\r\n"


RFC_8463 = [
    "From: Joe SixPack <joe@football.example.com>",
    "To: Suzie Q <suzie@shopping.example.net>",
    "Subject: Is dinner ready?",
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
    """DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r
 subject : date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=""",
]
RFC_8463_SIGNATURE = (
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
)
RFC_8463_SECRET = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="


def test_the_standards_own_signature_comes_out_of_our_canonical_form() -> None:
    data = b"".join(canonical_field(f"{field}\r\n".encode()) for field in RFC_8463).removesuffix(b"\r\n")
    key = Ed25519PrivateKey.from_private_bytes(b64decode(RFC_8463_SECRET))
    assert Signer("football.example.com", "brisbane", key)._sign(data) == b64decode(RFC_8463_SIGNATURE)


RFC_8463_RSA = """DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r
 date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b="""
RFC_8463_RSA_SIGNATURE = (
    "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2"
    "JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
)


@pytest.mark.corpus
def test_the_standards_second_signature_comes_out_too(corpora: Path) -> None:
    fields = [*RFC_8463[:-1], RFC_8463_RSA]
    data = b"".join(canonical_field(f"{field}\r\n".encode()) for field in fields).removesuffix(b"\r\n")
    secret = (corpora / "mime/dkim/dkimpy/test.private").read_bytes()
    signature = load_signer("football.example.com", "test", secret)._sign(data)
    assert signature == b64decode(RFC_8463_RSA_SIGNATURE)


@pytest.mark.corpus
def test_fields_of_real_mails_have_the_form_that_an_independent_verifier_gives_them(corpora: Path) -> None:
    seen = 0
    for path in (corpora / "mime/dkim").rglob("*.*"):
        if path.suffix in (".eml", ".message"):
            head = re.sub(rb"\r?\n", b"\r\n", path.read_bytes()).partition(b"\r\n\r\n")[0]
            for field in re.split(rb"\r\n(?![ \t])", head.lstrip(b"\r\n")):
                name, _, value = field.partition(b":")
                [oracle] = dkim.canonicalization.Relaxed.canonicalize_headers([(name, value + b"\r\n")])
                assert canonical_field(field + b"\r\n") == b":".join(oracle)
                seen += 1
    assert seen > 60


@pytest.mark.corpus
def test_a_published_key_verifies_what_we_sign_with_its_secret(corpora: Path) -> None:
    records = json.loads((corpora / "mime/dkim/mailauth/dns.json").read_text())
    keys = {
        "brisbane": Ed25519PrivateKey.from_private_bytes(b64decode(RFC_8463_SECRET)),
        "test": load_signer("x.org", "x", (corpora / "mime/dkim/dkimpy/test.private").read_bytes()).key,
    }
    pytest.importorskip("nacl", reason="the verifier needs PyNaCl for Ed25519")
    for selector, key in keys.items():
        signer = Signer("football.example.com", selector, key)
        name, _ = signer.dns_record()
        published = "".join(records[name]["TXT"][0]).encode()
        verifier = dkim.DKIM(signed(signers=[signer]).data)
        assert verifier.verify(dnsfunc=lambda *_args, published=published, **_more: published)


def test_ed25519_signs_the_hash_as_its_standard_says() -> None:
    signer = SIGNERS[1]
    public = Ed25519PublicKey.from_public_bytes(b64decode(signer.dns_record()[1].partition("p=")[2]))
    public.verify(signer._sign(b"data"), sha256(b"data").digest())


@pytest.mark.parametrize(
    ("domain", "selector", "pem", "message"),
    [
        (DOMAIN, "s", b"nonsense", "not a private key in PEM form"),
        ("bücher.example", "s", new_key("ed25519"), "cannot stand in the name"),
        (DOMAIN, "a b", new_key("ed25519"), "cannot stand in the name"),
    ],
)
def test_a_key_that_cannot_sign_is_said_in_words(
    domain: str, selector: str, pem: bytes, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_signer(domain, selector, pem)


def test_dns_records() -> None:
    name, value = SIGNERS[0].dns_record()
    assert name == "rsa._domainkey.news.example.org"
    assert value.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert SIGNERS[1].dns_record()[1].startswith("v=DKIM1; k=ed25519; p=")


def test_a_zone_file_takes_a_record_in_strings_of_255_octets() -> None:
    name, text = SIGNERS[0].dns_record()
    head = "$TTL 60\n@ IN SOA a. b. 1 1 1 1 1\n@ IN NS a.\n"
    zone = from_text(head + in_zone_file(name, text), origin=f"{DOMAIN}.", relativize=False)
    [answer] = zone.find_rdataset(f"{name}.", "TXT")
    assert b"".join(answer.strings).decode() == text
    assert max(map(len, answer.strings)) == 255


def entry(domain: str = DOMAIN, **more: object) -> DkimSettings:
    return DkimSettings.model_validate({"domain": domain, "selector": "s1", **more})


def test_keys_come_from_a_file_or_as_text(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(new_key("ed25519"))
    file.chmod(0o600)
    text = new_key("ed25519").decode()
    entries = [
        entry(key_file=file),
        entry("example.org", private_key=text),
        entry("other.example", private_key=text),
    ]
    assert [(signer.domain, signer.selector) for signer in signers_for(DOMAIN, entries)] == [
        (DOMAIN, "s1"),
        ("example.org", "s1"),
    ]
    assert not signers_for("notexample.org", entries)


def test_a_key_open_to_others_or_missing_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    with pytest.raises(UsageError, match=r"cannot read .*dkim\.pem: No such file"):
        signers_for(DOMAIN, [entry(key_file=file)])
    file.write_bytes(new_key("ed25519"))
    file.chmod(0o644)
    with pytest.raises(UsageError, match="open to every user of this machine: chmod 600"):
        signers_for(DOMAIN, [entry(key_file=file)])


def test_a_key_is_given_once_and_never_shown() -> None:
    with pytest.raises(ValidationError, match="needs either"):
        entry()
    with pytest.raises(ValidationError, match="needs either") as caught:
        entry(key_file="x.pem", private_key="s3cret")
    assert "s3cret" not in str(caught.value)
