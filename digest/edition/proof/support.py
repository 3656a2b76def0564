"""Which mail programs do not understand what an HTML part uses (the table is support.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from selectolax.lexbor import LexborHTMLParser, LexborNode

_CELLS = ("td", "th", "table", "body")
_FUNCTION = re.compile(r"([a-z-]+)\(")


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("digest.edition.proof") / "support.toml").read_text("utf-8"))


def programs(names: Iterable[str]) -> str:
    """Return the names of mail programs as people know them."""
    known = _table()["programs"]
    return ", ".join(str(known[name]) for name in names)


def lacking(html: str) -> dict[tuple[str, ...], list[str]]:
    """Return the used features that some programs lack, by those programs; styles in style elements do not count.

    A style element only adds something in programs that support it; the inlined styles carry the layout.
    """
    table, found = _table(), dict[tuple[str, ...], dict[str, None]]()
    for kind, name, label in _used(LexborHTMLParser(html)):
        if names := table[kind].get(name):
            found.setdefault(tuple(names), {})[label] = None
    return {names: list(features) for names, features in found.items()}


def _used(tree: LexborHTMLParser) -> Iterator[tuple[str, str, str]]:
    """Yield the features on the elements: (kind, name in the table, how to call it)."""
    for node in tree.css("*"):
        yield "element", node.tag or "", f"<{node.tag}>"
        for name, value in node.attributes.items():
            yield "attribute", name, f"the attribute {name}"
            if name == "style":
                yield from _declared(value or "", node.tag or "")
        if node.tag == "img":
            yield from _image(node)


def _declared(style: str, tag: str) -> Iterator[tuple[str, str, str]]:
    for declaration in style.split(";"):
        name, _, value = (part.strip().lower() for part in declaration.partition(":"))
        if name.startswith("padding") and tag not in _CELLS and value.strip("0px; "):
            yield "value", "padding outside table cells", f"padding on <{tag}>"
        yield "property", name, name
        yield "value", f"{name}:{value}", f"{name}: {value}"
        for function in _FUNCTION.findall(value):
            yield "function", function, f"{function}()"


def _image(node: LexborNode) -> Iterator[tuple[str, str, str]]:
    source = (node.attributes.get("src") or "").lower()
    if source.startswith("data:"):
        yield "image", "data:", "images in the mail itself (data:)"
    kind = source.partition("?")[0].rpartition(".")[2]
    yield "image", kind, f"images of the kind .{kind}"
