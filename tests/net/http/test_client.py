"""The client against servers that are slow, broken or hostile, and as an email API's caller."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import httpx
import pytest
import trustme

from digest.errors import SourceBlocked, SourceError, SourceGone, SourceUnreachable
from digest.model import Validators
from digest.net.http import Http, HttpFailure, Response, inflate, is_public
from digest.net.http.body import Limit
from digest.net.http.guard import tls_context
from digest.net.http.turns import Turns
from digest.net.http.wire import read_body
from tests.helpers.servers import Answer, Request, Server, redirect


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """A client that may visit this machine."""
    client = Http(user_agent="Paper/1.0 (+https://news.example.org)", allow_private=True, timeout=5)
    yield client
    await client.close()


@pytest.fixture
async def guarded() -> AsyncIterator[Http]:
    """A client as it is by default."""
    client = Http(user_agent="Paper/1.0", timeout=5)
    yield client
    await client.close()


# --- requests --------------------------------------------------------------------------------------------


async def test_a_visit_says_who_comes_and_nothing_more(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body="hello", headers={"Set-Cookie": "id=1", "X-Odd": "caf\xe9"})
    for _ in range(2):
        answer = await http.get(server.url())
    assert (answer.status, answer.body, answer.url) == (200, b"hello", server.url())
    assert answer.headers["x-odd"] == "caf\xe9"
    assert dict(server.requests[-1].headers) == {
        "host": f"127.0.0.1:{server.port}",
        "connection": "keep-alive",
        "user-agent": "Paper/1.0 (+https://news.example.org)",
        "accept": "*/*",
        "accept-encoding": "gzip",
    }


async def test_no_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client = Http(user_agent="x", allow_private=True)
    server.routes["/"] = Answer(body="direct")
    assert (await client.get(server.url())).body == b"direct"
    assert (await client.request("GET", server.url())).body == b"direct"
    await client.close()


async def test_certificates_that_cannot_be_read_are_said_in_words(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certifi.where", lambda: "/nowhere/cacert.pem")
    tls_context.cache_clear()
    client = Http(user_agent="x", allow_private=True)
    with pytest.raises(SourceUnreachable, match="certificate authorities cannot be read"):
        await client.get(server.url())
    with pytest.raises(HttpFailure, match="certificate authorities") as failed:
        await client.request("GET", server.url())
    assert not failed.value.sent
    assert not server.requests
    await client.close()


def test_who_goes_nowhere_does_not_load_httpx() -> None:
    program = (
        "import sys, digest.app, digest.pipeline.publish, digest.senders.smtp; print('httpx' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout == "False\n"


async def test_validators_come_back_as_the_server_worded_them(server: Server, http: Http) -> None:
    odd = "Tuesday, about noon"
    server.routes["/"] = Answer(body="1", etag='W/"a b"', headers={"Last-Modified": odd})
    first = await http.get(server.url())
    assert first.validators == Validators(etag='W/"a b"', last_modified=odd)
    assert (await http.get(server.url(), validators=first.validators)).status == 304
    asked = server.requests[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"a b"', odd)


async def test_validators_follow_a_redirect(server: Server, http: Http) -> None:
    server.routes |= {"/old": redirect("/new", 301), "/new": Answer(etag='"1"')}
    assert (await http.get(server.url("/old"), validators=Validators(etag='"1"'))).status == 304


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": 'max-age="600"', "age": "100"}, 500),
        ({"cache-control": "max-age=31536000"}, 5 * 3600),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"expires": "Thu, 01 Jan 2026 01:00:00 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 3600),
        ({"expires": "0", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, None),
        ({"expires": "soon"}, None),
        ({}, None),
    ],
)
def test_freshness_is_believed_within_reason(headers: dict[str, str], expected: float | None) -> None:
    assert Response(status=200, url="", headers=headers).fresh_for == expected


def test_a_server_that_says_never_to_reuse_gives_no_validators() -> None:
    answer = Response(status=200, url="", headers={"expires": "0", "etag": '"1"'})
    assert answer.validators == Validators()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:02:00 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 120.0),
        ({"Retry-After": "Mon, 02 Mar 2026 06:01:00 GMT"}, 60.0),
        ({"Retry-After": "Thu, 01 Jan 2015 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "later"}, None),
        ({}, None),
    ],
)
async def test_a_busy_server_is_heard(
    server: Server, headers: dict[str, str], expected: float | None, now: datetime
) -> None:
    http = Http(user_agent="x", allow_private=True, clock=lambda: now)
    server.routes["/"] = Answer(status=429, headers=headers)
    with pytest.raises(SourceError, match="429 Too Many Requests") as caught:
        await http.get(server.url())
    assert (caught.value.status, caught.value.retry_after) == (429, expected)
    await http.close()


async def test_statuses_are_said_in_words(server: Server, http: Http) -> None:
    server.routes["/gone"] = Answer(status=410)
    server.routes["/wall"] = Answer(status=403, headers={"cf-mitigated": "challenge"})
    server.routes["/304"] = Answer(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n")
    with pytest.raises(SourceGone, match="gone for good"):
        await http.get(server.url("/gone"))
    with pytest.raises(SourceError, match="wants to see a browser"):
        await http.get(server.url("/wall"))
    with pytest.raises(SourceError, match="404 Not Found"):
        await http.get(server.url("/none"))
    with pytest.raises(SourceError, match="304"):
        await http.get(server.url("/304"))  # nothing was asked that could be answered so


# --- redirects -------------------------------------------------------------------------------------------


async def test_permanent_redirects_are_reported_up_to_the_first_temporary_one(
    server: Server, http: Http
) -> None:
    server.routes |= {
        "/1": redirect("/2", 301),
        "/2": redirect(server.url("/3"), 308),
        "/3": redirect("4?x=ä".encode().decode("latin-1"), 302),
        "/4": Answer(body="here"),
        "/temporary": redirect("/1", 307),
    }
    answer = await http.get(server.url("/1"))
    assert (answer.body, answer.url, answer.moved_to) == (
        b"here",
        server.url("/4?x=%C3%A4"),
        server.url("/3"),
    )
    assert (await http.get(server.url("/temporary"))).moved_to == ""


async def test_redirects_end(server: Server, http: Http) -> None:
    server.routes["/loop"] = redirect("/loop", 301)
    with pytest.raises(SourceError, match="more than 5 times"):
        await http.get(server.url("/loop"))
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.org/x", "data:,x"]
)
async def test_redirects_lead_to_the_web_only(server: Server, http: Http, target: str) -> None:
    server.routes["/"] = redirect(target)
    with pytest.raises(SourceBlocked, match="only http and https"):
        await http.get(server.url())


async def test_a_key_is_not_carried_to_another_host(server: Server, http: Http) -> None:
    server.routes |= {
        "/": redirect(f"http://localhost:{server.port}/there"),
        "/there": Answer(),
        "/here": redirect("/there"),
    }
    await http.get(server.url(), headers={"X-Api-Key": "s3cret", "Authorization": "Bearer s3cret"})
    first, second = server.requests
    assert first.headers["x-api-key"] == "s3cret"
    assert not {"x-api-key", "authorization"} & set(second.headers)
    await http.get(server.url("/here"), headers={"X-Api-Key": "s3cret"})
    assert server.requests[-1].headers["x-api-key"] == "s3cret"


async def test_user_and_password_serve_their_host_and_show_nowhere(server: Server, http: Http) -> None:
    server.routes |= {"/": redirect(f"http://localhost:{server.port}/there", 301), "/there": Answer()}
    answer = await http.get(f"http://ada:s3cret@127.0.0.1:{server.port}/")
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in server.requests[1].headers
    assert "s3cret" not in repr(answer)
    with pytest.raises(SourceError) as caught:
        await http.get(f"http://ada:s3cret@127.0.0.1:{server.port}/none")
    assert "s3cret" not in str(caught.value)


# --- addresses -------------------------------------------------------------------------------------------


_NOT_PUBLIC = """
0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1
224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
100::1 2001:0:1::1 2001:db8::1 2002:7f00:1::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
"""


@pytest.mark.parametrize("address", _NOT_PUBLIC.split())
def test_addresses_that_are_not_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0", "[::]", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1"],
)  # fmt: skip
async def test_this_machine_is_not_visited_however_it_is_spelt(guarded: Http, host: str) -> None:
    with pytest.raises(SourceBlocked, match="private or reserved"):
        await guarded.get(f"http://{host}/")


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
async def test_only_the_ports_of_the_web_are_visited(guarded: Http, port: int) -> None:
    with pytest.raises(SourceBlocked, match=f"port {port} is not visited"):
        await guarded.get(f"http://example.org:{port}/")


@pytest.mark.parametrize(
    "url", ["", "no address", "https://", "http://[::1", "http://exa mple.org/", "/path"]
)
async def test_what_is_no_address_is_said_to_be_none(guarded: Http, url: str) -> None:
    with pytest.raises(SourceError):
        await guarded.get(url)


async def test_a_redirect_to_this_machine_is_not_followed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop is let through as if it were public; the second is checked like any other."""
    monkeypatch.setattr(
        "digest.net.http.visitor.Visitor._check", lambda *_: None
    )  # so that the test may use odd ports
    monkeypatch.setattr("digest.net.http.guard.is_public", lambda address: address == "127.0.0.1")
    http = Http(user_agent="x")
    server.routes |= {"/": redirect("http://127.0.0.2/admin")}
    with pytest.raises(SourceBlocked, match=r"127\.0\.0\.2 is a private"):
        await http.get(server.url())
    await http.close()


