"""Unseen values: their names and counts, in whatever parts they come."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.unseen import KEPT, Unseen
from vedette.statistics.drift.verdict import Plan, judge

CITY = fit("city", ["Bonn"] * 600 + ["Rome"] * 400, "categorical")
names = st.lists(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=3), max_size=200
)


def of(values: list[str]) -> Unseen:
    return Unseen.of(Counter(values).items())


@given(names, names, names)
def test_counts_are_exact_in_any_parts(a: list[str], b: list[str], c: list[str]) -> None:
    whole = of(a + b + c)
    assert of(a).merged(of(b)).merged(of(c)) == whole == of(c).merged(of(a).merged(of(b)))
    held = Counter(a + b + c)
    assert all(held[one.name] == one.times for one in whole.values)
    assert len(whole.values) == min(KEPT, len(held))
    if len(held) < KEPT:
        assert whole.distinct == len(held)


def test_of_many_values_so_many_are_kept_and_their_number_is_estimated() -> None:
    found = [of([f"v{seed}-{n}" for n in range(2_000)]).distinct for seed in range(40)]
    assert np.mean(found) == pytest.approx(2_000, rel=0.1)
    assert np.std(found) / 2_000 < 0.3
    assert len(of([str(n) for n in range(20_000)]).values) == KEPT


def test_a_verdict_names_what_it_did_not_know() -> None:
    values = ["Bonn"] * 500 + ["Rome"] * 300 + ["Oslo"] * 20 + ["Riga"] * 3 + [None] * 5
    verdict = judge([CITY], {"city": CITY.count(values)})[0]
    assert [(one.value, one.rows) for one in verdict.unseen] == [("Oslo", 20), ("Riga", 3)]
    assert verdict.unseen_values == 2
    assert judge([CITY], {"city": CITY.count(["Bonn"] * 600 + ["Rome"] * 400)})[0].unseen == ()


def test_numbers_and_texts_among_numbers_have_names_too() -> None:
    few = fit("n", [1, 2, 3] * 100, "numeric")
    assert {(one.name, one.times) for one in few.count([1, 2, 2.5, 2.5, "inf", "no", None]).unseen.values} == {
        ("2.5", 2),
        ("inf", 1),
        ("no", 1),
    }
    flag = fit("f", [True, False] * 50, "boolean")
    assert flag.count(["yes", "perhaps"]).unseen == Unseen()  # what is not of the kind has no name


def test_a_million_categories_cost_no_memory() -> None:
    codes = np.arange(1_000_000, dtype=np.int32)
    counts = CITY.count_codes(codes, [f"user-{n}" for n in range(1_000_000)])
    assert counts.other == 1_000_000
    assert len(pickle.dumps(counts)) < 5_000
    verdict = judge([CITY], {"city": counts}, Plan())[0]
    assert 500_000 < verdict.unseen_values < 2_000_000


def test_counts_of_an_older_snapshot_are_taken() -> None:
    old = [np.array([1, 2]), 3, 4, 5, 6, Moments()]
    counts = Counts.__new__(Counts)
    counts.__setstate__(old)
    assert counts.unseen == Unseen()
    assert (counts + counts).exact() == ((2, 4), 6, 8, 10, 12)
    assert pickle.loads(pickle.dumps(CITY.count(["Oslo"]))).unseen == CITY.count(["Oslo"]).unseen


def test_what_no_table_can_hold_is_replaced_and_counted_as_one() -> None:
    assert [(one.name, one.times) for one in Unseen.of([("a\x00", 2), ("a\ud800", 3), ("a\ufffd", 1)]).values] == [
        ("a\ufffd", 6)
    ]
