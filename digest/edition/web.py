"""The edition as a page: the same for every visitor, without any reader's personal values."""

from __future__ import annotations

from html import escape

from selectolax.lexbor import LexborHTMLParser

from digest.model import Mail
from digest.model.placeholders import PATTERN, fill

MAIL_ONLY = "mail-only"  # the class of what makes sense in a mailbox alone


def web_copy(mail: Mail, *, browser_url: str, subscribe_url: str = "") -> str:
    """Return the HTML of an edition for "view in browser": personal links lead to the page of this list, or are gone.

    The page is complete even where the mail had to leave stories to the web.
    """
    values = {"browser_url": browser_url, "unsubscribe_url": subscribe_url, "preferences_url": subscribe_url}
    tree = LexborHTMLParser(mail.web or mail.html)
    for node in tree.css(f".{MAIL_ONLY}"):
        node.decompose()
    for link in tree.css("a[href]"):
        href = link.attributes.get("href") or ""
        if PATTERN.search(href) and not fill(href, lambda name: values.get(name, "")):
            link.decompose()
    return fill(tree.html or "", lambda name: escape(values.get(name, "")))