async def test_an_answer_that_changes_between_look_ups_gains_nothing() -> None:
    """The address that is checked is the address that is connected to: the name is looked up once."""
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    http = Http(user_agent="x", resolve=rebinding, timeout=0.2)
    with pytest.raises(SourceError) as caught:
        await http.get("http://rebind.example/")
    assert asked == ["rebind.example"]
    assert not isinstance(caught.value, SourceBlocked)  # it tried the public one
    with pytest.raises(SourceBlocked):
        await http.get("http://rebind.example/")
    await http.close()


async def test_of_several_addresses_only_public_ones_are_tried(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def public(address: str) -> bool:
        tried.append(address)
        return address == "127.0.0.1"  # stands for a public one

    async def both(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr("digest.net.http.visitor.Visitor._check", lambda *_: None)
    monkeypatch.setattr("digest.net.http.guard.is_public", public)
    http = Http(user_agent="x", resolve=both)
    server.routes["/"] = Answer(body="public")
    assert (await http.get(f"http://two.example:{server.port}/")).body == b"public"
    assert tried == ["127.0.0.9", "127.0.0.1"]
    await http.close()


async def test_the_next_address_is_tried_when_one_does_not_answer(server: Server) -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.9", "127.0.0.1"]  # nothing listens at the first

    http = Http(user_agent="x", resolve=both, allow_private=True)
    server.routes["/"] = Answer(body="second")
    assert (await http.get(f"http://two.example:{server.port}/")).body == b"second"
    await http.close()


async def test_a_name_that_does_not_exist_is_said_so(guarded: Http) -> None:
    with pytest.raises(SourceError, match="does not exist, or the DNS does not answer"):
        await guarded.get("http://nobody.invalid/")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("paper.example").configure_cert(context)
    server = Server(tls=context).start()
    yield server
    server.close()


async def _here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_tls_is_verified_by_name_although_the_address_is_connected_to(
    tls_server: Server, authority: trustme.CA
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    http = Http(user_agent="x", resolve=_here, tls=trusting, allow_private=True)
    tls_server.routes["/"] = Answer(body="safe")
    assert (await http.get(f"https://paper.example:{tls_server.port}/")).body == b"safe"
    with pytest.raises(SourceError, match=r"certificate is not valid \(Hostname mismatch"):
        await http.get(f"https://other.example:{tls_server.port}/")
    await http.close()


async def test_a_certificate_nobody_vouches_for_is_refused(tls_server: Server) -> None:
    http = Http(user_agent="x", resolve=_here, allow_private=True)
    with pytest.raises(SourceError, match="certificate is not valid"):
        await http.get(f"https://paper.example:{tls_server.port}/")
    with pytest.raises(HttpFailure, match="certificate is not valid") as caught:
        await http.request("POST", tls_server.url())
    assert not caught.value.sent
    await http.close()


# --- size and time ---------------------------------------------------------------------------------------

_GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=gzip.compress(b"text" * 50_000), headers=_GZIP),
        Answer(body=gzip.compress(b"text" * 20_000) + gzip.compress(b"text" * 30_000), headers=_GZIP),
        Answer(body=gzip.compress(b"text" * 50_000) + b"\0" * 512, headers=_GZIP),
        Answer(body=gzip.compress(gzip.compress(b"text" * 50_000)), headers=_GZIP),
        Answer(body=b"text" * 50_000, headers=_GZIP),
        Answer(body=gzip.compress(b"text" * 50_000)),
    ],
    ids=["gzip", "two members", "padded", "twice", "plain although announced", "not announced"],
)
async def test_gzip_is_read_as_it_comes(server: Server, http: Http, answer: Answer) -> None:
    server.routes["/"] = answer
    assert (await http.get(server.url())).body == b"text" * 50_000


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(body=gzip.compress(bytes(range(256)) * 400)[:-200], headers=_GZIP),
            "breaks off before its end",
        ),
        (Answer(body=b"\x1f\x8b\x08\x00" + b"garbage" * 20, headers=_GZIP), "is damaged"),
        (Answer(body=b"\x8b\x00", headers={"Content-Encoding": "br"}), "not asked for \\(br\\)"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), "broke off before"),
        (Answer(raw=b"220 mail.example ESMTP\r\n\r\n"), "not proper HTTP"),
        (Answer(raw=b""), "broke off before"),
    ],
)
async def test_broken_answers_are_said_to_be_broken(
    server: Server, http: Http, answer: Answer, words: str
) -> None:
    server.routes["/"] = answer
    with pytest.raises(SourceError, match=words):
        await http.get(server.url())


