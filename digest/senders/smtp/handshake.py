"""From the greeting to the first mail: EHLO, STARTTLS, AUTH. Knows no socket.

The way is one straight generator: it yields what to write and is sent the server's reply, so each step can be tried with
plain values. RFC 5321 (EHLO), RFC 3207 (STARTTLS), RFC 4954 and RFC 4616 (AUTH, PLAIN).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.senders.judgement import Cause, Phase, judge
from digest.senders.smtp.replies import Reply

WAIT: Final = b""  # write nothing, only read the greeting
START_TLS: Final = b"\0TLS"  # begin TLS now; there is no reply to it

_HIDDEN: Final = "[hidden]"
_AUTH_LINE = re.compile(r"^AUTH[ =]", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{8,}")

Script: TypeAlias = Generator[bytes, Reply, "Features"]


@dataclass(frozen=True, slots=True)
class Features:
    """What the server offers: EHLO keywords in capitals with their parameters."""

    keywords: Mapping[str, str] = field(default_factory=dict)
    size: int = 0  # the largest message it takes, in bytes; 0 if it names no limit

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def mechanisms(self) -> list[str]:
        return self.keywords.get("AUTH", "").upper().split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logs in and how: by password, or with `token`, an OAuth 2 access token (XOAUTH2)."""

    username: str
    secret: str = field(repr=False)
    token: bool = False

    @property
    def credentials(self) -> str:
        """What PLAIN, or XOAUTH2, says in base64."""
        if self.token:
            return f"user={self.username}\1auth=Bearer {self.secret}\1\1"
        return f"\0{self.username}\0{self.secret}"

    def hide(self, reply: Reply) -> Reply:
        """Return a reply without the secret, for errors: some servers repeat the command that they refuse."""
        return Reply(reply.code, tuple(self._hide(line) for line in reply.lines))

    def _hide(self, line: str) -> str:
        forms = [_base64(text).decode().strip().casefold() for text in (self.credentials, self.secret)]

        def hide(found: re.Match[str]) -> str:
            word = found[0].casefold()  # a server may cut the command, fold it, or write it in capitals
            return _HIDDEN if any(word in form or form in word for form in forms) else found[0]

        line = _BASE64.sub(hide, line)
        return line.replace(self.secret, _HIDDEN) if self.secret else line


def introduce(where: str, helo: str, *, starttls: bool, login: Login | None) -> Script:
    """Go from the greeting to a session that may send; raises SenderBusy or SenderBroken, in words with `where`."""
    greeting = yield WAIT
    if greeting.code != 220:
        raise _failed(greeting, f"{where} does not take connections")
    features = yield from _hello(where, helo)
    if starttls:
        yield from _start_tls(where, features)
        features = yield from _hello(where, helo)  # what was said before TLS may have been said by anybody
    if login:
        yield from _authenticate(where, features, login)
    return features


def _hello(where: str, helo: str) -> Generator[bytes, Reply, Features]:
    reply = yield f"EHLO {helo}\r\n".encode()
    if reply.code in (500, 502, 504):  # a server of the last century
        reply = yield f"HELO {helo}\r\n".encode()
        if reply.code == 250:
            return Features()
    if reply.code != 250:
        raise _failed(reply, f"{where} does not accept our greeting")
    keywords = _keywords(reply.lines[1:])
    limit = keywords.get("SIZE", "")
    return Features(keywords, size=int(limit) if limit.isascii() and limit.isdigit() else 0)


def _keywords(lines: Sequence[str]) -> dict[str, str]:
    """Read EHLO's lines, in any case; several lines of AUTH, with a blank or "=" behind it, count together."""
    keywords: dict[str, str] = {}
    for line in lines:
        keyword, _, parameters = _AUTH_LINE.sub("AUTH ", line.strip()).partition(" ")
        before = f"{keywords.get('AUTH', '')} " if keyword == "AUTH" else ""
        keywords[keyword.upper()] = before + parameters.strip()
    return keywords


def _start_tls(where: str, features: Features) -> Generator[bytes, Reply, None]:
    if "STARTTLS" not in features:
        raise SenderBroken(
            f"{where} offers no STARTTLS, so nothing was sent, the password least of all: "
            'use security = "tls" with port 465, or ask the provider'
        )
    reply = yield b"STARTTLS\r\n"
    if reply.code != 220:
        raise _failed(reply, f"{where} does not begin TLS")
    yield START_TLS


def _authenticate(where: str, features: Features, login: Login) -> Generator[bytes, Reply, None]:
    wanted = ("XOAUTH2",) if login.token else ("PLAIN", "LOGIN")
    mechanism = next((name for name in wanted if name in features.mechanisms), None)
    if mechanism is None:
        raise SenderBroken(_no_mechanism(where, features.mechanisms, wanted))
    reply = yield from _MECHANISMS[mechanism](login)
    if reply.code != 235:
        error = _failed(
            login.hide(reply), f"{where} does not accept the login of {login.username!r}", Phase.LOGIN
        )
        if isinstance(error, SenderBroken):
            keys = "`oauth`" if login.token else "`username` and `password`"
            error = SenderBroken(f"{error}: check {keys}")
        raise error


def _plain(login: Login) -> Generator[bytes, Reply, Reply]:
    return (yield b"AUTH PLAIN " + _base64(login.credentials))


def _login(login: Login) -> Generator[bytes, Reply, Reply]:
    reply = yield b"AUTH LOGIN\r\n"
    for answer in (login.username, login.secret):
        if reply.code != 334:
            return reply
        reply = yield _base64(answer)
    return reply


def _xoauth2(login: Login) -> Generator[bytes, Reply, Reply]:
    reply = yield b"AUTH XOAUTH2 " + _base64(login.credentials)
    if reply.code == 334:  # an explanation in base64; an empty line asks for the refusal itself
        reply = yield b"\r\n"
    return reply


_MECHANISMS = {"PLAIN": _plain, "LOGIN": _login, "XOAUTH2": _xoauth2}


def _base64(text: str) -> bytes:
    return b64encode(text.encode()) + b"\r\n"


def _no_mechanism(where: str, offered: Sequence[str], wanted: Sequence[str]) -> str:
    text = f"{where} offers no way to log in that we know ({' or '.join(wanted)}); it offers: "
    if not offered:
        return f"{text}none: check `port` and `security`, or leave out `username` if it needs no login"
    names = " ".join(dict.fromkeys(offered))
    if wanted == ("XOAUTH2",):
        return f"{text}{names}: use `password` instead of `oauth`"
    return f"{text}{names}, which is not supported: ask the provider to switch on PLAIN over TLS, or for another port"


_PASSING = {Cause.QUOTA, Cause.THROTTLE, Cause.BUSY}


def _failed(reply: Reply, what: str, phase: Phase = Phase.CONNECT) -> SenderError:
    """Say who must act: 4xx asks us to wait, and so does a used-up quota; anything else needs a person."""
    judgement = judge(phase, reply.code, " ".join(reply.lines))
    if 400 <= reply.code < 500 or judgement.cause in _PASSING:
        return SenderBusy(f"{what} now: {reply}", retry_after=judgement.wait)
    return SenderBroken(f"{what}: {reply}")
