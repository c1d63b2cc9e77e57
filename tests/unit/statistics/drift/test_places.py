"""Places of values: counted by number they are what the profile's own counting gives, whatever is in the column."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.places import code_places, counts_at, places, width
from vedette.statistics.drift.profile import FeatureProfile, fit

RANDOM = np.random.default_rng(4)
PROFILES = {
    "edges": fit("x", RANDOM.normal(size=500), "numeric"),
    "many edges": fit("x", RANDOM.normal(size=5000), "numeric", bins=50),
    "points": fit("x", [1.0, 2.0, 3.0, None] * 50, "numeric"),
    "constant": fit("x", [2.0] * 300, "numeric"),
    "empty": fit("x", [None] * 3, "numeric"),
    "category": fit("x", ["a", "b", "1", "true", "other"] * 20, "categorical"),
    "boolean": fit("x", [True, False] * 30, "boolean"),
    "length": fit("x", ["a" * n for n in range(200)], "text_length"),
    "hour": fit("x", [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(12)], "hour"),
    "weekday": fit("x", ["2026-11-28", "2026-11-29"] * 5, "weekday"),
}
ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(),
    st.sampled_from(["a", "b", "", "NaN", "1", "2.0", "yes", "2026-11-28T05:00:00", "é" * 250, "Infinity"]),
    st.just(10**400),
    st.just(Decimal("1.5")),
    st.just(b"a"),
)


def at_places(profile: FeatureProfile, found: Any) -> Counts:
    return counts_at(np.bincount(found, minlength=width(profile)), Moments())


@pytest.mark.parametrize("kind", PROFILES)
@given(values=st.lists(ANY, max_size=30))
def test_places_of_anything_are_what_is_counted(kind: str, values: list[Any]) -> None:
    profile = PROFILES[kind]
    found = places(profile, values)
    assert len(found) == len(values)
    assert at_places(profile, found).exact() == profile.count(values).exact()


@pytest.mark.parametrize("kind", PROFILES)
@given(values=st.lists(st.floats(width=32) | st.sampled_from([0.0, 1.0, 2.0, 3.0]), max_size=30))
def test_places_of_arrays_of_numbers_are_what_is_counted(kind: str, values: list[float]) -> None:
    profile, array = PROFILES[kind], np.array(values, np.float64)
    assert at_places(profile, places(profile, array)).exact() == profile.count(array).exact()


@pytest.mark.parametrize("kind", PROFILES)
@given(dictionary=st.lists(ANY, max_size=6), data=st.data())
def test_places_of_codes_are_what_is_counted(kind: str, dictionary: list[Any], data: st.DataObject) -> None:
    profile = PROFILES[kind]
    codes = np.array(data.draw(st.lists(st.integers(-2, len(dictionary) - 1), max_size=20)), np.int32)
    found = code_places(profile, codes, dictionary)
    assert at_places(profile, found).exact() == profile.count_codes(codes, dictionary).exact()


@pytest.mark.parametrize("kind", ["edges", "many edges", "points"])
@pytest.mark.parametrize("many", [3000, 20_000])
def test_long_arrays_are_placed_block_by_block(kind: str, many: int) -> None:
    profile, array = PROFILES[kind], RANDOM.normal(1, 2, many)
    array[::7], array[::11], array[::13] = np.nan, np.inf, 2.0
    found = places(profile, array)
    assert at_places(profile, found).exact() == profile.count(array).exact()
    one_by_one = [int(places(profile, array[at : at + 1])[0]) for at in range(0, many, 97)]
    assert found[::97].tolist() == one_by_one


def test_arrays_of_times_and_texts_are_placed_too() -> None:
    for kind, array in (
        ("hour", np.array(["2026-01-01T03", "NaT"], "datetime64[s]")),
        ("category", np.array(["a", "z"])),
        ("length", np.array(["a", "zz"])),
        ("boolean", np.array([True, False, True])),
    ):
        profile = PROFILES[kind]
        assert at_places(profile, places(profile, array)).exact() == profile.count(array).exact()


def test_codes_beyond_the_dictionary_are_refused() -> None:
    with pytest.raises(InvalidInput, match="codes"):
        code_places(PROFILES["category"], np.array([0, 3]), ["a"])
