"""Real data that go wrong: each scenario is found, in the right column, and the same data before it are quiet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType

import pytest
from scipy.stats import binom

from examples.scenarios import concept, ramp, season, units, unseen
from examples.scenarios.judging import PLAN, profiles_of, raised, verdicts

INPUTS: dict[str, tuple[ModuleType, str, int]] = {
    # module, the column that goes wrong, and after how many windows of it drift is raised at the latest
    "another unit": (units, "lpi", 2),
    "an unseen category": (unseen, "occupation", 2),
    "another season": (season, "difference", 2),
    "a slow ramp": (ramp, "difference", 3),
}
named = pytest.mark.parametrize(("module", "column", "latest"), INPUTS.values(), ids=INPUTS)


@named
def test_the_quiet_part_of_the_data_raises_nothing(module: ModuleType, column: str, latest: int) -> None:
    reference, quiet, _ = module.data()
    assert len(quiet) >= 2
    assert raised(profiles_of(reference), quiet) == [set()] * len(quiet)


@named
def test_quiet_windows_show_drift_as_seldom_as_was_asked_for(module: ModuleType, column: str, latest: int) -> None:
    """Whatever the order in which the rows come: of many windows, one in a hundred may show drift before any policy."""
    states: list[bool] = []
    for order in range(6):
        reference, quiet, _ = module.data(order)
        found = (verdicts(profiles_of(reference), window).values() for window in quiet)
        states += [any(verdict.state == "drift" for verdict in window) for window in found]
    assert len(states) >= 12
    assert sum(states) <= binom.ppf(0.999, len(states), PLAN.alpha)


@named
def test_what_goes_wrong_is_raised_and_nothing_else(module: ModuleType, column: str, latest: int) -> None:
    reference, _, wrong = module.data()
    found = raised(profiles_of(reference), wrong)
    assert {name for window in found for name in window} == {column}
    assert all(window == {column} for window in found[latest - 1 :])


def test_an_unseen_category_is_seen_as_such_and_costs_no_other_column() -> None:
    reference, _, everybody = unseen.data()
    profiles = profiles_of(reference)
    for window in everybody:
        found = verdicts(profiles, window)
        rates = [one for one in found[unseen.COLUMN].findings if one.statistic == "other_rate"]
        assert [one.drifted for one in rates] == [True]
        share = sum(name == unseen.UNSEEN for name in window[unseen.COLUMN]) / unseen.ROWS
        assert rates[0].value == pytest.approx(share)
        assert all(verdict.window == unseen.ROWS for verdict in found.values())


def test_a_ramp_shows_against_the_reference_and_never_against_the_window_before() -> None:
    reference, _, aged = ramp.data()
    for before, window in pairwise(aged):
        findings = verdicts(profiles_of(before), window)[ramp.COLUMN].findings
        assert [one.drifted for one in findings if one.statistic == "psi"] == [False]
    assert verdicts(profiles_of(reference), aged[-1])[ramp.COLUMN].state == "drift"


def test_a_concept_drifts_while_inputs_and_estimated_quality_stay() -> None:
    reference, quiet, changed = concept.data()
    profiles, model = profiles_of(concept.inputs(reference)), concept.trained(reference)
    inputs = [concept.inputs(window) for window in [*quiet, *changed]]
    assert raised(profiles, inputs) == [set()] * len(inputs)
    before, after = (concept.quality(model, reference, some) for some in (quiet, changed))
    assert [one.out for one in before] == [False] * len(quiet)
    assert [one.out for one in after] == [True] * len(changed)
    assert all(abs(one.expected - one.precision) < 0.15 for one in before)
    assert all(one.expected - one.precision > 0.3 for one in after)


MAINS: dict[str, Callable[[], None]] = {
    module.__name__.rpartition(".")[2]: module.main for module in (concept, ramp, season, units, unseen)
}


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_each_scenario_runs_and_says_what_it_found(
    main: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    main()
    said = capsys.readouterr().out
    assert "quiet" in said
    assert "raised" in said or "out of control" in said
