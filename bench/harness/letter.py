"""The mail that everybody sends: 45 kB of HTML and 5 kB of text, with each reader's own links.

python -m bench.harness.letter FILE     # the mail as JSON, with its size on the wire, for those who are not Python
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from digest.message import Letterhead, Skeleton
from digest.model import Mail, Message, Recipient
from digest.model.placeholders import PLACEHOLDERS
from digest.readers.links import Links

SENDER = "The Daily <daily@news.example.org>"
SITE = "https://news.example.org"

_STORIES = 113
_STORY = (
    '<tr><td style="padding:0 24px 16px;font-family:Georgia,serif;font-size:16px;line-height:1.5;color:#222222">'
    '<a href="https://news.example.org/2026/03/02/harbour-{i}" style="color:#111111;text-decoration:none">'
    "<b>The harbour café reopens after {i} years – and the town turns out</b></a><br>"
    "Volunteers restored the pier over two winters; the council’s grant covered half. By Ada Bråten.</td></tr>\n"
)
_LINE = "* The harbour café reopens after {i} years\n  https://news.example.org/{i}\n"


def mail() -> Mail:
    """Return a mail of the size and the kind that our themes make."""
    names = ("unsubscribe_url", "browser_url", "preferences_url")
    foot = " ".join(f'<a href="{PLACEHOLDERS[name]}">{name}</a>' for name in names)
    page = "".join(_STORY.format(i=i) for i in range(_STORIES))
    lines = "".join(_LINE.format(i=i) for i in range(73))
    return Mail(
        subject="The harbour café reopens",
        preheader="And the town turns out",
        html=f"<html><body><table>{page}</table><p>For {PLACEHOLDERS['address']}: {foot}</p></body></html>",
        text=f"{lines}\nFor {PLACEHOLDERS['address']}: {PLACEHOLDERS['unsubscribe_url']}\n",
    )


def copies(count: int) -> Iterator[Message]:
    """Build the copies of readers 1 to `count`, as the program hands them over."""
    date = datetime(2026, 3, 2, 6, tzinfo=UTC)
    head = Letterhead(sender=SENDER, list_name="daily", list_title="The Daily")
    skeleton = Skeleton(mail(), head, edition="daily-2026-03-02T0700", date=date)
    links = Links(SITE, b"k" * 32)
    for number in range(1, count + 1):
        address = f"reader.{number}@example.org"
        recipient = Recipient(
            reader_id=number, subscription_id=number, address=address, name=f"Reader {number}"
        )
        yield skeleton.message(recipient, links.values(recipient, "daily-2026-03-02T0700"))


def main() -> None:
    letter = mail()
    [copy] = copies(1)
    document = {
        "sender": SENDER,
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        "marks": PLACEHOLDERS,
        "site": SITE,
        "size": len(copy.data),
    }
    Path(sys.argv[1]).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
