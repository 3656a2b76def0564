"""Whether readers, and the machines of their mailbox providers, reach the pages that mails link to.

The token that is posted belongs to nobody (see `digest.readers.links.TEST_COPY`), so nothing happens by it; but only a
program with this database knows that it is a good one, and one that is not good must be turned away.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from urllib.parse import urljoin, urlsplit

from digest.clock import utc_now
from digest.errors import HttpFailure
from digest.model.findings import Finding, Level
from digest.net import certificates
from digest.net.http import Http, Response, is_this_machine
from digest.readers.links import TEST_COPY
from digest.store.db import engines
from digest.tools import Tools

_SECONDS = 10.0  # for an answer of the site
_ONE_CLICK = b"List-Unsubscribe=One-Click"  # what a mailbox provider posts (RFC 8058)
_GUARDED = frozenset({401, 403, 405, 406, 407, 429, 503})  # what logins, filters and challenges answer


async def one_click(tools: Tools, http: Http) -> AsyncIterator[Finding]:
    """Yield whether a POST to the address in List-Unsubscribe arrives at a program with this database."""
    site = tools.settings.site.url
    if not site.startswith("https://"):
        host = urlsplit(site).hostname or ""
        fix = "" if is_this_machine(host) else f'url = "https://{host}{urlsplit(site).path}"'
        text = "it is http: let your proxy speak https, and set site.url to where it does"
        yield _finding(site, "site.https", Level.FAILURE, text, fix)
    else:
        yield _finding(site, "site.https", Level.OK, "https")
    token = tools.links.token(TEST_COPY)
    try:
        answer = await _post(http, f"{site}/u/{token}")
        forged = await _post(http, f"{site}/u/{token[::-1]}")
    except HttpFailure as error:
        text = f"nobody can unsubscribe, for there is no answer: {error}"
        yield _finding(site, "site.one-click", Level.FAILURE, text)
        return
    yield _judge(tools, answer, forged)


async def certificate(tools: Tools, context: ssl.SSLContext | None = None) -> AsyncIterator[Finding]:
    """Yield how long the site's certificate is good; `context` is what verifies it."""
    site = tools.settings.site.url
    parts = urlsplit(site)
    if parts.scheme != "https":
        return
    try:
        shown = await certificates.served(
            parts.hostname or "", parts.port or 443, context or ssl.create_default_context()
        )
    except ssl.SSLCertVerificationError as error:
        text = f"it is not to be trusted: {error.verify_message}"
        yield _finding(site, "site.certificate", Level.FAILURE, text)
    except OSError as error:
        text = f"there is no TLS connection: {error.strerror or error}"
        yield _finding(site, "site.certificate", Level.UNKNOWN, text)
    else:
        level, text = certificates.judge(shown, utc_now())
        yield _finding(site, "site.certificate", level, text)


async def _post(http: Http, url: str) -> Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await http.request("POST", url, headers=headers, content=_ONE_CLICK, timeout=_SECONDS)


def _judge(tools: Tools, answer: Response, forged: Response) -> Finding:
    site, status = tools.settings.site.url, answer.status
    target = urljoin(f"{site}/", answer.headers.get("location", ""))
    match status:
        case 200 if forged.status == 200:
            text = (
                "it answers 200 to whatever is posted, so another program is there: let /u/ lead to this one"
            )
            return _finding(site, "site.one-click", Level.FAILURE, text)
        case 200:
            return _finding(site, "site.one-click", Level.OK, "a POST arrives here, and is not redirected")
        case status if 300 <= status < 400:
            text = f"the POST is redirected ({status} to {_base(target) or 'nowhere'}): set site.url to where it ends"
            fix = f'url = "{_base(target)}"' if _base(target) != site else ""
            return _finding(site, "site.one-click", Level.FAILURE, text, fix)
        case status if status in _GUARDED:
            text = f"the POST is answered {status}: a login, a filter or a service that is down stands before /u/"
            return _finding(site, "site.one-click", Level.FAILURE, text)
        case 404 if _has_no_database(tools):
            text = (
                'there is no database yet, so nothing can answer for it: start "digest run", and check again'
            )
            return _finding(site, "site.one-click", Level.UNKNOWN, text)
        case 404:
            text = (
                'the POST is answered 404: no "digest run" is there, or one with another database, which does not know '
                "the links that this one makes"
            )
            return _finding(site, "site.one-click", Level.FAILURE, text)
        case _:
            text = f'the POST is answered {status}: see what answers there, and whether "digest run" is up'
            return _finding(site, "site.one-click", Level.FAILURE, text)


def _has_no_database(tools: Tools) -> bool:
    file = engines.file_of(engines.target(tools.settings.database.url))
    return file is not None and not file.exists()


def _base(target: str) -> str:
    """Return the site's address that a redirect of /u/TOKEN leads to; without a token in it."""
    parts = urlsplit(target)
    path = parts.path.partition("/u/")[0].rstrip("/") if "/u/" in parts.path else ""
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else ""


def _finding(site: str, id_: str, level: Level, text: str, fix: str = "") -> Finding:
    subject = {
        "site.https": "address",
        "site.one-click": "one-click unsubscribe",
        "site.certificate": "certificate",
    }
    return Finding(level, f"{subject[id_]} of {site}", text, id=id_, group=f"site {site}", fix=fix)
