"""A bounded memory never holds more than its weight, and never answers wrongly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.events.bounded import Bounded


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60))))
def test_what_is_held_is_right_and_never_too_heavy(puts: list[tuple[int, int]]) -> None:
    memory: Bounded[int, int] = Bounded(100)
    for key, weight in puts:
        if memory.get(key) is None:
            memory.put(key, key * 2, weight)
        assert memory.get(key) == key * 2
        assert memory._weight <= 100


def test_what_is_heavier_than_all_is_not_held_and_costs_nothing_else() -> None:
    memory: Bounded[str, int] = Bounded(10)
    memory.put("a", 1, 5)
    memory.put("b", 2, 11)
    assert (memory.get("a"), memory.get("b"), len(memory)) == (1, None, 1)
