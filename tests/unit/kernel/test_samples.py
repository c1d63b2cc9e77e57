"""Sample batches: packing, layouts, limits."""

from __future__ import annotations

import math

import pytest

from vedette.errors import InvalidInput
from vedette.events.samples import (
    MAX_INTERVAL_MS,
    MAX_SOURCE,
    MAX_VALUES,
    Packer,
    SampleBatch,
    check_batch,
    layout_id,
    layout_series,
    make_layout,
)


def batch(values: dict[str, float], kinds: dict[str, str] | None = None, **fields: object) -> SampleBatch:
    given = {"source": "a", "epoch": 1, "seq": 1, "ts": 1000, **fields}
    return SampleBatch(values=values, kinds=kinds or {}, **given)  # type: ignore[arg-type]


def test_packing_keeps_kinds_and_values_in_the_order_of_the_names() -> None:
    packed = Packer().pack(batch({"net": 2, 'disk{b="2",a="1"}': 1.5}, {"net": "counter"}), 3)
    assert packed.account == 3
    assert packed.names() == ['disk{a="1",b="2"}', "net"]
    assert packed.floats() == [1.5, 2.0]
    assert layout_series(packed.layout)[1] == ("gauge", "counter")


def test_a_sender_that_shuffles_its_names_has_one_layout() -> None:
    packer = Packer()
    one = packer.pack(batch({"a": 1, "b": 2, "c": 3}, {"b": "counter"}), 1)
    other = packer.pack(batch({"c": 3, "a": 1, "b": 2}, {"b": "counter"}), 1)
    assert (one.layout, one.values) == (other.layout, other.values)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused_by_name(bad: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        Packer().pack(batch({"good": 1, "bad": bad}), 1)
    assert (caught.value.field, caught.value.allowed) == ('values["bad"]', "a finite number")


@pytest.mark.parametrize("good", [0.0, -0.0, 1e308, 5e-324, -1.0])
def test_a_finite_value_is_packed_exactly(good: float) -> None:
    assert Packer().pack(batch({"cpu": good}), 1).floats() == [good]


def test_a_series_that_stands_twice_under_different_spellings_is_refused() -> None:
    with pytest.raises(InvalidInput, match="each series once in a batch"):
        Packer().pack(batch({'a{x="1",y="2"}': 1, 'a{y="2",x="1"}': 2}), 1)


def test_a_series_that_differs_in_a_label_is_another_one() -> None:
    assert Packer().pack(batch({'a{x="1"}': 1, 'a{x="2"}': 2}), 1).floats() == [1, 2]


def test_a_bad_name_is_refused_each_time() -> None:
    packer = Packer()
    for _ in range(2):
        with pytest.raises(InvalidInput, match="two words"):
            packer.pack(batch({"two words": 1}), 1)


def test_a_kind_for_a_name_without_value_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        Packer().pack(batch({"a": 1}, {"b": "counter"}), 1)
    assert caught.value.field == 'kinds["b"]'


def test_the_layout_has_the_same_identity_for_every_packer_and_spelling() -> None:
    one = Packer().pack(batch({'a{x="1",y="2"}': 1, "b": 2}), 1)
    two = Packer().pack(batch({'a{y="2", x="1"}': 5, "b": 6}, source="z"), 2)
    assert layout_id(one.layout) == layout_id(two.layout)
    assert layout_id(b"gcpu") == 2296649680961145883


@pytest.mark.parametrize(
    ("names", "kinds"), [(["b", "a"], {}), (["a", "b", "c"], {}), (["a", "b"], {"a": "counter"}), (["a"], {})]
)
def test_another_order_kind_or_name_is_another_layout(names: list[str], kinds: dict[str, str]) -> None:
    assert layout_id(make_layout(names, kinds)) != layout_id(make_layout(["a", "b"], {}))  # type: ignore[arg-type]


def test_a_full_cache_starts_anew_and_forgets_no_layout() -> None:
    packer = Packer(remembered_bytes=30)
    layouts = [packer.pack(batch({f"s{n % 5}": 1}), 1).layout for n in range(20)]
    assert layouts == [b"gs%d" % (n % 5) for n in range(20)]
    assert 1 <= len(packer._known) <= 2


def test_the_same_names_with_other_kinds_are_not_mixed_up_in_the_cache() -> None:
    packer = Packer()
    assert packer.pack(batch({"a": 1}), 1).layout == b"ga"
    assert packer.pack(batch({"a": 1}, {"a": "delta"}), 1).layout == b"da"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("source", ["a", "ü", "a b", "x" * MAX_SOURCE], ["", "x" * (MAX_SOURCE + 1), "a\n", "\0", "\ud800"]),
        ("epoch", [0, (1 << 62) - 1], [-1, 1 << 62]),
        ("seq", [0, (1 << 62) - 1], [-1, 1 << 62]),
        ("ts", [500, 2000], [499, 2001]),
        ("interval_ms", [0, MAX_INTERVAL_MS], [-1, MAX_INTERVAL_MS + 1]),
    ],
)
def test_a_field_at_its_limit_is_taken_and_beyond_it_is_refused(
    field: str, good: list[object], bad: list[object]
) -> None:
    for value in good:
        check_batch(batch({"a": 1}, **{field: value}), 500, 2000)
    for value in bad:
        with pytest.raises(InvalidInput) as caught:
            check_batch(batch({"a": 1}, **{field: value}), 500, 2000)
        assert (caught.value.field, caught.value.value) == (field, value)


def test_a_batch_holds_from_one_to_the_most_values() -> None:
    many = {f"s{n}": 1.0 for n in range(MAX_VALUES)}
    check_batch(batch(many), 0, 2000)
    for values in ({}, {**many, "one_more": 1.0}):
        with pytest.raises(InvalidInput, match=f"1 to {MAX_VALUES} values"):
            check_batch(batch(values), 0, 2000)


@pytest.mark.parametrize("layout", [b"", b"x", b"g", b"xcpu", b"gcpu\n", b"gcpu\nzz", b"\xff"])
def test_a_layout_with_a_line_that_is_no_kind_and_name_is_refused(layout: bytes) -> None:
    with pytest.raises(InvalidInput):
        layout_series(layout)
