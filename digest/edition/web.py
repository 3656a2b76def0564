"""The edition as a page: the same mail for whoever has its address, with nobody's personal values in it."""

from __future__ import annotations

from html import escape

from selectolax.lexbor import LexborHTMLParser

from digest.marks import fill
from digest.model import Mail

MAIL_ONLY = "mail-only"  # the class of what makes sense in a mailbox alone


def web_copy(mail: Mail, *, browser_url: str, subscribe_url: str = "") -> str:
    """Return the HTML of an edition for "view in browser": personal links lead to the page of this list, or nowhere.

    The page is complete even where the mail had to leave stories to the web.
    """
    tree = LexborHTMLParser(mail.web or mail.html)
    for node in tree.css(f".{MAIL_ONLY}"):
        node.decompose()
    harmless = {
        "browser_url": browser_url,
        "unsubscribe_url": subscribe_url,
        "preferences_url": subscribe_url,
    }
    return fill(tree.html or "", lambda name: escape(harmless.get(name, "")))
