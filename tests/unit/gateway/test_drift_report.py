"""The report of drift as a page: what it says, that it is whole, and that names cannot break out of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import numpy as np
import pytest

from ingest_api.routes.drift_report import MOST_FEATURES, drift_report
from vedette.statistics.drift.describing import describe_counts
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.verdict import judge

HOUR = 3_600_000
T0 = 1_795_000_000_000 // HOUR * HOUR


class Page(HTMLParser):
    """Tags, texts and titles of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [name for name, _ in attrs if name in {"src", "href", "onclick", "onload"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def profiles(*names: str) -> dict[tuple[int, str], FeatureProfile]:
    random = np.random.default_rng(1)
    return {(3, name): fit(name, random.normal(size=2000), "numeric") for name in names}


def rows(known: dict[tuple[int, str], FeatureProfile], shift: float, hours: int = 2) -> list[dict[str, Any]]:
    random = np.random.default_rng(2)
    found = []
    for hour in range(hours):
        counts = {p.name: p.count(random.normal(shift * hour, size=1000)) for p in known.values()}
        for verdict in judge(list(known.values()), counts):
            own = counts[verdict.feature]
            numbers = {"bins": own.bins.tolist(), "missing": 0, "other": 0, "below": own.below, "above": own.above}
            numbers |= msgspec.json.decode(msgspec.json.encode(describe_counts(own)))
            place = {"start_ms": T0 + hour * HOUR, "window_s": 3600, "version": "2", "reference": 3}
            told = msgspec.json.decode(msgspec.json.encode(verdict))
            state = {"feature": verdict.feature, "state": verdict.state, "raised": verdict.state == "drift"}
            found.append({**place, **state, "rows": 1000, "counts": numbers, "verdict": told})
    return found


def test_a_report_says_what_drifted_with_both_distributions() -> None:
    known = profiles("age", "income")
    windows = [row for row in rows(known, 0.0) if row["feature"] == "income"]
    windows += [row for row in rows(known, 1.0) if row["feature"] == "age"]
    page = Page(drift_report("churn", (T0, T0 + 2 * HOUR), T0, windows, known))
    text = " ".join(page.texts)
    assert "Drift of churn" in text
    assert "1 of 4 judged windows of features show drift, of 4 in all." in text
    assert "Raised at the end: age @2." in text
    assert page.texts.count("age @2") == 3  # among the movers, at a glance, and in detail
    assert page.texts.count("income @2") == 2  # it never drifted
    assert page.tags.count("rect") >= 4 + 2 * 10
    assert "1000 rows, 2000 in the reference" in text
    assert "Quantile" in page.texts
    median = page.texts[page.texts.index("Window", page.texts.index("Quantile")) + 5]
    assert float(median) == pytest.approx(1, abs=0.1)
    assert re.search(r"Distinct values: \d+\.", text)
    assert page.outside == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a&b"])
def test_names_cannot_break_out_of_the_page(name: str) -> None:
    known = profiles(name)
    page = Page(drift_report(name, (T0, T0 + HOUR), T0, rows(known, 2.0), known))
    assert not {"script", "img"} & set(page.tags)
    assert any(name in text for text in page.texts)


def test_a_report_of_nothing_and_one_without_profiles_are_pages_too() -> None:
    nothing = Page(drift_report("m", (T0, T0 + HOUR), T0, [], {}))
    assert "0 of 0 judged windows" in " ".join(nothing.texts)
    known = profiles("age")
    bare = Page(drift_report("m", (T0, T0 + HOUR), T0, rows(known, 2.0), {}))
    assert "both distributions" not in " ".join(bare.texts)
    assert "psi" in bare.texts


def test_a_report_of_many_features_is_bounded() -> None:
    known = profiles(*(f"f{n}" for n in range(MOST_FEATURES + 30)))
    text = drift_report("m", (T0, T0 + HOUR), T0, rows(known, 3.0), known)
    assert text.count("<section>") == 20
    assert len(text) < 600_000


def test_windows_of_all_columns_together_are_told_with_what_moved() -> None:
    domain, plane = {"auc": 0.812, "low": 0.79, "high": 0.83, "p": 0.005}, {"error": 0.5}
    moved = [
        {"feature": "city = <Oslo>", "baseline": 0.1, "window": 0.6, "adjusted": 0.001},
        {"feature": "age", "baseline": 40.0, "window": 40.2, "adjusted": 0.4},
    ]
    found = {"domain": domain, "reconstruction": plane, "adjusted": 0.01, "moved": moved}
    place = {"version": "2", "rows": 900, "start_ms": T0}
    wholes = [
        {**place, "state": "insufficient_data", "result": {"reason": "fewer than 100 rows"}},
        {**place, "start_ms": T0 + HOUR, "state": "drift", "result": found},
    ]
    page = Page(drift_report("churn", (T0, T0 + HOUR), T0, [], {}, (), wholes))
    text = " ".join(page.texts)
    assert "All columns together" in text
    assert "city = <Oslo>: 0.1 → 0.6" in text
    assert "age: " not in text
    assert "fewer than 100 rows" in text
    assert "0.812" in page.texts
    assert "All columns together" not in drift_report("churn", (T0, T0 + HOUR), T0, [], {})
