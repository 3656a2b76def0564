"""The example alerts are rules as Prometheus reads them, about metrics and labels that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.telemetry.measures import COUNTERS, HISTOGRAMS
from digest.web.ops.gauges import GAUGES

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((Path(__file__).parents[2] / "deploy" / "alerts.yml").read_text("utf-8"))[
        "groups"
    ]
    for rule in group["rules"]
]
LABELS = (
    {family.name: set(family.labels) for family in GAUGES}
    | {f"{family.name}_total": set(family.labels) for family in COUNTERS}
    | {
        f"{family.name}_{part}": {*family.labels, *({"le"} if part == "bucket" else ())}
        for family in HISTOGRAMS
        for part in ("bucket", "sum", "count")
    }
)
OF_SCRAPES = {"instance", "job"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("warning", "critical")
    metrics = re.findall(r"\b(digest_\w+)(?:\{(.*?)\})?", rule["expr"])
    assert metrics or rule["expr"].startswith("up{")
    known = set(OF_SCRAPES)
    for name, matchers in metrics:
        assert name in LABELS
        known |= LABELS[name]
        assert set(re.findall(r"(\w+)\s*(?:=~?|!=|!~)\s*\"", matchers)) <= LABELS[name]
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= known
    assert rule["expr"].count("(") == rule["expr"].count(")")
