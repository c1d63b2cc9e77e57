"""Segments: which a reference has, in which each row is, and what windows say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vedette.errors import InvalidInput
from vedette.statistics.drift import segments as module
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.places import places, width
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.segment_verdicts import SegmentVerdict, judge_segments
from vedette.statistics.drift.segments import MOST_FREQUENT, CountsBySegment, Segments, cross, fit_segments
from vedette.statistics.drift.verdict import Plan

RANDOM = np.random.default_rng(12)
ROWS = 6000
LANDS = np.array(["de", "fr", "it"])
COLUMNS: dict[str, Any] = {
    "age": RANDOM.normal(40, 10, ROWS),
    "plan": RANDOM.choice(["a", "b", "c"], ROWS, p=[0.6, 0.3, 0.1]),
    "land": [*RANDOM.choice(LANDS, ROWS - 400, p=[0.6, 0.3, 0.1]), *[None] * 300, *[""] * 80, *["missing"] * 20],
}
KINDS: dict[str, Any] = {"age": "numeric", "plan": "categorical", "land": "categorical"}


def profiles_of(columns: dict[str, Any], **kinds: Any) -> list[FeatureProfile]:
    return [fit(name, values, {**KINDS, **kinds}[name]) for name, values in columns.items()]


PROFILES = profiles_of(COLUMNS)
SEGMENTS = fit_segments("land", None, COLUMNS, PROFILES)


def test_the_most_frequent_values_are_segments_and_every_row_is_in_one() -> None:
    assert SEGMENTS.labels == ("de", "fr", "it", "other", "missing")
    rows = SEGMENTS.counts["age"].sum(axis=1)
    assert rows.sum() == ROWS
    assert rows[-1] == 400  # without a value, an empty text, and one that is called so
    assert set(SEGMENTS.counts) == {"age", "plan"}
    many = (
        [f"v{number % 30:02}" for number in range(ROWS - 30)] + [f"v{n:02}" for n in range(30) if n != 7][:29] + ["v00"]
    )
    found = fit_segments("land", None, {**COLUMNS, "land": many}, profiles_of({**COLUMNS, "land": many}))
    assert len(found.names) == MOST_FREQUENT
    assert found.names[0] == "v00"
    assert "v07" not in found.names


def test_segments_together_are_the_reference() -> None:
    for profile in PROFILES[:2]:
        parts = [SEGMENTS.profile(profile, at) for at in range(len(SEGMENTS.labels))]
        assert np.sum([part.counts for part in parts], axis=0).tolist() == list(profile.counts)
        assert sum(part.missing for part in parts) == profile.missing
        assert not any(part.spaced for part in parts)


def test_values_that_are_named_are_segments_and_all_others_are_other() -> None:
    found = fit_segments("land", ["it", "xx"], COLUMNS, PROFILES)
    assert found.labels == ("it", "xx", "other", "missing")
    it, xx, other, missing = found.counts["plan"].sum(axis=1)
    assert (xx, missing) == (0, 400)
    assert it + other == ROWS - 400
    assert found.are_of("land", ["it", "xx"])
    assert not found.are_of("land", None)
    assert not found.are_of("plan", ["it", "xx"])


def test_a_column_that_is_not_there_or_is_of_numbers_is_no_segment() -> None:
    with pytest.raises(InvalidInput, match=r"segment_by.*nation.*age, plan, land"):
        fit_segments("nation", None, COLUMNS, PROFILES)
    with pytest.raises(InvalidInput, match=r"segment_by.*age, which is numeric.*categorical"):
        fit_segments("age", None, COLUMNS, PROFILES)
    whole = {**COLUMNS, "age": np.round(COLUMNS["age"])}
    named = fit_segments("age", ["40", "41"], whole, profiles_of(whole))
    assert named.counts["plan"].sum(axis=1)[0] == (whole["age"] == 40).sum()


def test_a_million_values_are_read_and_most_of_them_are_other() -> None:
    values = [f"user-{number}" for number in range(100_000)]
    found = SEGMENTS.of_codes(np.arange(-1, 100_000), values)
    assert found[0] == SEGMENTS.labels.index("missing")
    assert set(found[1:].tolist()) == {SEGMENTS.labels.index("other")}
    made = fit_segments("land", None, {"land": values}, [fit("land", values, "categorical")])
    assert len(made.names) == MOST_FREQUENT


def test_numbers_booleans_and_texts_of_one_category_are_one_segment() -> None:
    values = [1, 1.0, "1", True, np.nan, None, 2]
    made = fit_segments("land", None, {"land": values}, [fit("land", values, "categorical")])
    places_in = made.of_values(values)
    assert [made.labels[place] for place in places_in] == ["1", "1", "1", "true", "missing", "missing", "2"]
    assert made.of_values(np.array([2.0, np.nan, 1.0])).tolist() == [places_in[6], places_in[5], places_in[0]]
    assert [made.labels[place] for place in made.of_values(np.array([True, False]))] == ["true", "other"]


def test_features_with_too_many_bins_are_not_counted_by_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 5 * width(PROFILES[1]))
    assert set(fit_segments("land", None, COLUMNS, PROFILES).counts) == {"plan"}


def test_segments_are_read_as_they_were_written() -> None:
    found = Segments.from_dict(SEGMENTS.to_dict())
    assert (found.labels, found.column, found.kind, found.chosen) == (SEGMENTS.labels, "land", "categorical", None)
    assert all((found.counts[name] == SEGMENTS.counts[name]).all() for name in SEGMENTS.counts)


@pytest.mark.parametrize("written", [{}, {"names": ["a"]}, {"counts": {"x": [[1], [2]]}}, {"counts": {"x": [1]}}])
def test_what_are_no_segments_is_refused(written: dict[str, Any]) -> None:
    whole = SEGMENTS.to_dict()
    with pytest.raises(InvalidInput, match="segments"):
        Segments.from_dict({**whole, **written} if written else written)


def test_counts_that_are_not_by_the_same_segments_keep_the_whole() -> None:
    whole = PROFILES[0].count(COLUMNS["age"][:100])
    one = SEGMENTS.counted(whole, np.ones((5, width(PROFILES[0])), np.int64))
    assert isinstance(one + one, CountsBySegment)
    assert (one + one).segments.max() == 2  # type: ignore[attr-defined]
    for mixed in (one + whole, whole + one):
        assert type(mixed) is Counts
        assert mixed.rows == 200


def window(rows: int, shift: float = 0.0, land: str = "fr", seed: int = 5) -> dict[str, Counts]:
    """Rows like the reference's; `age` is shifted in one segment."""
    random = np.random.default_rng(seed)
    lands = random.choice(LANDS, rows, p=[0.6, 0.3, 0.1])
    columns: dict[str, Any] = {
        "age": random.normal(40, 10, rows) + shift * (lands == land),
        "plan": random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
    }
    of_rows = SEGMENTS.of_values(lands)
    return {
        profile.name: SEGMENTS.counted(
            profile.count(columns[profile.name]),
            cross(of_rows, places(profile, columns[profile.name]), len(SEGMENTS.labels), width(profile)),
        )
        for profile in PROFILES[:2]
    }


