"""Pictures and captions where a browser would show them: without the scripts that load them late, in a figure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_CAPTIONS = ".wp-caption-text,.caption-text,.image-caption,.gallery-caption,.wp-element-caption,.tr-caption"
_EMOJI = "img.emoji,img.wp-smiley,img.smiley,img[class*=emoji]"

_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-orig-src",
    "data-full-src",
    "data-image-src",
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_MAX_WIDTH = 1600  # pixels, of those that a picture is offered in
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,])(?:\s+([\d.]+)([wx]))?\s*(?:,|$)")
_SIZE = {
    side: re.compile(rf"(?<![\w-]){side}\s*:\s*(\d{{1,5}})(?:\.\d+)?px", re.IGNORECASE)
    for side in ("width", "height")
}
_LINE_HIGH = re.compile(r"(?<![\w-])(?:max-)?height\s*:\s*[\d.]+em", re.IGNORECASE)


def settle_pictures(page: LexborHTMLParser, body: LexborNode) -> None:
    """Give pictures the address that a script would load, drawn emoji their character; what needs no script stays."""
    for node in body.css("amp-img"):
        image = page.create_node("img")
        for name in ("src", "srcset", "alt", "width", "height"):
            if value := node.attributes.get(name):
                image.attrs[name] = value
        node.insert_before(image)
        node.decompose()
    for node in body.css("noscript"):
        if not node.css("img"):
            node.decompose()
            continue
        before = node.prev
        if before is not None and before.tag == "img":  # what a script replaces by the same picture
            before.decompose()
        node.unwrap()
    for image in body.css("img"):
        _settle(image)
    for image in body.css(_EMOJI):
        image.replace_with((image.attributes.get("alt") or "").strip())


def _settle(image: LexborNode) -> None:
    attributes = image.attributes
    style = attributes.get("style") or ""
    if _LINE_HIGH.search(style) and (alt := (attributes.get("alt") or "").strip()):
        image.replace_with(alt)
        return
    given = (attributes.get("src") or "").strip()
    lazy = next((value.strip() for name in _LAZY if (value := attributes.get(name))), "")
    if not lazy and (not given or given.startswith(("data:", "blob:")) or attributes.get("data-srcset")):
        sets = [attributes.get(name) or "" for name in _LAZY_SETS]
        sets += [source.attributes.get("srcset") or "" for source in _sources(image)]
        lazy = next(filter(None, map(_largest, sets)), "")
    if lazy and not lazy.startswith(("data:", "{", "[")):
        image.attrs["src"] = lazy
    for side, pattern in _SIZE.items():
        if not attributes.get(side) and (found := pattern.search(style)):
            image.attrs[side] = found[1]


def _sources(image: LexborNode) -> list[LexborNode]:
    parent = image.parent
    return parent.css("source") if parent is not None and parent.tag == "picture" else []


def _largest(srcset: str) -> str:
    """Return the largest picture of a `srcset` that is not too large, else the smallest."""
    found = []
    for url, number, unit in _CANDIDATE.findall(srcset):
        width = float(number or 1) if number.count(".") < 2 else 1.0
        found.append((width if unit == "w" else width * 600, url))
    fitting = [one for one in found if one[0] <= _MAX_WIDTH]
    return (max(fitting) if fitting else min(found))[1] if found else ""


def settle_captions(page: LexborHTMLParser, body: LexborNode) -> None:
    """Make figures of what only its classes call a picture and its caption."""
    for caption in body.css(_CAPTIONS):
        inside = parents(caption)
        home = next((node for node in inside[:5] if node.tag != "body" and len(node.css("img")) == 1), None)
        if caption.tag == "figcaption" or home is None or any(node.tag == "figure" for node in inside):
            continue
        _renamed(page, caption, "figcaption")
        _renamed(page, home, "figure")


def _renamed(page: LexborHTMLParser, node: LexborNode, tag: str) -> None:
    other = page.create_node(tag)
    for child in list(node.iter(include_text=True)):
        other.insert_child(child)
    node.insert_before(other)  # a copy, which must be whole by then
    node.remove()


def parents(node: LexborNode) -> list[LexborNode]:
    """Return what a node stands in, the nearest first."""
    found = []
    at = node.parent
    while at is not None:
        found.append(at)
        at = at.parent
    return found
