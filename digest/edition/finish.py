"""The last steps from a template's output to the HTML that travels: styles inlined, nothing active left, measured."""

from __future__ import annotations

import binascii
import re

import css_inline
from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.edition.addresses import is_safe
from digest.model.placeholders import fill

MAX_BYTES = 90_000  # of the HTML part as encoded; near 102,000 a large webmail cuts a mail off
_PERSONAL_CHARACTERS = 160  # characters a personal value may take, on the long side

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
_ACTIVE = (
    "script,iframe,object,embed,applet,form,input,button,textarea,select,"
    "link,base,svg,math,noscript,template,meta[http-equiv]"
)
_ADDRESSES = (
    "href",
    "src",
    "background",
    "action",
    "formaction",
    "poster",
    "xlink:href",
    "data",
    "cite",
)
_WIDTH = re.compile(r"^,*[\d.]+[wxh](?:,|$)")  # what may stand before an address in a `srcset`


def finish(html: str) -> str:
    """Return a theme's HTML with its styles on the elements and nothing in it that could act or fetch by itself.

    The `<style data-css-inline="keep">` stays: dark mode and small screens cannot be inlined.
    """
    return disarm(_inliner.inline(html))


def disarm(html: str) -> str:
    """Return `html` without active elements, event handlers and odd addresses; a sound mail comes back untouched.

    Articles are cleaned long before; this is what stands between a careless theme and its readers.
    """
    tree = LexborHTMLParser(html)
    return (tree.html or "") if _disarm(tree) else html


def _disarm(tree: LexborHTMLParser) -> bool:
    """Take out of a tree what is active, and say whether there was anything."""
    found = False
    for node in tree.css(_ACTIVE):
        found = True
        node.decompose()
    for node in _comments(tree):
        if _acts(node.html or ""):
            found = True
            node.decompose()
    for node in tree.css("*"):
        for name, value in node.attributes.items():
            if not _may_stay(name, value or ""):
                found = True
                del node.attrs[name]
    return found


def _comments(tree: LexborHTMLParser) -> list[LexborNode]:
    document = tree.root.parent if tree.root else None
    return [node for node in document.traverse() if node.tag == "-comment"] if document else []


def _acts(comment: str) -> bool:
    """Say whether there is anything active in a comment: some programs for mail read what they find in one."""
    return "<" in (inside := comment.replace("<!--", "")) and _disarm(LexborHTMLParser(inside))


def _may_stay(name: str, value: str) -> bool:
    if name == "srcset":
        addresses = (_WIDTH.sub("", word, count=1).strip(",") for word in value.split())
        return all(is_safe(address) for address in addresses if address)
    if name in _ADDRESSES:
        return is_safe(value)
    return name != "ping" and not name.startswith("on")


def encoded_size(html: str) -> int:
    """Return the size of an HTML part in bytes, quoted-printable (RFC 2045), with long personal values in place."""
    filled = fill(html, lambda _: "x" * _PERSONAL_CHARACTERS)
    data = filled.replace("\n", "\r\n").encode()
    return len(binascii.b2a_qp(data, istext=True))
