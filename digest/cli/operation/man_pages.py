"""Manual pages in roff, one for each command (man-pages(7))."""

from __future__ import annotations

from digest.cli.common.command_tree import CommandPage


def file_name(page: CommandPage) -> str:
    """Return the name of a command's page: digest-editions-pause.1."""
    return f"{page.path.replace(' ', '-')}.1"


def man_page(page: CommandPage, version: str) -> str:
    """Return a command's page."""
    name = page.path.replace(" ", "-")
    lines = [
        f'.TH "{name.upper()}" "1" "" "digest {version}" "Newsletter Digest"',
        ".nh",  # no word is broken: most are typed
        ".ad l",
        ".SH NAME",
        f"{_text(name)} \\- {_text(page.summary)}",
        ".SH SYNOPSIS",
        f".B {_text(page.path)}",
        _text(page.usage),
    ]
    if page.details:
        lines += [".SH DESCRIPTION", *_paragraphs(page.details)]
    if page.options:
        lines.append(".SH OPTIONS")
        for names, meaning in page.options:
            lines += [".TP", f"\\fB{_text(names)}\\fR", _text(meaning)]
    if page.subcommands:
        lines.append(".SH COMMANDS")
        for path, summary in page.subcommands:
            lines += [".TP", f"\\fB{_text(path)}\\fR", _text(summary)]
    if page.example:
        lines += [".SH EXAMPLE", ".nf", _text(page.example), ".fi"]
    lines += [".SH EXIT STATUS", *_EXIT_STATUS]
    if related := _related(page):
        lines += [".SH SEE ALSO", ",\n".join(f".BR {_text(other)} (1)" for other in related)]
    return "\n".join(lines).replace(",\n", " ,\n") + "\n"


_EXIT_STATUS = (
    ".TP", "0", "Done.",
    ".TP", "1", "Something failed; the text says what and what to do.",
    ".TP", "2", "Wrong usage or configuration.",
)  # fmt: skip


def _related(page: CommandPage) -> list[str]:
    above = page.path.rpartition(" ")[0]
    return [path.replace(" ", "-") for path in [*filter(None, [above]), *dict(page.subcommands)]]


def _paragraphs(text: str) -> list[str]:
    lines = [line for paragraph in text.split("\n") for line in (".PP", _text(paragraph))]
    return lines[1:]


def _text(text: str) -> str:
    """Return text in which nothing is a request or an escape, and a hyphen is the one that people type.

    A line may be broken behind a bar: an option's choices can be longer than a line.
    """
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = escaped.replace("|", "|\\:")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
