"""The personal links in a mail: signed, so that a reader's cannot be guessed, and bound to their purpose.

A token is base64url of: key version (1 byte), number (1 to 12 bytes, big-endian), tag (16 bytes of keyed BLAKE2b over
version and number, personalised by the purpose; RFC 7693). A letter follows, because base64url may end in "-" or "_",
which mail programs leave out of what they make clickable. A token names a subscription by its number and says nothing
else; one that expires has the moment in the last 4 bytes of the number (seconds since 1970).

The same goes for mail addresses: "bounces+TOKEN@news.example.org" is where a reader's mail comes back to (VERP),
"leave+TOKEN@..." where the reader may write to leave. Their tokens are hexadecimal, because some servers change the case
of an address, and have a tag of 12 bytes, because the part before the @ has 64 characters at most (RFC 5321, 4.5.3.1.1).
"""

from __future__ import annotations

import binascii
import copy
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from hmac import compare_digest
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from digest.model import Recipient

Purpose: TypeAlias = Literal["unsubscribe", "preferences", "confirm", "stay", "manage"]
MailPurpose: TypeAlias = Literal["bounce", "leave"]

#: The number in the links of a test copy: it belongs to no reader, so whatever the link does changes nothing.
TEST_COPY = 0

_TAG = 16  # bytes
_LONGEST_NUMBER = 12  # bytes
_MOMENT = 32  # bits of a number that are the moment at which a token expires
_MAIL_TAG = 12  # bytes
_END = "x"
_CUT_OFF = (
    "-",
    "_",
)  # what a mail program may have left out of a link that was mailed before there was an end
_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648, 5


_PAGE = b"edition page"  # the purpose of a private edition's key (at most 16 bytes)
_PERMANENT = b"permanent id"  # the purpose of names that never change


@dataclass(frozen=True, slots=True)
class Timed:
    """What a token that expires was made for."""

    number: int
    until: datetime