def judged(counts: dict[str, Counts]) -> dict[tuple[str, str], SegmentVerdict]:
    found = judge_segments(SEGMENTS, PROFILES[:2], counts, Plan(alpha=0.01))
    return {(one.segment, one.verdict.feature): one for one in found}


def test_a_shift_in_one_segment_is_drift_of_that_segment_alone() -> None:
    found = judged(window(5000, shift=5.0))
    drifted = {key for key, one in found.items() if one.verdict.state == "drift"}
    assert drifted == {("fr", "age")}
    one = found["fr", "age"]
    assert one.verdict.window == one.counts.rows > 1000
    assert one.verdict.findings[0].statistic == "psi"
    assert one.verdict.moved[0].window > one.verdict.moved[0].reference


def test_what_is_screened_changes_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = [window(800 + 150 * seed, shift=seed % 4, seed=seed) for seed in range(24)]

    def decided() -> list[list[tuple[str, str, str, list[bool]]]]:
        return [
            [
                (one.segment, one.verdict.feature, one.verdict.state, [it.drifted for it in one.verdict.findings])
                for one in judge_segments(SEGMENTS, PROFILES[:2], counts, Plan())
            ]
            for counts in windows
        ]

    quick = decided()
    monkeypatch.setattr("vedette.statistics.drift.verdict.SCREEN", float("inf"))
    assert decided() == quick
    assert any(state == "drift" for one in quick for _, _, state, _ in one)


def test_a_segment_with_too_few_rows_on_either_side_is_no_answer() -> None:
    found = judged(window(1500, shift=50.0, land="it"))
    assert found["it", "plan"].verdict.state == "insufficient_data"
    assert found["it", "plan"].verdict.needed > found["it", "plan"].verdict.window
    few = {**COLUMNS, "land": ["it"] * 40 + ["de"] * (ROWS - 40)}
    rare = fit_segments("land", None, few, profiles_of(few))
    at = rare.labels.index("it")
    whole = PROFILES[0].count(np.full(500, 90.0))
    matrix = np.zeros((len(rare.labels), width(PROFILES[0])), np.int64)
    matrix[at] = np.bincount(places(PROFILES[0], np.full(500, 90.0)), minlength=width(PROFILES[0]))
    [one] = [
        one
        for one in judge_segments(rare, PROFILES[:1], {"age": rare.counted(whole, matrix)}, Plan())
        if one.segment == "it"
    ]
    assert (one.verdict.state, one.verdict.reference) == ("insufficient_data", 40)


def test_a_segment_that_nobody_has_is_not_told_of_and_one_that_is_gone_has_no_data() -> None:
    counts = window(2000)
    found = judged(counts)
    assert ("other", "age") not in found
    assert found["missing", "age"].verdict.state == "no_data"
    assert judged({"age": PROFILES[0].count(np.zeros(500))}) == {}  # counted without segments
