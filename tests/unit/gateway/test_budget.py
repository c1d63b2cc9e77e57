"""The layout budget: bounded for each source, anew each day, nobody pays for another."""

from __future__ import annotations

import pytest

from ingest_api.intake.budget import MAX_LAYOUTS, LayoutBudget
from vedette.errors import InvalidInput

DAY_MS = 86_400_000


def spend(budget: LayoutBudget, count: int, source: str = "a", now_ms: int = DAY_MS) -> None:
    for number in range(count):
        budget.spend(1, source, b"g%d" % number, now_ms)


def test_a_source_may_report_many_sets_of_names_and_the_same_ones_for_ever() -> None:
    budget = LayoutBudget()
    spend(budget, MAX_LAYOUTS)
    spend(budget, MAX_LAYOUTS)


def test_one_set_too_many_is_refused_and_those_known_go_on() -> None:
    budget = LayoutBudget()
    spend(budget, MAX_LAYOUTS)
    with pytest.raises(InvalidInput, match="sets of names"):
        budget.spend(1, "a", b"gnew", DAY_MS)
    budget.spend(1, "a", b"g0", DAY_MS)
    budget.spend(1, "b", b"gnew", DAY_MS)
    budget.spend(2, "a", b"gnew", DAY_MS)


def test_the_next_day_begins_anew() -> None:
    budget = LayoutBudget()
    spend(budget, MAX_LAYOUTS)
    budget.spend(1, "a", b"gnew", 2 * DAY_MS)


def test_wide_sets_are_bounded_by_their_names() -> None:
    budget = LayoutBudget()
    wide = [b"\n".join(b"g%d_%d" % (number, at) for at in range(10_000)) for number in range(21)]
    for layout in wide[:20]:
        budget.spend(1, "a", layout, DAY_MS)
    with pytest.raises(InvalidInput, match="200000 names"):
        budget.spend(1, "a", wide[20], DAY_MS)