async def test_a_gigabyte_of_zeros_costs_neither_memory_nor_time(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body=gzip.compress(bytes(1_000_000)) * 1000, headers=_GZIP)
    tracemalloc.start()
    with pytest.raises(SourceError, match="gzip bomb"):
        await http.get(server.url())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_file_is_inflated_within_bounds() -> None:
    assert inflate(gzip.compress(b"map")) == b"map"
    assert inflate(b"<urlset/>") == b"<urlset/>"
    assert inflate(b"") == b""
    with pytest.raises(SourceError, match=r"larger than 0\.1 MB"):
        inflate(gzip.compress(bytes(200_000)), max_bytes=100_000)


def test_a_file_that_gzip_made_no_smaller_takes_no_longer() -> None:
    body = bytes(30_000_000)
    packed = gzip.compress(body, 0)
    start = time.process_time()
    assert inflate(packed, max_bytes=len(body)) == body
    assert time.process_time() - start < 2


def test_a_file_in_countless_pieces_is_refused_at_once() -> None:
    assert inflate(gzip.compress(b"map") * 800) == b"map" * 800
    pieces = gzip.compress(b"") * 150_000
    start = time.process_time()
    with pytest.raises(SourceError, match="absurdly many pieces"):
        inflate(pieces)
    assert time.process_time() - start < 0.5