class Links:
    """Makes the links of a site and reads them back; `keys` are by version, and the newest one signs.

    The pages of editions are found by their names, or where they are `private` only with a key, the same for all readers.
    """

    def __init__(self, site_url: str, keys: bytes | Mapping[int, bytes], *, private: bool = False) -> None:
        self._site, self._private = site_url.rstrip("/"), private
        self._keys: dict[int, bytes] = {}
        # A hash that has taken its key in already is copied for each token: every mail needs two.
        self._keyed: dict[tuple[int, Purpose], blake2b] = {}
        self._keyed_for_mail: dict[tuple[int, MailPurpose], blake2b] = {}
        self.learn({1: keys} if isinstance(keys, bytes) else keys)

    @property
    def _newest(self) -> int:
        return max(self._keys)

    def learn(self, keys: Mapping[int, bytes]) -> None:
        """Take in keys, by version, beside those that are known, here and in what `at` returned."""
        for version, key in keys.items():
            for purpose in get_args(Purpose):
                self._keyed[version, purpose] = blake2b(key=key, person=purpose.encode(), digest_size=_TAG)
            for purpose in get_args(MailPurpose):
                keyed = blake2b(key=key, person=purpose.encode(), digest_size=_MAIL_TAG)
                self._keyed_for_mail[version, purpose] = keyed
            self._keys[version] = key  # last: from now on it may sign

    def knows(self, token: str) -> bool:
        """Tell whether the key of a token is known here, if it is one; another process may have a newer one."""
        try:
            return urlsafe_b64decode(token[:4].encode("ascii"))[0] in self._keys
        except (UnicodeEncodeError, binascii.Error, IndexError):
            return True  # no token at all

    def at(self, site_url: str, *, private: bool = False) -> Links:
        """Return links with the same keys that lead to another site, or to private pages."""
        other = copy.copy(self)
        other._site, other._private = site_url.rstrip("/"), private
        return other

    def values(self, recipient: Recipient, edition_name: str) -> dict[str, str]:
        """Return a reader's own values for the placeholders of a mail (see `digest.model.placeholders`)."""
        return {
            "unsubscribe_url": self.unsubscribe_url(recipient.subscription_id),
            "browser_url": self.browser_url(edition_name),
            "preferences_url": self.preferences_url(recipient.subscription_id),
            "address": recipient.address,
            "name": recipient.name,
        }

    def unsubscribe_url(self, subscription_id: int) -> str:
        """Return the link that ends a subscription; it never expires."""
        return f"{self._site}/u/{self._token(self._newest, subscription_id, 'unsubscribe')}"

    def preferences_url(self, subscription_id: int) -> str:
        return f"{self._site}/p/{self._token(self._newest, subscription_id, 'preferences')}"

    def confirm_url(self, subscription_id: int) -> str:
        """Return the link that confirms a subscription; how long it may be used follows from when it was asked for."""
        return f"{self._site}/c/{self._token(self._newest, subscription_id, 'confirm')}"

    def manage_url(self, subscription_id: int, until: datetime) -> str:
        """Return the link to the page that shows and changes all that a reader has chosen."""
        return f"{self._site}/m/{self.timed_token(subscription_id, 'manage', until)}"

    def browser_url(self, edition_name: str) -> str:
        """Return the address of an edition's page, the same for all readers."""
        page = f"{self._site}/e/{edition_name}"
        return f"{page}/{self._page_key(self._newest, edition_name)}" if self._private else page

    def opens(self, edition_name: str, key: str) -> bool:
        """Tell whether `key` is that of a private edition's page."""
        good = [self._page_key(version, edition_name) for version in self._keys]
        return any(compare_digest(each.encode(), key.encode()) for each in good)

    def permanent_id(self, name: str) -> UUID:
        """Return an id for `name` that stays the same as long as the first key does, whatever the site's address is."""
        key = self._keys[min(self._keys)]
        raw = bytearray(blake2b(name.encode(), key=key, person=_PERMANENT, digest_size=16).digest())
        raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80  # version 8 (RFC 9562, 5.8)
        return UUID(bytes=bytes(raw))

    def token(self, number: int, purpose: Purpose = "unsubscribe") -> str:
        """Return the signed token of a number (a subscription's, or TEST_COPY)."""
        return self._token(self._newest, number, purpose)

    def mail_addresses(self, address: str, purpose: MailPurpose) -> Callable[[int], str]:
        """Return what makes, of an address, the one of a subscription: "bounces+TOKEN@news.example.org"."""
        local, _, domain = address.rpartition("@")
        keyed, version = self._keyed_for_mail[self._newest, purpose], self._newest
        return lambda number: f"{local}+{_sealed(version, number, keyed).hex()}@{domain}"

    def read_mail_address(self, address: str, purpose: MailPurpose) -> int | None:
        """Return the number in an address that `mail_addresses` made, None if we did not make it so."""
        token = address.rpartition("@")[0].rpartition("+")[2]
        try:
            raw = bytes.fromhex(token)
        except ValueError:
            return None
        if not 2 + _MAIL_TAG <= len(raw) <= 9 + _MAIL_TAG:
            return None
        keyed = self._keyed_for_mail.get((raw[0], purpose))
        number = int.from_bytes(raw[1:-_MAIL_TAG], "big")
        return number if keyed and compare_digest(_sealed(raw[0], number, keyed), raw) else None

    def read(self, token: str, purpose: Purpose = "unsubscribe") -> int | None:
        """Return the number that a token was made for, TEST_COPY in a test copy, None if we did not make it so.

        Tokens of mails from before there was a letter at the end are read as well.
        """
        signed = [token.removesuffix(_END), token, *(token + char for char in _CUT_OFF)]
        return next(
            (number for text in signed if (number := self._verified(text, purpose)) is not None), None
        )

    def timed_token(self, number: int, purpose: Purpose, until: datetime) -> str:
        """Return a token that says until when it may be used."""
        return self._token(self._newest, number << _MOMENT | int(until.timestamp()), purpose)

    def read_timed(self, token: str, purpose: Purpose) -> Timed | None:
        """Return what a token was made for, expired or not; None if we did not make it so."""
        if (whole := self.read(token, purpose)) is None:
            return None
        number, seconds = divmod(whole, 1 << _MOMENT)
        return Timed(number, datetime.fromtimestamp(seconds, UTC))

    def _verified(self, signed: str, purpose: Purpose) -> int | None:
        try:
            raw = urlsafe_b64decode(signed.encode("ascii") + b"=" * (-len(signed) % 4))
        except (UnicodeEncodeError, binascii.Error):
            return None
        if not 2 + _TAG <= len(raw) <= 1 + _LONGEST_NUMBER + _TAG or (raw[0], purpose) not in self._keyed:
            return None
        number = int.from_bytes(raw[1:-_TAG], "big")
        genuine = compare_digest(self._signed(raw[0], number, purpose).encode(), signed.encode())
        return number if genuine else None

    def _page_key(self, version: int, edition_name: str) -> str:
        tag = blake2b(edition_name.encode(), key=self._keys[version], person=_PAGE, digest_size=_TAG)
        return tag.hexdigest()

    def _token(self, version: int, number: int, purpose: Purpose) -> str:
        return self._signed(version, number, purpose) + _END

    def _signed(self, version: int, number: int, purpose: Purpose) -> str:
        packed = binascii.b2a_base64(_sealed(version, number, self._keyed[version, purpose]), newline=False)
        return packed.translate(_URL_SAFE, b"=").decode("ascii")


def _sealed(version: int, number: int, keyed: blake2b) -> bytes:
    """Return version, number and tag, packed."""
    named = b"%c%b" % (version, number.to_bytes((number.bit_length() + 7) // 8 or 1, "big"))
    tag = keyed.copy()
    tag.update(named)
    return named + tag.digest()
