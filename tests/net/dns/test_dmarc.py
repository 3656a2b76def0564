"""DMARC: where the policy is found, whose domain it is, and what is aligned (RFC 9989)."""

from __future__ import annotations

import pytest

from digest.net.dns import dmarc
from tests.net.dns.test_spf import asking

R = "v=DMARC1; p=reject"


@pytest.mark.parametrize(
    ("published", "at", "organisation", "wanted"),
    [
        ({}, "", "a.news.example.org", ""),
        ({"a.news.example.org": R}, "a.news.example.org", "a.news.example.org", "reject"),
        ({"example.org": f"{R}; sp=none"}, "example.org", "example.org", "none"),
        (
            {"example.org": R, "a.news.example.org": "v=DMARC1; p=none"},
            "a.news.example.org",
            "example.org",
            "none",
        ),
        ({"org": f"{R}; psd=y", "example.org": R}, "example.org", "example.org", "reject"),
        ({"org": f"{R}; psd=y"}, "", "example.org", ""),
        (
            {"news.example.org": f"{R}; psd=n", "example.org": R},
            "news.example.org",
            "news.example.org",
            "reject",
        ),
        ({"example.org": "v=DMARC10; p=reject"}, "", "a.news.example.org", ""),
        ({"example.org": "v=DMARC1;p=none;p=reject"}, "example.org", "example.org", "none"),
    ],
)
async def test_where_the_policy_is(
    published: dict[str, str], at: str, organisation: str, wanted: str
) -> None:
    records = {(f"_dmarc.{name}", "TXT"): [text, "unrelated"] for name, text in published.items()}
    policy = await dmarc.find("a.news.example.org", asking(records))
    assert (policy.at, policy.organisation, policy.wanted) == (at, organisation, wanted)


async def test_what_is_aligned() -> None:
    policy = await dmarc.find("news.example.org", asking({("_dmarc.example.org", "TXT"): [R]}))
    assert policy.is_aligned("bounces.example.org", strict=False)
    assert not policy.is_aligned("bounces.example.org", strict=True)
    assert policy.is_aligned("news.example.org", strict=True)
    assert not policy.is_aligned("notexample.org", strict=False)


@pytest.mark.parametrize(
    ("rua", "domains"),
    [
        ("mailto:a@example.org", ["example.org"]),
        ("mailto:a@example.org!10m, MAILTO:b@Reports.example", ["example.org", "reports.example"]),
        ("a@example.org", None),
        ("mailto:a@example.org,https://example.org", None),
        ("mailto:example.org", None),
        ("", None),
    ],
)
def test_where_reports_go(rua: str, domains: list[str] | None) -> None:
    assert dmarc.report_domains(rua) == domains
