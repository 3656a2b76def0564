"""What a reader's copy costs: the splice, beside the standard library building the same mail; and DKIM on top.

Microseconds of CPU time for one copy, best of five rounds, on a mail of 45 kB HTML with five personal values.

    python bench/message.py
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from digest.message import Letterhead, Skeleton
from digest.message.dkim import Signer, load_signer, new_key
from digest.model import Mail, Recipient, placeholders
from digest.model.placeholders import PLACEHOLDERS

ROUNDS = 5
DATE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LETTERHEAD = Letterhead(
    sender="The Daily <daily@news.example.org>", list_name="daily", list_title="The Daily"
)


def a_mail(headline: str) -> Mail:
    """Return a mail of 45 kB HTML and 6 kB text around a headline."""
    row = (
        '<tr><td style="padding:0 24px 16px;font-family:Georgia,serif;font-size:16px;line-height:1.5;color:#222222">'
        f'<a href="https://news.example.org/2026/03/02/harbour" style="color:#111111">{headline}</a></td></tr>\n'
    )
    foot = " ".join(PLACEHOLDERS[name] for name in placeholders.NAMES)
    rows = row * (45_000 // len(row))
    lines = f"* {headline}\n  https://news.example.org/2026/03/02/harbour\n" * 60
    return Mail(
        subject=headline,
        preheader="",
        html=f"<html><body>{PLACEHOLDERS['browser_url']}<table>{rows}</table><p>{foot}</p></body></html>",
        text=f"{lines}\n{foot}\n",
    )


def reader(number: int) -> tuple[Recipient, dict[str, str]]:
    address = f"reader.{number}@example.org"
    recipient = Recipient(reader_id=number, subscription_id=number, address=address, name="Ada Lovelace")
    site = "https://news.example.org"
    return recipient, {
        "unsubscribe_url": f"{site}/u/AAECAwQFBgcICQo{number:08}",
        "browser_url": f"{site}/e/daily-2026-03-02T0700",
        "preferences_url": f"{site}/p/AAECAwQFBgcICQo{number:08}",
        "address": address,
        "name": recipient.name,
    }


def build_by_hand(mail: Mail, recipient: Recipient, values: dict[str, str]) -> bytes:
    """Build the same mail as most programs do: fill the texts in, then encode it all anew."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = LETTERHEAD.sender, recipient.address, mail.subject
    message.set_content(placeholders.fill(mail.text, values.__getitem__), cte="quoted-printable")
    page = placeholders.fill(mail.html, lambda name: html.escape(values[name]))
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def cost(build: Callable[[int], object], count: int) -> float:
    """Return the microseconds of CPU time that one call takes, in the best of some rounds."""

    def once() -> float:
        started = time.process_time()
        for number in range(count):
            build(number)
        return (time.process_time() - started) / count * 1e6

    return min(once() for _ in range(ROUNDS))


def measure(headline: str, label: str, signers: list[Signer], count: int) -> float:
    mail, readers = a_mail(headline), [reader(number) for number in range(count)]
    skeleton = Skeleton(mail, LETTERHEAD, edition="daily-2026-03-02T0700", date=DATE, signers=signers)
    size = len(skeleton.message(*readers[0]).data)
    spent = cost(lambda number: skeleton.message(*readers[number]), count)
    print(f"{label:<44}{spent:>10.1f} us   {size:>8,} bytes")
    return spent


def main() -> None:
    english, russian = (
        "The harbour café reopens after nine years",
        "Кафе в гавани открывается после девяти лет",
    )
    spliced = measure(english, "splice, quoted-printable", [], 3000)
    measure(russian, "splice, base64", [], 1000)
    mail, readers = a_mail(english), [reader(number) for number in range(30)]
    by_hand = cost(lambda number: build_by_hand(mail, *readers[number]), 30)
    print(f"{'email.message.EmailMessage':<44}{by_hand:>10.1f} us   {by_hand / spliced:>8.0f} x the splice")
    keys = {kind: load_signer("news.example.org", kind, new_key(kind)) for kind in ("ed25519", "rsa")}
    for kind, signer in keys.items():
        measure(english, f"splice and DKIM {kind}", [signer], 300)
    measure(english, "splice and DKIM with both keys", list(keys.values()), 300)
    built = cost(lambda _: Skeleton(mail, LETTERHEAD, edition="daily", date=DATE), 5)
    print(f"{'the skeleton, once for an edition':<44}{built:>10.1f} us")


if __name__ == "__main__":
    main()
