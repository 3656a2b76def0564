"""Write the table of metrics into the guide's page on operations, from the families themselves."""

from __future__ import annotations

from pathlib import Path

from digest.telemetry.measures import COUNTERS, HISTOGRAMS
from digest.web.ops.gauges import GAUGES

PLACE = Path(__file__).parent.parent / "guide" / "operations.md"
_BEGIN, _END = "<!-- metrics -->\n", "<!-- end -->"


def table() -> str:
    """Return every metric with its labels and its meaning as a Markdown table."""
    rows = [
        f"| `{family.name}{ending}` | {', '.join(family.labels)} | {family.help} |"
        for families, ending in ((GAUGES, ""), (COUNTERS, "_total"), (HISTOGRAMS, ""))
        for family in families
    ]
    return "\n".join(["| metric | labels | meaning |", "|---|---|---|", *rows]) + "\n"


def pages() -> dict[Path, str]:
    """Return the page that holds the table, as it should be."""
    before, _, rest = PLACE.read_text(encoding="utf-8").partition(_BEGIN)
    return {PLACE: f"{before}{_BEGIN}{table()}{_END}{rest.partition(_END)[2]}"}
