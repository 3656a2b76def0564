"""What a site's software puts below every text: a line about the article and its site, a request to read on.

It is told by where it links to and where it stands, which is the same in every language.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from digest.text import url_key

_MAX_CHARACTERS_BESIDE = 80  # characters beside the links of such a line
_MAX_REQUEST_CHARACTERS = 60
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|\((?:…|\.\.\.)\))\s*$")


def without_ending(body: LexborNode, page: str, title: str) -> None:
    """Take the software's last lines out of a text in place; `page` is the article's address."""
    if not page:
        return
    while (last := _last(body)) is not None and _says_what_software_says(last, page, title):
        last.decompose()
    if (last := _last(body)) is not None:
        _without_request(last, page)
    _without_cut(body)


def _last(node: LexborNode) -> LexborNode | None:
    """Return the last block of a text that has words; a list or table never comes from the software."""
    found = None
    for child in node.iter():
        if (child.text(deep=True) or "").strip() or child.css("img"):
            found = child
    if found is not None and found.tag == "div":
        return _last(found) or found
    return found if found is not None and found.tag == "p" else None


def _says_what_software_says(block: LexborNode, page: str, title: str) -> bool:
    links = block.css("a[href]")
    if not links or block.css("img"):
        return False
    text = " ".join((block.text(deep=True) or "").split())
    beside = len(text) - sum(len(" ".join((link.text(deep=True) or "").split())) for link in links)
    story, site = url_key(page), urlsplit(page).hostname or ""
    keys = {url_key(link.attributes.get("href") or "") for link in links}
    fronts = {key for key in keys if key != story and (_is_front(key, site) or story.startswith(f"{key}/"))}
    if keys == {story}:
        return beside <= 3 and len(text) <= _MAX_REQUEST_CHARACTERS
    about_the_story = story in keys or (bool(title) and title.casefold() in text.casefold())
    return bool(fronts) and keys <= fronts | {story} and about_the_story and beside <= _MAX_CHARACTERS_BESIDE


def _is_front(key: str, host: str) -> bool:
    """Say whether an address is the front page of a story's site, by one of the names that it has."""
    host = host.removeprefix("www.")
    return key == host or ("/" not in key and (host.endswith(f".{key}") or key.endswith(f".{host}")))


def _without_request(block: LexborNode, page: str) -> None:
    """Take out a link to the article itself that ends its own text, and the arrow behind it."""
    links = block.css("a[href]")
    if not links or url_key(links[-1].attributes.get("href") or "") != url_key(page):
        return
    words = " ".join((links[-1].text(deep=True) or "").split())
    text = " ".join((block.text(deep=True) or "").split())
    behind = text.rpartition(words)[2] if words else "-"
    if len(words) <= _MAX_REQUEST_CHARACTERS and not re.search(r"\w", behind):
        links[-1].decompose()


def _without_cut(body: LexborNode) -> None:
    """Let a text that a feed has cut end in an ellipsis, without brackets."""
    texts = [
        node
        for node in body.traverse(include_text=True)
        if node.is_text_node and (node.text_content or "").strip()
    ]
    if texts and _CUT.search(texts[-1].text_content or ""):
        texts[-1].replace_with(_CUT.sub("…", texts[-1].text_content or ""))
