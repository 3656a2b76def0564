"""The look at a domain's records, over records written for the test and over a real resolver on loopback."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns import asyncresolver

from digest.model.findings import Finding, Level
from digest.net.dns import Lookup, Unanswered, examine, lookup
from tests.helpers.name_server import NameServer, serve_names

GOOD = {
    ("news.example", "TXT"): ["v=spf1 include:relay.example -all", "something else"],
    ("relay.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("_dmarc.news.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:post@news.example"],
    ("news.example", "MX"): ["10 mx.news.example."],
    ("smtp.relay.example", "A"): ["192.0.2.1"],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["smtp.relay.example."],
}


def asking(records: dict[tuple[str, str], list[str]]) -> Lookup:
    async def ask(name: str, kind: str) -> list[str]:
        return records.get((name, kind), [])

    return ask


async def look(
    records: dict[tuple[str, str], list[str]], keys: tuple[tuple[str, str], ...] = ()
) -> dict[str, Finding]:
    findings = await examine(
        "news.example", relay="smtp.relay.example", keys=keys, ask=asking(GOOD | records)
    )
    return {finding.subject.split(" ")[0]: finding for finding in findings}


async def test_a_domain_in_order_has_nothing_to_mend() -> None:
    found = await look({})
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["SPF"].text == "v=spf1 include:relay.example -all (1 of 10 look-ups)"


@pytest.mark.parametrize(
    ("subject", "records", "level", "word"),
    [
        ("SPF", {("news.example", "TXT"): []}, Level.FAILURE, "there is none"),
        ("SPF", {("news.example", "TXT"): ["v=spf1 -all", "v=spf1 mx -all"]}, Level.FAILURE, "several"),
        ("SPF", {("news.example", "TXT"): ["v=spf1 +all"]}, Level.FAILURE, "whole world"),
        (
            "SPF",
            {("news.example", "TXT"): ["v=spf1 " + "a:x.example " * 11 + "-all"]},
            Level.FAILURE,
            "11 look-ups",
        ),
        ("SPF", {("relay.example", "TXT"): ["v=spf1 include:news.example -all"]}, Level.OK, "look-ups"),
        ("DMARC", {("_dmarc.news.example", "TXT"): []}, Level.FAILURE, "publish TXT"),
        ("DMARC", {("_dmarc.news.example", "TXT"): ["v=DMARC1; p=maybe"]}, Level.FAILURE, "'maybe'"),
        ("MX", {("news.example", "MX"): ["0 ."]}, Level.WARNING, "cannot arrive"),
        ("PTR", {("1.2.0.192.in-addr.arpa.", "PTR"): []}, Level.WARNING, "no reverse name"),
        ("PTR", {("1.2.0.192.in-addr.arpa.", "PTR"): ["other.example."]}, Level.WARNING, "lead back"),
        ("PTR", {("smtp.relay.example", "A"): []}, Level.FAILURE, "no address"),
    ],
)
async def test_what_is_wrong_is_said(
    subject: str, records: dict[tuple[str, str], list[str]], level: Level, word: str
) -> None:
    found = await look(records)
    assert found[subject].level is level
    assert word in found[subject].text


@pytest.mark.parametrize(("bits", "level"), [(2048, Level.OK), (1024, Level.WARNING)])
async def test_a_key_is_measured(bits: int, level: Level) -> None:
    public = rsa.generate_private_key(65537, bits).public_key()
    encoded = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    found = await look(
        {("s1._domainkey.news.example", "TXT"): [f"v=DKIM1; k=rsa; p={encoded}"]}, (("s1", "news.example"),)
    )
    assert found["DKIM"].level is level
    assert f"{bits} bits" in found["DKIM"].text


@pytest.mark.parametrize("record", ["v=DKIM1; p=", "v=DKIM1; p=!!!", "v=DKIM1; p=YWJj"])
async def test_a_broken_key_is_a_failure(record: str) -> None:
    found = await look({("s1._domainkey.news.example", "TXT"): [record]}, (("s1", "news.example"),))
    assert found["DKIM"].level is Level.FAILURE


async def test_no_answer_is_neither_yes_nor_no() -> None:
    async def silent(name: str, kind: str) -> list[str]:
        raise Unanswered(f"{name}: timed out")

    findings = await examine("news.example", ask=silent)
    assert {finding.level for finding in findings} == {Level.WARNING}
    assert all("could not be looked up" in finding.text for finding in findings)


async def test_the_machines_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer({("news.example.", "TXT"): ['"v=spf1 " "-all"']})
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        assert await lookup("news.example", "TXT") == ["v=spf1 -all"]
        assert await lookup("nowhere.example", "TXT") == []


def test_who_asks_nothing_does_not_load_the_resolver() -> None:
    program = "import sys, digest.cli.begin.check, digest.usecases.checkup; print('dns' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout == "False\n"
