"""What the headers of a newsletter's mails say, the same for all readers."""

from __future__ import annotations

from dataclasses import dataclass

from digest.errors import UsageError
from digest.settings import addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who a newsletter's mails are from, what its list is called, and where answers and returns go.

    `sender` and `reply_to` are mailboxes such as "The Daily <daily@news.example.org>". `list_name` is the list's
    name for machines and never changes, `list_title` what people call it. `bounces` is the envelope's sender (the
    address in `sender` by default), `leave_address` one that takes requests to leave, `feedback_id` the identity that
    Gmail groups complaints by. A `test` copy says so in its headers; a `system` mail answers one person, so
    its headers keep other machines from answering it, and it belongs to no list.
    """

    sender: str
    list_name: str
    list_title: str = ""
    reply_to: str = ""
    bounces: str = ""
    leave_address: str = ""
    feedback_id: str = ""
    test: bool = False
    system: bool = False

    @property
    def author(self) -> tuple[str, str]:
        """The name and the ASCII address that mails are from; raises UsageError."""
        return mailbox(self.sender)

    @property
    def domain(self) -> str:
        """The author's domain, ASCII: Message-ID and List-Id are built from it."""
        return self.author[1].rpartition("@")[2]


def mailbox(text: str) -> tuple[str, str]:
    """Split "Name <address>" into a name and an address with an ASCII (IDNA) domain; raises UsageError."""
    try:
        return addresses.mailbox(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