async def test_what_was_packed_twice_is_unpacked_beside_the_loop() -> None:
    text = " ".join(map(str, range(200_000))).encode()
    answer = httpx.Response(200, stream=httpx.ByteStream(gzip.compress(gzip.compress(text))))
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    assert await read_body(answer, {}, Limit(15_000_000)) == text
    watching.cancel()
    assert turns


async def test_large_answers_are_refused_before_or_while_they_come(server: Server, http: Http) -> None:
    server.routes["/said"] = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    server.routes["/unsaid"] = Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)
    for path in ("/said", "/unsaid"):
        with pytest.raises(SourceError, match=r"larger than 0\.1 MB"):
            await http.get(server.url(path), max_bytes=100_000)


async def test_a_byte_now_and_then_does_not_hold_a_visit_up(server: Server) -> None:
    http = Http(user_agent="x", allow_private=True, timeout=0.3)
    server.routes |= {
        "/drip": Answer(body="x" * 100, drip=0.05),
        "/late": Answer(delay=5),
        "/hop": redirect("/drip"),
    }
    for path in ("/drip", "/late", "/hop"):
        started = time.perf_counter()
        with pytest.raises(SourceError, match=r"took longer than 0\.3 s"):
            await http.get(server.url(path))
        assert time.perf_counter() - started < 2
    await http.close()


# --- manners ---------------------------------------------------------------------------------------------


