"""The records of a sending domain, asked of a name server on loopback: what is wrong, and what to write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from digest.message.dkim import load_signer, new_key
from digest.model.findings import Finding, Level
from digest.net.dns import lookup
from digest.settings import DkimSettings
from digest.usecases.doctor import dkim, dmarc, hosts, spf
from digest.usecases.doctor.subject import Relay, SendingDomain, sending_domains
from tests.helpers.name_server import NameServer
from tests.usecases.doctor.conftest import KEY, RECORD, Open, Zone, by_id, txt

OK, WARNING, FAILURE, UNKNOWN = Level.OK, Level.WARNING, Level.FAILURE, Level.UNKNOWN
OUR_RELAY = Relay(host="smtp.example.org", port=587)
SPF, DMARC, DKIM = (
    ("news.example.org.", "TXT"),
    ("_dmarc.example.org.", "TXT"),
    ("s1._domainkey.example.org.", "TXT"),
)
OTHER_KEY = load_signer("example.org", "s1", new_key()).dns_record()[1]
EDWARDS = new_key("ed25519")


def key(pem: bytes = KEY) -> DkimSettings:
    return DkimSettings.model_validate(
        {"domain": "example.org", "selector": "s1", "private_key": pem.decode()}
    )


def sending(
    *,
    relays: Sequence[Relay] = (OUR_RELAY,),
    keys: Sequence[DkimSettings] | None = None,
    services: Sequence[str] = (),
) -> SendingDomain:
    return SendingDomain(
        name="news.example.org",
        envelope="news.example.org",
        relays=tuple(relays),
        keys=(key(),) if keys is None else tuple(keys),
        services=tuple(services),
    )


async def look(domain: SendingDomain) -> AsyncIterator[Finding]:
    for check in (spf.check, dkim.check, dmarc.check, hosts.mx, hosts.ptr):
        async for finding in check(domain, lookup):
            yield finding


async def found(domain: SendingDomain) -> dict[str, Finding]:
    return by_id([finding async for finding in look(domain)])


async def test_a_domain_in_order_has_nothing_to_mend(names: NameServer) -> None:
    findings = await found(sending())
    assert {finding.level for finding in findings.values()} == {OK}
    assert findings.keys() == {
        *("spf.record", "spf.all", "spf.lookups", "spf.address", "dkim.record", "dkim.match", "dkim.length"),
        *("dmarc.record", "dmarc.policy", "dmarc.reports", "dmarc.alignment", "mx.record", "ptr.name"),
    }
    assert findings["spf.lookups"].text == "1 of 10, 1 level of includes"
    assert "SPF (news.example.org) and DKIM (d=example.org)" in findings["dmarc.alignment"].text


@pytest.mark.parametrize(
    ("changes", "id_", "level", "words", "fix"),
    [
        (
            {SPF: []},
            "spf.record",
            FAILURE,
            "there is none",
            'news.example.org. IN TXT "v=spf1 ip4:192.0.2.1 -all"',
        ),
        ({SPF: ['"v=spf1 -all"', '"v=spf1 mx -all"']}, "spf.record", FAILURE, "there are 2", ""),
        (
            {SPF: txt("v=spf1 mx +all")},
            "spf.all",
            FAILURE,
            "whole world",
            'news.example.org. IN TXT "v=spf1 mx -all"',
        ),
        (
            {SPF: txt("v=spf1 ip4:192.0.2.1")},
            "spf.all",
            WARNING,
            "says nothing",
            '"v=spf1 ip4:192.0.2.1 ~all"',
        ),
        (
            {SPF: txt("v=spf1 " + "a:mx.example.org " * 11 + "-all")},
            "spf.lookups",
            FAILURE,
            "11 are needed",
            "",
        ),
        (
            {SPF: txt("v=spf1 a:x.test a:y.test a:z.test -all")},
            "spf.lookups",
            FAILURE,
            "x.test, y.test, z.test",
            "",
        ),
        ({SPF: txt("v=spf1 ipv4:192.0.2.1 -all")}, "spf.lookups", FAILURE, "ipv4:192.0.2.1", ""),
        (
            {SPF: txt("v=spf1 mx -all")},
            "spf.address",
            FAILURE,
            "fail for 192.0.2.1",
            '"v=spf1 ip4:192.0.2.1 mx -all"',
        ),
        ({DKIM: []}, "dkim.record", FAILURE, "nothing is published", "s1._domainkey.example.org. IN TXT ("),
        ({DKIM: txt(RECORD) + txt(OTHER_KEY)}, "dkim.record", FAILURE, "there are 2", "p="),
        ({DKIM: txt("v=DKIM1; p=")}, "dkim.record", FAILURE, "withdrawn", "p="),
        ({DKIM: txt("v=DKIM1; p=YWJj")}, "dkim.record", FAILURE, "cannot be read as a key", "p="),
        pytest.param(  # with a name of its own: the keys are new in each process
            *({DKIM: txt(OTHER_KEY)}, "dkim.match", FAILURE, "is not ours", RECORD[:100]),
            id="another-key",
        ),
        ({DKIM: txt(f"{RECORD}; t=y")}, "dkim.testing", WARNING, "t=y", ""),
        (
            {DMARC: []},
            "dmarc.record",
            FAILURE,
            "there is none",
            '_dmarc.news.example.org. IN TXT "v=DMARC1; p=none',
        ),
        (
            {DMARC: txt("v=DMARC1; p=none") * 1 + txt("v=DMARC1; p=reject")},
            "dmarc.record",
            FAILURE,
            "there are 2",
            "",
        ),
        ({DMARC: txt("v=DMARC1; p=maybe")}, "dmarc.record", FAILURE, "'maybe'", "p=none"),
        (
            {DMARC: txt("v=DMARC1; p=none")},
            "dmarc.reports",
            WARNING,
            "nobody gets any",
            "p=none; rua=mailto:",
        ),
        (
            {DMARC: txt("v=DMARC1; p=none; rua=me@example.org")},
            "dmarc.reports",
            WARNING,
            "cannot be read",
            "",
        ),
        (
            {DMARC: txt("v=DMARC1; p=none; rua=mailto:a@other.test")},
            *(
                "dmarc.reports",
                WARNING,
                "other.test does not say",
                'example.org._report._dmarc.other.test. IN TXT "v=DMARC1"',
            ),
        ),
        ({("news.example.org.", "MX"): ["0 ."]}, "mx.record", FAILURE, "null MX", "IN MX 10"),
        ({("news.example.org.", "MX"): []}, "mx.record", FAILURE, "nothing can be sent", "IN MX 10"),
        ({("mx.example.org.", "A"): []}, "mx.record", WARNING, "mx.example.org has no address", ""),
        (
            {("1.2.0.192.in-addr.arpa.", "PTR"): []},
            *("ptr.name", FAILURE, "no reverse name", "1.2.0.192.in-addr.arpa. IN PTR smtp.example.org."),
        ),
        (
            {("1.2.0.192.in-addr.arpa.", "PTR"): ["host9.isp.test."]},
            *("ptr.name", FAILURE, "does not lead back", "host9.isp.test. IN A 192.0.2.1"),
        ),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_write(
    names: NameServer, zone: Zone, changes: Zone, id_: str, level: Level, words: str, fix: str
) -> None:
    zone.update(changes)
    finding = (await found(sending()))[id_]
    assert (finding.level, finding.group) == (level, "domain news.example.org")
    assert words in finding.text
    assert fix in finding.fix
    assert bool(fix) == bool(finding.fix)


async def test_strict_alignment_takes_the_very_domain(names: NameServer, zone: Zone) -> None:
    zone[DMARC] = txt("v=DMARC1; p=reject; adkim=s; aspf=r; rua=mailto:d@example.org")
    assert (await found(sending()))["dmarc.alignment"].text == "SPF (news.example.org) with From"
    zone[DMARC] = txt("v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:d@example.org")
    service = sending(relays=(), services=("ses",))
    assert (await found(service))["dmarc.alignment"].level is FAILURE
    assert (await found(sending(relays=(), services=("ses",), keys=())))["dmarc.alignment"].level is UNKNOWN


async def test_an_ed25519_key_is_compared_as_well(names: NameServer, zone: Zone) -> None:
    signer = load_signer("example.org", "s1", EDWARDS)
    zone[DKIM] = txt(signer.dns_record()[1])
    findings = await found(sending(keys=[key(EDWARDS)]))
    assert {findings[id_].level for id_ in ("dkim.record", "dkim.match", "dkim.length")} == {OK}
    assert (await found(sending(keys=[key()])))["dkim.match"].level is FAILURE


async def test_what_cannot_be_known_is_not_guessed(names: NameServer, zone: Zone) -> None:
    """A provider's server takes mails at one address and may send them from others; who signs is not seen from here."""
    zone["smtp.provider.test.", "A"] = ["198.51.100.1"]
    findings = await found(sending(relays=[Relay(host="smtp.provider.test", port=587)], keys=()))
    assert findings["spf.address"].level is findings["dkim.signing"].level is UNKNOWN
    assert findings["ptr.name"].level is WARNING
    zone["smtp.sendgrid.net.", "A"] = ["198.51.100.2"]
    findings = await found(sending(relays=[Relay(host="smtp.sendgrid.net", port=587)]))
    assert findings["spf.address"].fix.endswith('"v=spf1 include:sendgrid.net include:_spf.example.org -all"')


@pytest.mark.parametrize("host", ["10.0.0.5", "relay.example.org"])
async def test_a_relay_behind_a_router_is_not_taken_for_what_receivers_see(
    names: NameServer, zone: Zone, host: str
) -> None:
    zone["relay.example.org.", "A"] = ["192.168.1.5"]
    findings = await found(sending(relays=[Relay(host=host, port=25)]))
    assert findings["spf.address"].level is UNKNOWN
    assert "no public address" in findings["spf.address"].text
    assert "ptr.name" not in findings


async def test_which_domains_are_examined(open_with: Open) -> None:
    local = {"kind": "smtp", "host": "127.0.0.1", "security": "none"}
    for senders, examined in (
        ([{"kind": "eml"}], []),
        ([local | {"port": 2525}], []),  # a test's mailbox
        ([local | {"port": 25}], ["news.example.org"]),  # a mail server of this machine
        ([{"kind": "ses", "region": "eu-west-1", "access_key_id": "A"}], ["news.example.org"]),
    ):
        async with open_with(senders=senders) as tools:
            assert [domain.name for domain in sending_domains(tools.settings)] == examined
