"""Lay an article's text out for the text part: lists keep their marks, quotations theirs, tables their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from digest.edition.setting.columns import SPACES, WIDTH, columns, fill
from digest.edition.telling.tables import rows_of

BLOCKS = frozenset(
    "p div ul ol li blockquote pre h3 h4 figure figcaption hr table caption tr td th thead tbody tfoot".split()  # noqa: SIM905
)
_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_MIN_COLUMNS = 24  # columns: what is nested deeper is not indented any more
_PUNCTUATION = re.compile(r"\s+(?=[,.;:!?)\]])")

Block = list[str]


def lay_out(body: LexborNode) -> str:
    """Return the text in lines of at most 72 columns, an empty line between its blocks, addresses behind their links."""
    return "\n\n".join("\n".join(block) for block in _blocks(body, WIDTH))


def _blocks(node: LexborNode, width: int) -> Iterator[Block]:
    words: list[str] = []
    for child in node.iter(include_text=True):
        if child.is_text_node or child.tag not in BLOCKS:
            words.append(_inline(child))
            continue
        yield from _paragraph(words, width)
        yield from _block(child, width)
    yield from _paragraph(words, width)


def _paragraph(words: list[str], width: int) -> Iterator[Block]:
    """Yield what has been gathered, as a paragraph with its own line breaks, and start gathering again."""
    text = "".join(words)
    words.clear()
    lines = [_PUNCTUATION.sub("", SPACES.sub(" ", line)).strip() for line in text.split("\v")]
    paragraph: Block = []
    for line in [*lines, ""]:
        if line:
            paragraph += fill(line, width=width)
        elif paragraph:  # an empty line: people write paragraphs with two breaks
            yield paragraph
            paragraph = []


def _block(node: LexborNode, width: int) -> Iterator[Block]:
    match node.tag:
        case "h3" | "h4":
            for block in _blocks(node, width):
                yield [*block, "-" * min(max(map(columns, block)), width)]
        case "ul" | "ol":
            yield from _list(node, width)
        case "blockquote":
            inside = list(_blocks(node, max(_MIN_COLUMNS, width - 2)))
            yield [
                f"> {line}".rstrip() for n, block in enumerate(inside) for line in (*[""][: n > 0], *block)
            ]
        case "pre":
            yield [line.rstrip() for line in (node.text() or "").strip("\n").split("\n")]
        case "hr":
            yield ["* * *"]
        case "table":
            yield from _table(node, width)
        case _:
            yield from _blocks(node, width)


def _list(node: LexborNode, width: int) -> Iterator[Block]:
    """Yield a list as one block, an item's further paragraphs and lists indented below its mark."""
    lines: Block = []
    for number, item in enumerate(node.iter(), 1):
        mark = f"{number}. " if node.tag == "ol" else "- "
        inside = (
            list(_blocks(item, max(_MIN_COLUMNS, width - len(mark))))
            if item.tag == "li"
            else list(_block(item, width))
        )
        told = [line for block in inside for line in block]
        lines += [(" " * len(mark) if n else mark) + line for n, line in enumerate(told)]
    if lines:
        yield lines


def _table(node: LexborNode, width: int) -> Iterator[Block]:
    """Yield a table as one line a row: in columns where they fit, else with bars between the cells."""
    rows = [
        [SPACES.sub(" ", _inline(cell)).replace("\v", " ").strip() for cell in row] for row in rows_of(node)
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    sizes = [max(columns(row[n]) if n < len(row) else 0 for row in rows) for n in range(max(map(len, rows)))]
    if sum(sizes) + 2 * (len(sizes) - 1) <= width:
        yield [
            "  ".join(
                cell + " " * (size - columns(cell)) for cell, size in zip(row, sizes, strict=False)
            ).rstrip()
            for row in rows
        ]
    else:
        yield [line for row in rows for line in fill(" | ".join(row), rest="  ", width=width)]


def _inline(node: LexborNode) -> str:
    """Return a node's words on one line; a line break of its own is a vertical tab."""
    if node.is_text_node:
        return node.text_content or ""
    match node.tag:
        case "br":
            return "\v"
        case "del" | "s":
            return ""  # struck out: no part of the text any more
        case "img":
            alt = (node.attributes.get("alt") or "").strip()
            return f"[{alt}]" if alt else ""
        case "a":
            return _link(node)
        case "sup" | "sub":
            return _shifted(_inside(node), node.tag == "sup")
    inside = _inside(node)
    return f" {inside} " if node.tag in BLOCKS else inside


def _inside(node: LexborNode) -> str:
    return "".join(_inline(child) for child in node.iter(include_text=True))


def _link(node: LexborNode) -> str:
    """Return a link's words with its address behind them, once where they are the same."""
    words, address = _inside(node), (node.attributes.get("href") or "").removeprefix("mailto:")
    said = words.strip()
    if (
        not address
        or said == address
        or (said and said.rstrip("/") == address.partition("://")[2].rstrip("/"))
    ):
        return f" {address} " if address and said != address else words
    if not said and not urlsplit(address).path.strip("/"):
        return ""
    return f"{words.rstrip()} ({address})" if said else f" {address} "


def _shifted(text: str, raised: bool) -> str:
    """Return a raised or lowered number in the characters that exist for it: 10⁶ is not 106."""
    table = _RAISED if raised else _LOWERED
    shifted = text.strip().translate(table)
    if not any(character.isdigit() for character in text) or any(c in shifted for c in "0123456789"):
        return text
    return shifted if len(shifted) == len(text.strip()) else text
