"""Multivariate drift: found where no column moves by itself, and in quiet samples as seldom as stated."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vedette.errors import InvalidInput
from vedette.statistics.drift import encoding
from vedette.statistics.drift.dependence import pairs
from vedette.statistics.drift.domain import delong, logistic, separation
from vedette.statistics.drift.encoding import MOST_FEATURES, encode
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.reconstruction import reconstruction
from vedette.statistics.drift.together import together
from vedette.statistics.drift.verdict import judge

Columns = dict[str, list[Any]]


def normal(random: np.random.Generator, rows: int, correlation: float, columns: int = 3) -> Columns:
    """Standard normal columns, whatever the correlation of each two."""
    shape = np.full((columns, columns), correlation) + np.eye(columns) * (1 - correlation)
    drawn = random.multivariate_normal(np.zeros(columns), shape, rows)
    return {f"x{n}": drawn[:, n].tolist() for n in range(columns)}


def test_a_correlation_that_changes_is_found_though_no_column_moves() -> None:
    random = np.random.default_rng(2)
    before, now = normal(random, 1500, 0.0), normal(random, 1500, 0.6)
    profiles = [fit(name, column, "numeric") for name, column in before.items()]
    window = {profile.name: profile.count(np.array(now[profile.name])) for profile in profiles}
    assert [one.state for one in judge(profiles, window)] == ["ok"] * 3
    found = together(before, now)
    assert found.drifted
    assert found.domain is not None
    assert found.domain.low > 0.6
    assert found.domain.p == 0.005
    assert [(one.adjusted < 1e-6, round(one.window, 1)) for one in found.pairs] == [(True, 0.6)] * 3
    assert {one.first for one in found.pairs} == {"x0", "x1"}


def test_rows_that_leave_the_plane_lie_farther_from_it_though_no_column_moves() -> None:
    random = np.random.default_rng(2)
    before = normal(random, 600, 0.9)
    far = reconstruction(encode(before, normal(random, 300, 0.0)))
    assert far is not None
    assert far.error > far.upper > far.usual > far.lower
    assert far.p == pytest.approx(2 / 1000)
    near = reconstruction(encode(before, normal(random, 300, 0.9)), alpha=0.001)
    assert near is not None
    assert near.lower <= near.error <= near.upper


def test_categories_that_no_longer_go_together_are_found() -> None:
    random = np.random.default_rng(3)
    plan = random.choice(["a", "b"], 1000).tolist()
    paired = {"plan": plan, "country": [{"a": "de", "b": "fr"}[one] for one in plan]}
    apart = {"plan": random.choice(["a", "b"], 1000).tolist(), "country": random.choice(["de", "fr"], 1000).tolist()}
    found = together(paired, apart)
    assert found.drifted
    assert found.domain is not None
    assert found.domain.auc > 0.7


def test_quiet_samples_alarm_as_often_as_stated() -> None:
    random = np.random.default_rng(4)
    alarms = np.zeros(2)
    many = 30
    for _ in range(many):
        columns = normal(random, 400, 0.3, 4)
        columns["plan"] = random.choice(["a", "b", "c"], 400).tolist()
        encoded = encode(*({name: column[part] for name, column in columns.items()} for part in HALVES))
        alarms += [separation(encoded).p <= 0.05, reconstruction(encoded).p <= 0.05]
    assert (alarms < 8).all(), alarms  # of 30; of 5 % as many as 8 would come twice in 10,000 times


@pytest.mark.parametrize("kind", ["heavy", "rare"])
def test_heavy_tails_and_rare_flags_alarm_as_seldom(kind: str) -> None:
    random = np.random.default_rng(11)

    def drawn() -> Columns:
        plain = random.normal(size=120).tolist()
        if kind == "heavy":
            return {"a": random.standard_cauchy(120).tolist(), "b": random.lognormal(0, 3, 120).tolist(), "c": plain}
        flags, counts = random.random(120) < 0.01, random.poisson(0.05, 120)
        return {"a": flags.astype(float).tolist(), "b": counts.astype(float).tolist(), "c": plain}

    found = [reconstruction(encode(drawn(), drawn())) for _ in range(60)]
    alarms = sum(one.p <= 0.05 for one in found if one is not None)
    assert alarms < 12, alarms  # of 60; of 5 % as many as 12 would come once in 20,000 times


HALVES = (slice(0, 250), slice(250, 400))


def test_a_shift_of_one_column_is_found_too_and_its_area_is_right() -> None:
    random = np.random.default_rng(5)
    before = {"x": random.normal(size=2000).tolist()}
    now = {"x": random.normal(1.0, 1.0, 2000).tolist()}
    found = separation(encode(before, now))
    exact = 0.5 * (1 + math.erf(0.5))  # P(X + 1 > Y) = Φ(1 / √2)
    assert found.low < exact < found.high
    assert found.p == 0.005


def test_the_area_and_its_variance_are_those_of_the_definition() -> None:
    scores, truth = np.array([0.1, 0.4, 0.35, 0.8, 0.4]), np.array([False, False, True, True, True])
    area, variance = delong(scores, truth)
    wins = [(one > other) + (one == other) / 2 for one in scores[truth] for other in scores[~truth]]
    assert area == pytest.approx(np.mean(wins))
    above = np.array(wins).reshape(3, 2).mean(axis=1)
    below = np.array(wins).reshape(3, 2).mean(axis=0)
    assert variance == pytest.approx(above.var(ddof=1) / 3 + below.var(ddof=1) / 2)


def test_the_logistic_regression_is_at_the_maximum_of_its_likelihood() -> None:
    random = np.random.default_rng(6)
    features = random.normal(size=(500, 4))
    truth = random.random(500) < 1 / (1 + np.exp(-(features @ [1.0, -2.0, 0.0, 0.5] + 0.3)))
    weights = logistic(features, truth, ridge=2.0)
    share = 1 / (1 + np.exp(-(weights[0] + features @ weights[1:])))
    slope = features.T @ (truth - share) - 2.0 * weights[1:]
    assert np.abs(slope).max() < 1e-3
    assert abs((truth - share).sum()) < 1e-3


def test_what_columns_become() -> None:
    rows = 100
    before: Columns = {
        "age": [float(n) for n in range(rows)],
        "plan": ["a", "b"] * (rows // 2),
        "holes": [None if n % 4 == 0 else n for n in range(rows)],
        "id": [f"r{n}" for n in range(rows)],
        "same": [1.0] * rows,
        "mixed": [1, "x"] * (rows // 2),
    }
    now = {name: column[:50] for name, column in before.items() if name != "plan"} | {"new": [True, False] * 25}
    encoded = encode(before, now)
    assert encoded.names == (
        "age", "holes", "holes is missing", "mixed = 1", "mixed = x",
        "new = False", "new = True", "new is missing", "plan = a", "plan = b", "plan is missing",
    )  # fmt: skip
    assert encoded.left_out == ("id", "same")
    assert [encoded.names[at] for at in encoded.numeric] == ["age", "holes"]
    assert encoded.baseline.shape == (100, 11)
    assert encoded.window.shape == (50, 11)
    assert np.isfinite(encoded.matrix).all()
    np.testing.assert_allclose(encoded.matrix.std(axis=0), 1.0)


def test_columns_beyond_the_bound_are_named_and_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    wide = {f"c{n:03}": random.normal(size=30).tolist() for n in range(MOST_FEATURES + 5)}
    looked_at: list[str] = []
    made = encoding._features
    monkeypatch.setattr(encoding, "_features", lambda name, values: [looked_at.append(name), *made(name, values)][1:])
    encoded = encode(wide, wide)
    assert looked_at == [f"c{n:03}" for n in range(MOST_FEATURES)]
    assert len(encoded.names) == MOST_FEATURES
    assert encoded.left_out == tuple(f"c{n}" for n in range(MOST_FEATURES, MOST_FEATURES + 5))


def test_odd_numbers_are_missing_and_cost_nothing_else() -> None:
    odd = [math.nan, math.inf, -math.inf, None, 1e308, -1e308]
    column = odd * 40
    encoded = encode({"x": column, "y": list(range(240))}, {"x": column, "y": list(range(240))})
    assert "x" in encoded.left_out or np.isfinite(encoded.matrix).all()
    assert "y" in encoded.names


def test_too_few_rows_and_nothing_to_compare_are_refused() -> None:
    with pytest.raises(InvalidInput, match="rows"):
        together({"x": list(range(99))}, {"x": list(range(500))})
    with pytest.raises(InvalidInput, match="columns"):
        together({"x": [1] * 200}, {"x": [1] * 200})
    assert pairs(encode({"x": list(range(200))}, {"x": list(range(200))})) == []


@pytest.mark.parametrize("values", [(1.0, 2.0), ("a", "b")])
def test_a_baseline_in_which_nothing_varies_has_no_plane_and_is_told_from_what_does_not(
    values: tuple[Any, Any],
) -> None:
    before, now = ({"x": [value] * 200} for value in values)
    found = together(before, now)
    assert (found.drifted, found.reconstruction) == (True, None)
    with pytest.raises(InvalidInput, match="no column that varies"):
        together(before, now, method="reconstruction")


def test_one_method_alone_and_a_plane_that_is_everything() -> None:
    random = np.random.default_rng(8)
    one = {"x": random.normal(size=300).tolist()}
    found = together(one, one, method="reconstruction")
    assert (found.domain, found.drifted) == (None, False)
    assert found.reconstruction is not None
    assert found.reconstruction.p == 1.0
    assert together(one, one, method="domain").reconstruction is None


def test_columns_that_only_one_sample_has_are_named_and_not_compared() -> None:
    random = np.random.default_rng(9)
    before, now = normal(random, 500, 0.3), normal(random, 300, 0.3)
    found = together({**before, "label": [1.0, 0.0] * 250}, {**now, "new": ["a", "b"] * 150}, alpha=0.01)
    assert (found.drifted, found.absent, found.left_out) == (False, ("label", "new"), ())
    assert found == replace(together(before, now, alpha=0.01), absent=found.absent)
    with pytest.raises(InvalidInput, match="both"):
        together({"x": before["x0"]}, {"y": now["x0"]})


def test_what_tells_the_samples_apart_is_named_in_its_own_unit() -> None:
    random = np.random.default_rng(10)
    before = {"age": random.normal(40, 10, 1000).tolist(), "pay": random.normal(size=1000).tolist()}
    before["city"] = random.choice(["Bonn", "Rome", "Oslo"], 1000, p=[0.6, 0.3, 0.1]).tolist()
    now = {"age": [None, *random.normal(43, 10, 399)] * 2, "pay": random.normal(size=800).tolist()}
    now["city"] = random.choice(["Bonn", "Rome", "Oslo"], 800, p=[0.2, 0.2, 0.6]).tolist()
    found = together(before, now).moved
    assert [one.feature for one in found] == ["city = Oslo", "city = Bonn", "age", "city = Rome", "pay"]
    share, age, quiet = found[0], found[2], found[4]
    assert (share.baseline, share.window) == (before["city"].count("Oslo") / 1000, now["city"].count("Oslo") / 800)
    assert age.window == pytest.approx(np.mean(now["age"][1:400]))
    assert (share.adjusted < 1e-9, quiet.adjusted > 0.001) == (True, True)
    gone = together(before, {**now, "age": [None] * 800}).moved
    assert [(one.baseline, one.window) for one in gone if one.feature == "age is missing"] == [(0.0, 1.0)]
