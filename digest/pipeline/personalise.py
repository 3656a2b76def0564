"""From an edition to its readers' copies: encoded once, then each reader spliced in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest.delivery import MessageMaker
from digest.errors import UsageError
from digest.message import Letterhead, Skeleton
from digest.model import Edition, Mail, Recipient
from digest.settings import Newsletter, Settings
from digest.tools import Tools


def copies(tools: Tools) -> Callable[[Edition], MessageMaker]:
    """Return what makes, for an edition, the maker of its copies."""

    def of(edition: Edition) -> MessageMaker:
        assert edition.mail is not None
        newsletter = _newsletter(edition, tools.settings)
        skeleton = encode(edition.mail, newsletter, tools, edition=edition.name, date=edition.opened_at)
        try_copy(skeleton, edition.name, tools)
        return lambda recipient: skeleton.message(recipient, tools.links.values(recipient, edition.name))

    return of


def try_copy(skeleton: Skeleton, edition: str, tools: Tools) -> None:
    """Make a sample copy; raises UsageError if no copy of this edition can be made."""
    sample = Recipient(reader_id=0, subscription_id=0, address="reader@example.org")
    try:
        skeleton.message(sample, tools.links.values(sample, edition))
    except ValueError as error:
        raise UsageError(f"no copy of {edition} can be made: {error}") from None


def _newsletter(edition: Edition, settings: Settings) -> Newsletter:
    """Return an edition's newsletter; raises UsageError with the way out if the configuration no longer has it."""
    for newsletter in settings.newsletters:
        if newsletter.name == edition.newsletter:
            return newsletter
    raise UsageError(
        f"its newsletter {edition.newsletter!r} is not in the configuration; put it back under that name, "
        f'or "digest editions cancel {edition.name}"'
    )


def encode(
    mail: Mail,
    newsletter: Newsletter,
    tools: Tools,
    *,
    edition: str,
    date: datetime,
    test: bool = False,
    system: bool = False,
) -> Skeleton:
    """Encode a set mail, signed with the keys that the configuration has for the sender's domain."""
    head = letterhead(newsletter, test=test, system=system)
    if not tools.settings.dkim:
        return Skeleton(mail, head, edition=edition, date=date)
    from digest.message.dkim import signers_for  # brings 7 MB of cryptography, which only those who sign need

    signers = signers_for(head.domain, tools.settings.dkim)
    return Skeleton(mail, head, edition=edition, date=date, signers=signers)


def letterhead(newsletter: Newsletter, *, test: bool = False, system: bool = False) -> Letterhead:
    """Return what the headers of a newsletter's mails say."""
    return Letterhead(
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        list_name=newsletter.name,
        list_title=newsletter.title,
        test=test,
        system=system,
    )