async def test_a_host_is_asked_one_request_at_a_time_with_a_pause(server: Server) -> None:
    http = Http(user_agent="x", resolve=_here, allow_private=True, host_pause=0.05)
    server.routes["/"] = Answer(delay=0.01)
    await asyncio.gather(*(http.get(f"http://polite.example:{server.port}/") for _ in range(4)))
    arrivals = [request.at for request in server.requests]
    assert server.busiest == 1
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(arrivals))
    await http.close()


async def test_a_host_may_be_asked_without_a_pause_but_still_one_at_a_time(server: Server) -> None:
    http = Http(user_agent="x", resolve=_here, allow_private=True, host_pause=60)
    server.routes["/"] = Answer(delay=0.01)
    url = f"http://polite.example:{server.port}/"
    await asyncio.wait_for(asyncio.gather(*(http.get(url, pause=False) for _ in range(4))), 30)
    assert server.busiest == 1
    await http.close()


async def test_hosts_do_not_wait_for_each_other(server: Server) -> None:
    http = Http(user_agent="x", resolve=_here, allow_private=True, host_pause=30)
    together = threading.Barrier(3)

    def meet(_: Request) -> Answer:
        return Answer(delay=0.2)

    server.routes["/"] = meet
    await asyncio.wait_for(
        asyncio.gather(*(http.get(f"http://{name}.example:{server.port}/") for name in ("a", "b", "c"))), 10
    )
    assert server.busiest == together.parties
    await http.close()


async def test_this_machine_needs_no_pause() -> None:
    turns = Turns(pause=60)
    for host in ("127.0.0.1", "localhost", "::1"):
        async with turns.turn(host), turns.turn(host):
            pass


# --- the first bytes -------------------------------------------------------------------------------------


async def test_of_an_endless_answer_the_first_bytes_are_read(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body=b"ab" * 5_000_000, headers={"Content-Length": str(10**12)})
    answer = await http.get(server.url(), only_first=7, max_bytes=1)
    assert answer.body == b"abababa"


async def test_a_short_answer_is_read_whole(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body=b"short")
    assert (await http.get(server.url(), only_first=7)).body == b"short"


async def test_the_first_bytes_of_gzip_are_those_inside(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body=gzip.compress(b"a" * 10_000_000), headers={"Content-Encoding": "gzip"})
    assert (await http.get(server.url(), only_first=1_000)).body == b"a" * 1_000
    server.routes["/"] = Answer(body=b"\x1f\x8bnonsense")
    with pytest.raises(SourceError, match="damaged"):
        await http.get(server.url(), only_first=1_000)


# --- email APIs ------------------------------------------------------------------------------------------


async def test_a_call_returns_whatever_is_answered(server: Server, http: Http) -> None:
    server.routes["/send"] = lambda request: Answer(
        status=422, body=gzip.compress(request.body), headers={"Content-Encoding": "gzip"}
    )
    answer = await http.request(
        "POST", server.url("/send"), headers={"Authorization": "Bearer k"}, content=b"{}"
    )
    assert (answer.status, answer.body) == (422, b"{}")
    assert server.requests[0].headers["authorization"] == "Bearer k"
    server.routes["/moved"] = redirect("/send")
    assert (await http.request("POST", server.url("/moved"))).status == 302


async def test_a_failed_call_says_whether_the_request_may_have_arrived(server: Server, http: Http) -> None:
    server.routes["/drop"] = Answer(raw=b"")
    server.routes["/late"] = Answer(delay=5)
    with pytest.raises(HttpFailure, match=r"no connection \(connection refused\)") as caught:
        await http.request("POST", "http://127.0.0.1:1/")
    assert not caught.value.sent
    for url in ("http://nobody.invalid/", "ftp://example.org/", "http://["):
        with pytest.raises(HttpFailure) as caught:
            await http.request("POST", url)
        assert not caught.value.sent
    for path in ("/drop", "/late"):
        with pytest.raises(HttpFailure) as caught:
            await http.request("POST", server.url(path), content=b"{}", timeout=0.3)
        assert caught.value.sent


def test_a_date_of_another_century_is_no_reason_to_fail() -> None:
    answer = Response(
        status=503, url="", headers={"retry-after": "Sun, 06 Nov 94 08:49:37 GMT", "date": "yesterday"}
    )
    assert answer.retry_after(datetime(2026, 1, 1, tzinfo=UTC)) is None
