"""The edition as a page: the same for every visitor, without any reader's personal values."""

from __future__ import annotations

from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.model import Mail
from digest.model.placeholders import PATTERN, fill

MAIL_ONLY = "mail-only"  # the class of what makes sense in a mailbox alone

_MIN_PICTURE_WIDTH = 200  # CSS pixels; smaller ones are signs and thumbnails


def web_copy(mail: Mail, *, browser_url: str, subscribe_url: str = "", head: str = "", foot: str = "") -> str:
    """Return the HTML of an edition for "view in browser": personal links lead to the page of this list, or are gone.

    The page is complete even where the mail had to leave stories to the web. `head` and `foot` are HTML that is added to
    its head and at its end.
    """
    tree = _public(mail, browser_url, subscribe_url)
    if tree.head:
        for node in _nodes(LexborHTMLParser(f"<head>{head}</head>").head):
            tree.head.insert_child(node)
    if tree.body:
        tree.body.inner_html = f"<main>{tree.body.inner_html}</main>{foot}"
    return _filled(tree.html, browser_url, subscribe_url)


def feed_copy(mail: Mail, *, browser_url: str, subscribe_url: str = "") -> str:
    """Return what stands in the body of an edition's page, for a feed: feed readers have styles of their own."""
    tree = _public(mail, browser_url, subscribe_url)
    for node in tree.css("style, script, title, meta, link"):
        node.decompose()
    return _filled(tree.body.inner_html if tree.body else "", browser_url, subscribe_url)


def lead_picture(mail: Mail, *, logo: str = "") -> str:
    """Return the address of the first large picture of an edition that is not its logo, "" if there is none."""
    for image in LexborHTMLParser(mail.web or mail.html).css("img[src][width]"):
        src, width = image.attributes.get("src") or "", image.attributes.get("width") or ""
        large = width.isdecimal() and int(width) >= _MIN_PICTURE_WIDTH
        if large and src != logo and src.startswith(("https://", "http://")):
            return src
    return ""


def _public(mail: Mail, browser_url: str, subscribe_url: str) -> LexborHTMLParser:
    """Return an edition's document without what belongs to one reader."""
    values = _values(browser_url, subscribe_url)
    tree = LexborHTMLParser(mail.web or mail.html)
    for node in tree.css(f".{MAIL_ONLY}"):
        node.decompose()
    for link in tree.css("a[href]"):
        href = link.attributes.get("href") or ""
        if PATTERN.search(href) and not fill(href, lambda name: values.get(name, "")):
            link.decompose()
    return tree


def _nodes(parent: LexborNode | None) -> list[LexborNode]:
    return list(parent.iter()) if parent else []


def _filled(html: str | None, browser_url: str, subscribe_url: str) -> str:
    values = _values(browser_url, subscribe_url)
    return fill(html or "", lambda name: escape(values.get(name, "")))


def _values(browser_url: str, subscribe_url: str) -> dict[str, str]:
    return {"browser_url": browser_url, "unsubscribe_url": subscribe_url, "preferences_url": subscribe_url}
