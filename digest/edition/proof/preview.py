"""The preview: one page that shows an edition as its readers will get it, on every screen, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from digest.edition.finish import MAX_BYTES
from digest.edition.proof.lint import Finding, Level
from digest.edition.theme.sandbox import load_theme
from digest.model import Mail

_NIGHT = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SOURCE = re.compile(r'(<img\b[^>]*?\ssrc=")[^"]*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen on which a mail is looked at: sizes in CSS pixels."""

    name: str
    title: str
    width: int
    height: int
    dark: bool = False
    images: bool = True


SCREENS = (
    Screen(name="phone", title="Phone", width=375, height=760),
    Screen(name="phone-dark", title="Phone, dark", width=375, height=760, dark=True),
    Screen(name="phone-no-images", title="Phone, images off", width=375, height=760, images=False),
    Screen(name="small", title="Small phone", width=320, height=760),
    Screen(name="tablet", title="Tablet", width=768, height=760),
    Screen(name="desktop", title="Desktop", width=1024, height=760),
    Screen(name="desktop-dark", title="Desktop, dark", width=1024, height=760, dark=True),
)


def as_seen(html: str, screen: Screen) -> str:
    """Return an HTML part as that screen shows it, independent of the preferences of the machine that shows it."""
    html = _NIGHT.sub("@media all" if screen.dark else "@media not all", html)
    return html if screen.images else _SOURCE.sub(r"\1data:,", html)


def preview_page(
    mail: Mail,
    *,
    html: str,
    text: str,
    source: bytes,
    findings: Sequence[Finding],
    document: Mapping[str, Any],
    templates: Path,
    refresh: int = 0,
) -> str:
    """Return one HTML page without scripts about a reader's own copy.

    `source` is the whole message as it would be handed over, `html` and `text` are its parts, `document` is the edition's
    plan (see `plan_document`), and `refresh` are the seconds after which the page loads itself again (0: never). Raises
    TemplateError.
    """
    values = {
        "mail": mail,
        "sender": _sender(source),
        "document": document,
        "limit": MAX_BYTES,
        "refresh": refresh,
        "screens": [{"screen": screen, "html": as_seen(html, screen)} for screen in SCREENS],
        "text": text,
        "headers": _headers(source),
        "source": source.decode("utf-8", "replace"),
        "findings": findings,
        "counts": {str(level): sum(finding.level is level for finding in findings) for level in Level},
    }
    folder = templates / "preview"
    return load_theme(folder, folder, ()).render("preview.html", values)


def _sender(source: bytes) -> str:
    """Return what a list of mails shows as the sender: the name, else the address."""
    head = BytesHeaderParser(policy=policy.default).parsebytes(source)
    addresses = getattr(head["From"], "addresses", ())
    return next((address.display_name or address.addr_spec for address in addresses), "")


def _headers(source: bytes) -> list[tuple[str, str]]:
    """Return the headers as they travel, each on one line."""
    head = source.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
