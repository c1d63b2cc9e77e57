"""Duplicates against a set that forgets nothing."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from vedette.windows.dedup import MAX_EPOCHS, REMEMBERED, Seen


@given(st.lists(st.tuples(st.integers(0, MAX_EPOCHS - 1), st.integers(0, REMEMBERED - 1), st.booleans())))
def test_within_what_is_remembered_each_batch_is_new_exactly_once(stream: list[tuple[int, int, bool]]) -> None:
    seen, oracle = Seen(), set[tuple[int, int]]()
    for epoch, seq, restart in stream:
        if restart:
            seen = pickle.loads(pickle.dumps(seen))
        assert seen.is_new(epoch, seq) is ((epoch, seq) not in oracle)
        oracle.add((epoch, seq))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5000))))
def test_no_batch_is_ever_new_twice(stream: list[tuple[int, int]]) -> None:
    seen, oracle = Seen(), set[tuple[int, int]]()
    for batch in stream:
        new = seen.is_new(*batch)
        assert not (new and batch in oracle)
        oracle.add(batch)


def test_a_batch_that_comes_just_within_memory_is_new_and_one_beyond_it_is_not() -> None:
    seen = Seen()
    seen.is_new(1, 5000)
    assert seen.is_new(1, 5000 - REMEMBERED + 1)
    assert not seen.is_new(1, 5000 - REMEMBERED)


def test_a_leap_forgets_only_what_is_too_far_behind() -> None:
    seen = Seen()
    seen.is_new(1, 0)
    seen.is_new(1, REMEMBERED - 1)
    assert not seen.is_new(1, 0)
    seen.is_new(1, 10 * REMEMBERED)
    assert seen.is_new(1, 10 * REMEMBERED - 1)
    assert not seen.is_new(1, REMEMBERED - 1)


def test_a_new_epoch_begins_anew_and_the_old_one_is_still_known() -> None:
    seen = Seen()
    assert seen.is_new(1, 7)
    assert seen.is_new(2, 7)
    assert not seen.is_new(1, 7)
    assert seen.is_new(1, 8)


def test_of_the_epoch_not_heard_for_longest_only_what_is_beyond_its_highest_is_new() -> None:
    seen = Seen()
    for epoch in range(MAX_EPOCHS):
        assert seen.is_new(epoch, 5)
    assert seen.is_new(0, 6)  # heard again: now epoch 1 is the one not heard for longest
    assert seen.is_new(MAX_EPOCHS, 5)
    assert seen.is_new(0, 4)
    assert not seen.is_new(1, 4)
    assert seen.is_new(1, 8)
    assert [seq for seq in (4, 5, 6, 7, 8) if seen.is_new(1, seq)] == [6, 7]


def test_many_senders_that_share_a_source_lose_nothing() -> None:
    seen = Seen()
    assert all(seen.is_new(epoch, seq) for seq in range(1, 200) for epoch in range(3 * MAX_EPOCHS))


@given(st.lists(st.integers(0, 1 << 60), unique=True, max_size=100))
def test_epochs_need_not_grow_for_none_to_be_dropped(epochs: list[int]) -> None:
    seen = Seen()
    assert all(seen.is_new(epoch, seq) for epoch in epochs for seq in (1, 2, 3))


def test_memory_is_bounded() -> None:
    seen = Seen()
    for epoch in range(100):
        for seq in range(0, 5 * REMEMBERED, 97):
            seen.is_new(epoch, seq)
    assert len(seen._highest) == len(seen._bits) == MAX_EPOCHS
    assert all(bits < 1 << REMEMBERED for bits in seen._bits.values())
