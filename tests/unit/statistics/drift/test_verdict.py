"""Verdicts: what a window says of every feature, whatever is in it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from vedette.errors import InvalidInput
from vedette.statistics.drift.decision import Change, Policy, Progress, State, step
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.verdict import Plan, judge

RANDOM = np.random.default_rng(11)
AGE = fit("age", RANDOM.normal(40, 10, 5000), "numeric")
CITY = fit("city", RANDOM.choice(["a", "b", "c"], 5000, p=[0.6, 0.3, 0.1]), "categorical")


def judged(age: Any = None, city: Any = None, plan: Plan | None = None) -> dict[str, Any]:
    columns = {"age": RANDOM.normal(40, 10, 1000) if age is None else age}
    columns["city"] = RANDOM.choice(["a", "b", "c"], 1000, p=[0.6, 0.3, 0.1]) if city is None else city
    counts = {profile.name: profile.count(columns[profile.name]) for profile in (AGE, CITY)}
    return {verdict.feature: verdict for verdict in judge([AGE, CITY], counts, plan or Plan(alpha=0.001))}


def drifted(verdict: Any) -> set[str]:
    return {finding.statistic for finding in verdict.findings if finding.drifted}


def test_a_quiet_window_is_ok() -> None:
    assert [verdict.state for verdict in judged().values()] == ["ok", "ok"]


def test_a_shift_is_drift_of_its_feature_and_says_which_bins_moved() -> None:
    found = judged(age=RANDOM.normal(50, 10, 1000))
    assert (found["age"].state, found["city"].state) == ("drift", "ok")
    assert "psi" in drifted(found["age"])
    finding = found["age"].findings[0]
    assert finding.value > finding.threshold
    assert finding.p <= finding.adjusted <= 0.001
    assert found["age"].moved[0].bin.endswith("∞]")
    assert (found["age"].reference, found["age"].window) == (5000, 1000)


def test_missing_values_are_drift_of_their_own() -> None:
    values = RANDOM.normal(40, 10, 1000)
    values[::20] = np.nan
    assert drifted(judged(age=values)["age"]) == {"missing_rate"}


def test_an_unseen_category_is_drift_and_no_row_is_lost() -> None:
    found = judged(city=["a"] * 600 + ["b"] * 300 + ["c"] * 60 + ["new"] * 40)["city"]
    assert {"other_rate", "psi"} <= drifted(found)
    assert found.window == 1000
    assert found.moved[0].bin == "other"


def test_units_that_changed_are_out_of_range() -> None:
    assert {"psi", "out_of_range_rate"} <= drifted(judged(age=RANDOM.normal(40, 10, 1000) * 12)["age"])
    few = np.concatenate([RANDOM.normal(40, 10, 990), np.full(10, 9999.0)])
    assert "out_of_range_rate" in drifted(judged(age=few)["age"])


def test_text_in_a_numeric_column_is_of_no_bin() -> None:
    values = [*RANDOM.normal(40, 10, 900).tolist(), *["unknown"] * 100]
    assert "other_rate" in drifted(judged(age=values)["age"])


def test_too_few_rows_are_insufficient_data_and_never_fine() -> None:
    found = judged(age=RANDOM.normal(43, 10, 150), plan=Plan(statistics=("psi",)))["age"]
    assert found.state == "insufficient_data"
    assert (found.window, found.needed) == (150, 200)
    assert judge([fit("x", range(12), "numeric")], {"x": fit("x", range(12), "numeric").count(range(500))})[
        0
    ].state == ("insufficient_data")


def test_one_feature_s_rows_do_not_stand_for_another_s() -> None:
    assert judged(age=[None] * 990 + [40.0] * 10)["age"].state in ("insufficient_data", "drift")
    assert judged(age=[None] * 1000)["age"].findings[0].statistic == "missing_rate"


def test_a_feature_that_the_window_lacks_has_no_data() -> None:
    found = judge([AGE, CITY], {"city": CITY.count(["a"] * 300)})
    assert [verdict.state for verdict in found] == ["no_data", "drift"]
    assert judge([AGE], {"age": AGE.nothing()})[0].state == "no_data"


def test_a_constant_reference_drifts_in_any_direction() -> None:
    for profile, values in (
        (fit("x", [5.0] * 500, "numeric"), [4.0] * 500),
        (fit("x", ["y"] * 500, "categorical"), ["n"] * 500),
    ):
        assert judge([profile], {"x": profile.count(values)})[0].state == "drift"
        same = [5.0] * 500 if profile.points else ["y"] * 500
        assert judge([profile], {"x": profile.count(same)})[0].state == "ok"


def test_holm_is_never_milder_and_statistics_can_be_chosen() -> None:
    ages = RANDOM.normal(41, 10, 1000)
    one, two = (judged(age=ages, plan=Plan(correction=name)) for name in ("benjamini_hochberg", "holm"))
    for left, right in zip(one["age"].findings, two["age"].findings, strict=True):
        assert left.adjusted is None or left.adjusted <= right.adjusted
    only = judged(plan=Plan(statistics=("psi",)))
    assert {finding.statistic for verdict in only.values() for finding in verdict.findings} == {"psi"}


def test_a_verdict_is_plain_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(judged()["age"]))["feature"] == "age"


def changes(policy: Policy, verdicts: str) -> str:
    states: dict[str, State] = {"d": "drift", "o": "ok", "i": "insufficient_data", "n": "no_data"}
    names: dict[Change | None, str] = {"raised": "R", "cleared": "C", None: "."}
    progress, told = Progress(), ""
    for letter in verdicts:
        progress, change = step(policy, progress, states[letter])
        told += names[change]
    return told


@pytest.mark.parametrize(
    ("policy", "verdicts", "told"),
    [
        (Policy(), "oddo", ".R.C"),
        (Policy(2, 3), "dodooo", "..R..C"),
        (Policy(2, 3), "doodoo", "......"),
        (Policy(2, 3), "diindoo", "....R.."),
        (Policy(1, 1, cooldown=2), "dodddd", "RC..R."),
        (Policy(1, 1, cooldown=2), "doind", "RC..R"),
        (Policy(1, 2), "dinno", "R...."),
    ],
)
def test_k_of_m_windows_with_a_cool_down(policy: Policy, verdicts: str, told: str) -> None:
    assert changes(policy, verdicts) == told


def test_a_policy_that_means_nothing_is_refused() -> None:
    for wrong in ((0, 1, 0), (3, 2, 0), (1, 1, -1)):
        with pytest.raises(InvalidInput, match="policy"):
            Policy(*wrong)


def test_a_few_missing_values_in_many_features_are_believed_together() -> None:
    random = np.random.default_rng(3)
    profiles = [fit(f"f{n}", random.normal(size=1000), "numeric") for n in range(100)]
    window = {}
    for n, profile in enumerate(profiles):
        values = random.normal(size=1000)
        values[: 12 if n < 20 else 0] = np.nan
        window[profile.name] = profile.count(values)
    found = judge(profiles, window)
    assert sum("missing_rate" in drifted(verdict) for verdict in found) == 20
