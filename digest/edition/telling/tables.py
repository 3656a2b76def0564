"""Tables in an article's text: a small one of data stays, a wide one becomes a link, one for layout becomes blocks."""

from __future__ import annotations

import html

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.edition.setting.columns import columns
from digest.text import truncate

_MAX_COLUMNS = 6
_MAX_ROWS = 40
_MAX_WIDTH_CHARACTERS = 46  # characters of the widest cells of all columns: what a phone shows side by side
_MAX_CELL_CHARACTERS = 90
_NOT_DATA = "table,img,ul,ol,blockquote,pre,h3,h4,figure"


def rows_of(table: LexborNode) -> list[list[LexborNode]]:
    """Return the cells of each row, without those of tables inside."""
    own = (node for node in table.traverse() if node.tag == "tr" and _owner(node) == table.mem_id)
    rows = ([cell for cell in row.iter() if cell.tag in ("td", "th")] for row in own)
    return [row for row in rows if row]


def _owner(node: LexborNode) -> int:
    at = node.parent
    while at is not None and at.tag != "table":
        at = at.parent
    return at.mem_id if at is not None else 0


def settle_tables(body: LexborNode, page: str) -> None:
    """Set the tables of a text in place; one that is too wide for a phone becomes a link to `page`, named by its head."""
    for table in reversed(body.css("table")):  # the inner ones first
        rows = rows_of(table)
        if not _holds_data(table, rows):
            _take_apart(table)
        elif _fits(rows):
            _dress(table, rows)
        else:
            table.insert_before(_block(_elsewhere(table, rows, page)))
            table.decompose()


def _holds_data(table: LexborNode, rows: list[list[LexborNode]]) -> bool:
    """Say whether cells belong to each other by row and column, rather than holding parts of a page."""
    if (
        len(rows) < 2 or max(map(len, rows)) < 2 or table.css(_NOT_DATA)[1:]
    ):  # the first that is found is itself
        return False
    longest = max(len(_text(cell)) for row in rows for cell in row)
    return bool(table.css("th")) or longest <= _MAX_CELL_CHARACTERS


def _fits(rows: list[list[LexborNode]]) -> bool:
    """Say whether a table fits on a phone: its cells side by side, or those of three columns in a few lines."""
    texts = [[_text(cell) for cell in row] for row in rows]
    count = max(map(len, texts))
    by_column = [[row[n] for row in texts if n < len(row)] for n in range(count)]
    cells = [max(map(columns, column)) for column in by_column]
    words = [max(columns(word) for text in column for word in [*text.split(), ""]) for column in by_column]
    broken = count <= 3 and max(cells) <= _MAX_CELL_CHARACTERS and sum(words) <= _MAX_WIDTH_CHARACTERS - 10
    return (
        (sum(cells) <= _MAX_WIDTH_CHARACTERS or broken) and count <= _MAX_COLUMNS and len(rows) <= _MAX_ROWS
    )


def _text(cell: LexborNode) -> str:
    return " ".join((cell.text(deep=True) or "").split())


def _dress(table: LexborNode, rows: list[list[LexborNode]]) -> None:
    for name in list(table.attributes):
        del table.attrs[name]
    for name, value in (("class", "data"), ("cellpadding", "0"), ("cellspacing", "0"), ("border", "0")):
        table.attrs[name] = value
    for row in rows:
        for cell in row:
            figures = _is_figure(_text(cell)) and cell.mem_id != row[0].mem_id
            cell.attrs["class"] = "rule figure" if figures else "rule"


def _is_figure(text: str) -> bool:
    return any(character.isdigit() for character in text) and not any(
        character.isalpha() for character in text
    )


def _take_apart(table: LexborNode) -> None:
    """Replace a table by its contents as blocks, one below the other."""
    for row in rows_of(table):
        for cell in row:
            inner = cell.inner_html or ""
            if inner.strip():
                table.insert_before(_block(inner))
    table.decompose()


def _elsewhere(table: LexborNode, rows: list[list[LexborNode]], page: str) -> str:
    """Return the HTML that replaces a table: a link with its caption or first row; all rows if there is no page."""
    lines = [" · ".join(filter(None, map(_text, row))) for row in rows]
    if not page:
        return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines)
    caption = table.css_first("caption")
    name = truncate(_text(caption) if caption else lines[0], _MAX_CELL_CHARACTERS).rstrip("…") + "…"
    return f'<p><a href="{html.escape(page)}">{html.escape(name, quote=False)}</a></p>'


def _block(inner: str) -> LexborNode:
    """Return a new block with this clean HTML in it."""
    block = LexborHTMLParser(f"<div>{inner}</div>").css_first("div")
    assert block is not None
    return block
