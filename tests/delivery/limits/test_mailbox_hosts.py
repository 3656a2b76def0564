"""Which host keeps a domain's mailboxes: by its name, else by its MX record, asked for beside the work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from dns import asyncresolver

from digest.app import _mx
from digest.delivery.limits import mailbox_hosts
from digest.delivery.limits.mailbox_hosts import MailboxHostResolver, host_from_mx
from tests.helpers.name_server import NameServer, serve_names

RECORDS = {
    "paper.news": ["5 alt1.aspmx.l.google.com.", "1 aspmx.l.google.com."],
    "office.news": ["0 office-news.mail.protection.outlook.com."],
    "own.news": ["10 mx.own.news."],
}


@pytest.mark.parametrize(
    ("records", "host"),
    [
        (["1 aspmx.l.google.com.", "5 alt1.aspmx.l.google.com."], "gmail.com"),
        (["10 ALT1.ASPMX.L.GOOGLE.COM.", "20 mx.elsewhere.news."], "gmail.com"),
        (["0 office-news.mail.protection.outlook.com."], "outlook.com"),
        (["0 office-news.a-v1.mx.microsoft."], "outlook.com"),
        (["1 mx-biz.mail.am0.yahoodns.net."], "yahoo.com"),
        (["10 mx01.mail.icloud.com."], "icloud.com"),
        (["10 eu-smtp-inbound-1.mimecast.com."], "mimecast.com"),
        (["10 mx.post.example.co.uk."], "example.co.uk"),
        (["10 mx.own.news."], "own.news"),
        (["0 ."], "own.news"),
        ([], "own.news"),
    ],
)
def test_the_first_server_tells_who_keeps_the_mailboxes(records: list[str], host: str) -> None:
    assert host_from_mx("own.news", records) == host


def test_names_of_one_host_are_one_without_asking() -> None:
    known = MailboxHostResolver()
    assert known.of("ada@GoogleMail.com") == known.of("bob@gmail.com") == "gmail.com"
    assert known.of("ada@example.org") == "example.org"


class Asked:
    """Answers from records written for the test, once `go` is set; notes what it was asked."""

    def __init__(self, records: Mapping[str, Sequence[str]] = RECORDS) -> None:
        self.names: list[str] = []
        self.go = asyncio.Event()
        self._records = records

    async def __call__(self, domain: str) -> list[str]:
        self.names.append(domain)
        await self.go.wait()
        if domain not in self._records:
            raise TimeoutError(domain)
        return list(self._records[domain])


async def settle(known: MailboxHostResolver) -> None:
    async with asyncio.timeout(10):
        while known._asking:
            await asyncio.sleep(0.01)


async def test_a_domain_stands_for_itself_until_the_answer_is_there() -> None:
    asked = Asked()
    known = MailboxHostResolver(asked)
    assert [known.of(f"ada@{name}") for name in (*RECORDS, "paper.news")] == [*RECORDS, "paper.news"]
    asked.go.set()
    await settle(known)
    assert [known.of(f"ada@{name}") for name in RECORDS] == ["gmail.com", "outlook.com", "own.news"]
    assert sorted(asked.names) == sorted(RECORDS), "each is asked for once"
    known.age(200_000.0)
    known.of("ada@paper.news")
    await settle(known)
    assert asked.names.count("paper.news") == 2, "and again after a day"


async def test_big_hosts_and_names_for_tests_are_not_asked_for() -> None:
    asked = Asked()
    known = MailboxHostResolver(asked)
    for domain in (
        "gmail.com",
        "hotmail.com",
        "example.org",
        "a.example.com",
        "mx.test",
        "localhost",
        "x.invalid",
    ):
        known.of(f"ada@{domain}")
    await settle(known)
    assert known.of("ada@hotmail.com") == "outlook.com"
    assert not asked.names


async def test_a_domain_that_the_configuration_names_is_its_own_host() -> None:
    asked = Asked()
    known = MailboxHostResolver(asked, named={"paper.news"})
    known.of("ada@paper.news")
    await settle(known)
    assert not asked.names


async def test_where_nobody_answers_nobody_is_asked_for_a_while() -> None:
    asked = Asked({})
    asked.go.set()
    known = MailboxHostResolver(asked)
    for number in range(100):
        assert known.of(f"ada@host{number}.news") == f"host{number}.news"
    await settle(known)
    for number in range(100, 200):
        known.of(f"ada@host{number}.news")
    await settle(known)
    assert len(asked.names) <= mailbox_hosts._MAX_UNANSWERED_LOOKUPS + mailbox_hosts._MAX_CONCURRENT_LOOKUPS


async def test_what_is_known_and_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_hosts, "_MAX_KNOWN_DOMAINS", 50)
    monkeypatch.setattr(mailbox_hosts, "_MAX_WAITING_DOMAINS", 20)
    known = MailboxHostResolver(Asked())
    for number in range(500):
        known.of(f"ada@host{number}.news")
    assert len(known._known) <= 50
    assert len(known._waiting) <= 20
    await known.close()
    assert not known._asking


@pytest.mark.io
async def test_a_real_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer({("paper.news.", "MX"): ["1 aspmx.l.google.com."]})
    async with serve_names(server) as resolver:
        monkeypatch.setattr(asyncresolver, "default_resolver", resolver)
        known = MailboxHostResolver(_mx)
        known.of("ada@paper.news")
        known.of("ada@nowhere.news")
        await settle(known)
        assert known.of("ada@paper.news") == "gmail.com"
        assert known.of("ada@nowhere.news") == "nowhere.news"
    assert sorted(server.asked) == ["nowhere.news.", "paper.news."]
