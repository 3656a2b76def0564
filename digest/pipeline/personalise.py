"""From an edition to its readers' copies: encoded once, then each reader spliced in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from digest.delivery import MessageMaker
from digest.errors import UsageError
from digest.message import Letterhead, Skeleton
from digest.model import Edition, Mail, Message, Recipient
from digest.readers.links import Links
from digest.settings import Newsletter, Settings
from digest.tools import Tools

if TYPE_CHECKING:
    from digest.message.dkim import Signer


def copies(tools: Tools) -> Callable[[Edition], MessageMaker]:
    """Return what makes, for an edition, the maker of its copies."""

    def of(edition: Edition) -> MessageMaker:
        newsletter = _newsletter(edition, tools.settings)
        links = tools.links_of(newsletter)

        @cache
        def skeleton(variant: int | None, text_only: bool) -> Skeleton:
            mail = edition.mail if variant is None else edition.variants[variant]
            assert mail is not None
            return encode(
                mail,
                newsletter,
                tools,
                edition=edition.name,
                date=edition.opened_at,
                text_only=text_only,
            )

        def copy(recipient: Recipient) -> Message:
            own = skeleton(recipient.variant, recipient.text_only)
            return own.message(recipient, links.values(recipient, edition.name))

        try_copy(skeleton(None, False), edition.name, links)
        return copy

    return of


def try_copy(skeleton: Skeleton, edition: str, links: Links) -> None:
    """Make a sample copy; raises UsageError if no copy of this edition can be made."""
    sample = Recipient(reader_id=0, subscription_id=0, address="reader@example.org")
    try:
        skeleton.message(sample, links.values(sample, edition))
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
    text_only: bool = False,
) -> Skeleton:
    """Encode a set mail, signed with the keys that the configuration has for the sender's domain."""
    head = letterhead(newsletter, test=test, system=system)
    links = tools.links
    return Skeleton(
        mail,
        head,
        edition=edition,
        date=date,
        signers=_signers(head.domain, tools.settings),
        text_only=text_only,
        return_path=links.mail_addresses(head.bounces, "bounce") if head.bounces else None,
        leave_address=links.mail_addresses(head.leave_address, "leave") if head.leave_address else None,
    )


def _signers(domain: str, settings: Settings) -> Sequence[Signer]:
    if not settings.dkim:
        return ()
    from digest.message.dkim import signers_for  # brings 7 MB of cryptography, which only those who sign need

    return signers_for(domain, settings.dkim)


def letterhead(newsletter: Newsletter, *, test: bool = False, system: bool = False) -> Letterhead:
    """Return what the headers of a newsletter's mails say."""
    return Letterhead(
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        bounces=newsletter.bounces,
        leave_address=newsletter.leave_address,
        list_name=newsletter.name,
        list_title=newsletter.title,
        test=test,
        system=system,
    )
