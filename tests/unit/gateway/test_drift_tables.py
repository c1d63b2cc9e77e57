"""Drift as tables: lines of CSV, and the order of movers."""

from __future__ import annotations

import csv
import io
from typing import Any

from ingest_api.routes.drift_tables import HEADER, as_csv, top_movers


def window(feature: str, state: str, psi: float | None, at: int = 0) -> dict[str, Any]:
    finding = {
        "statistic": "psi",
        "value": psi,
        "threshold": 0.1,
        "p": 0.5,
        "adjusted": 0.5,
        "drifted": state == "drift",
    }
    verdict = {"reference": 9, "window": 8, "needed": 7, "findings": [] if psi is None else [finding], "moved": [at]}
    place = {"start_ms": at, "window_s": 60, "version": "1", "reference": 3}
    return {**place, "feature": feature, "state": state, "raised": False, "verdict": verdict}


def test_a_window_has_a_line_for_each_test_or_one_without() -> None:
    text = "".join(as_csv([window("a", "ok", 0.25, 5), window("b", "insufficient_data", None)]))
    lines = list(csv.DictReader(io.StringIO(text)))
    assert list(lines[0]) == HEADER
    assert [(one["feature"], one["value"], one["needed"]) for one in lines] == [("a", "0.25", "7"), ("b", "", "7")]


def test_a_name_that_a_spreadsheet_would_run_is_made_inert() -> None:
    text = "".join(as_csv([window('=HYPERLINK("x"),1', "ok", 0.0)]))
    assert next(csv.DictReader(io.StringIO(text)))["feature"] == '\'=HYPERLINK("x"),1'


def test_movers_are_ranked_by_drifted_share_and_then_by_their_greatest_psi() -> None:
    rows = [window("half", "drift", 0.9, 1), window("half", "ok", 0.1, 2), window("never", "insufficient_data", None)]
    rows += [window("all", "drift", 0.3, 1), window("all", "drift", 0.4, 2), window("more", "drift", 0.5, 1)]
    found = top_movers(rows, 10)
    assert [(one["feature"], one["windows"], one["drifted"]) for one in found] == [
        ("more", 1, 1),
        ("all", 2, 2),
        ("half", 2, 1),
    ]
    assert (found[1]["psi"], found[1]["start_ms"], found[1]["moved"]) == (0.4, 2, [2])
    assert top_movers(rows, 1) == found[:1]
