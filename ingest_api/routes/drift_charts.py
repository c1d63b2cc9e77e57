"""What an answer on drift says of a model's control charts: their rules, and how seldom these alarm in quiet data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

_RATIOS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Rows of a window by those of the reference, for which run lengths are computed."""


def charts_of(config: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rules, width, points of the newest window, and windows between two false alarms of a chart (`run_length`) and of
    all charts of the model together, were they independent; empty for a model without charts. Blocks for about a second
    the first time."""
    if not config.get("charts"):
        return {}
    from vedette.statistics.drift.chart_rules import LIMIT, chosen  # they need scipy, which a gateway does without
    from vedette.statistics.drift.run_lengths import run_length

    rules = chosen(config["charts"])
    if config.get("slide_s") is not None and config["slide_s"] < config["window_s"]:
        rules = tuple(rule for rule in rules if rule is LIMIT)
    newest = max((row["start_ms"] for row in rows), default=0)
    last = [row for row in rows if row["start_ms"] == newest]
    points = sum(len(row["charts"]) for row in last)
    sizes = [row["verdict"]["window"] / row["verdict"]["reference"] for row in last if row["verdict"]["reference"]]
    ratio = min(_RATIOS, key=lambda one: abs(one - min(median(sizes), 3.0))) if sizes else 0.0
    length = run_length(rules, ratio, config["chart_width"]).mean if rules else math.inf
    known = math.isfinite(length)
    about = {"rules": [rule.name for rule in rules], "width": config["chart_width"], "points": points, "ratio": ratio}
    about["run_length"] = round(length, 1) if known else None
    about["run_length_of_all"] = round(length / points, 1) if known and points else None
    return {"charts": about}
