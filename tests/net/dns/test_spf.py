"""SPF as RFC 7208 has it: each mechanism, macros, limits, and the errors that stop receivers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from digest.net.dns import Lookup, spf
from digest.net.dns.spf_terms import expand, parse

Records = Mapping[tuple[str, str], list[str]]


def asking(records: Records) -> Lookup:
    async def ask(name: str, kind: str) -> list[str]:
        return records.get((name.lower().rstrip("."), kind), [])

    return ask


NAMES = {
    ("host.example", "A"): ["192.0.2.7"],
    ("host.example", "AAAA"): ["2001:db8::7"],
    ("d.example", "A"): ["192.0.2.9"],
    ("mailed.example", "MX"): ["10 host.example."],
    ("pass.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    ("fail.example", "TXT"): ["v=spf1 -all"],
    ("7.2.0.192.in-addr.arpa", "PTR"): ["host.example."],
    ("7.2.0.192.list.example", "A"): ["127.0.0.2"],
}


@pytest.mark.parametrize(
    ("record", "address", "result"),
    [
        ("ip4:192.0.2.7 -all", "192.0.2.7", "pass"),
        ("ip4:192.0.2.7 -all", "192.0.2.8", "fail"),
        ("ip4:192.0.2.0/28 ~all", "192.0.2.16", "softfail"),
        ("ip6:2001:db8::/32 -all", "2001:db8::7", "pass"),
        ("ip6:2001:db8::/32 ?all", "192.0.2.7", "neutral"),
        ("a -all", "192.0.2.9", "pass"),
        ("A:Host.Example -all", "192.0.2.7", "pass"),
        ("a:host.example -all", "2001:db8::7", "pass"),
        ("a:host.example/24//64 -all", "192.0.2.200", "pass"),
        ("mx:mailed.example -all", "192.0.2.7", "pass"),
        ("mx:mailed.example//64 -all", "2001:db8::99", "pass"),
        ("include:pass.example -all", "192.0.2.7", "pass"),
        ("include:fail.example ~all", "192.0.2.7", "softfail"),
        ("-include:pass.example +all", "192.0.2.7", "fail"),
        ("redirect=pass.example", "192.0.2.7", "pass"),
        ("-all redirect=pass.example", "192.0.2.7", "fail"),
        ("exists:%{ir}.list.example -all", "192.0.2.7", "pass"),
        ("exists:%{ir}.list.example -all", "192.0.2.8", "fail"),
        ("ptr:example -all", "192.0.2.7", "pass"),
        ("exp=why.example unknown=1 ip4:192.0.2.7", "192.0.2.7", "pass"),
        ("", "192.0.2.7", "neutral"),
        ("ip4:192.0.2.7 all:x y:z -all", "192.0.2.7", "permerror"),
        ("ip4:2001:db8::7 -all", "192.0.2.7", "permerror"),
        ("ip4:300.1.1.1 -all", "192.0.2.7", "permerror"),
        ("include -all", "192.0.2.7", "permerror"),
        ("include:none.example -all", "192.0.2.7", "permerror"),
        ("redirect=none.example", "192.0.2.7", "permerror"),
    ],
)
async def test_what_a_receiver_concludes(record: str, address: str, result: str) -> None:
    ask = asking(
        NAMES | {("d.example", "TXT"): [f"v=spf1 {record}".strip(), "v=spf10 nothing to do with it"]}
    )
    assert (await spf.evaluate(address, "d.example", ask))[0] == result


async def test_limits_are_those_of_receivers() -> None:
    many = " ".join(["a:host.example"] * 11)
    ask = asking(NAMES | {("d.example", "TXT"): [f"v=spf1 {many} -all"]})
    assert (await spf.survey("d.example", ask)).lookups == 11
    assert (await spf.evaluate("192.0.2.8", "d.example", ask))[0] == "permerror"
    assert (await spf.evaluate("192.0.2.7", "d.example", ask))[0] == "pass", "it matched before the limit"
    ask = asking({("d.example", "TXT"): ["v=spf1 a:x.example mx:y.example exists:z.example -all"]})
    assert (await spf.survey("d.example", ask)).void == ["x.example", "y.example", "z.example"]


async def test_records_that_include_each_other_end() -> None:
    ask = asking(
        {
            ("d.example", "TXT"): ["v=spf1 include:e.example -all"],
            ("e.example", "TXT"): ["v=spf1 include:d.example include:e.example -all"],
        }
    )
    assert (await spf.survey("d.example", ask)).lookups > spf.MAX_LOOKUPS
    assert (await spf.evaluate("192.0.2.7", "d.example", ask))[0] == "permerror"


async def test_a_survey_follows_everything_that_is_named() -> None:
    ask = asking(
        NAMES
        | {
            ("d.example", "TXT"): ["v=spf1 include:e.example mx:mailed.example exists:%{i}.x.example -all"],
            ("e.example", "TXT"): ["v=spf1 include:pass.example a:host.example -all"],
        }
    )
    seen = await spf.survey("d.example", ask)
    assert (seen.lookups, seen.depth, seen.void, seen.faults) == (5, 2, [], [])


@pytest.mark.parametrize(
    ("macro", "value"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("a%%b%_c%-d", "a%b c%20d"),
    ],
)
def test_macros_stand_for_what_the_standard_says(macro: str, value: str) -> None:
    """The examples of RFC 7208, 7.4."""
    from ipaddress import ip_address

    address = ip_address("192.0.2.3")
    assert expand(macro, "email.example.com", "strong-bad@email.example.com", address) == value


@pytest.mark.parametrize(
    ("record", "ending"),
    [
        ("v=spf1 -all", "fail"),
        ("v=spf1 all", "pass"),
        ("v=spf1 a", "neutral"),
        ("v=spf1 redirect=x.example", ""),
    ],
)
def test_how_a_record_ends(record: str, ending: str) -> None:
    assert parse(record).ending == ending
