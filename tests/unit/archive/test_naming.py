"""Names of objects follow from what is in them."""

from __future__ import annotations

from vedette.archive import naming

HOUR_MS = 1_700_000_000_000 // naming.HOUR_MS * naming.HOUR_MS


def test_a_piece_s_name_tells_what_it_holds() -> None:
    assert naming.piece("samples", 3, HOUR_MS, 0, 12, 0, 99) == (
        "kind=samples/account=3/date=2023-11-14/hour=22/000-0012-000000000000000-000000000000099.parquet"
    )


def test_an_hour_s_last_millisecond_belongs_to_it_and_the_next_does_not() -> None:
    assert naming.hour_of(HOUR_MS + naming.HOUR_MS - 1) == HOUR_MS
    assert naming.hour_of(HOUR_MS + naming.HOUR_MS) == HOUR_MS + naming.HOUR_MS


def test_another_range_generation_or_partition_gets_another_name() -> None:
    names = {
        naming.piece("samples", 1, HOUR_MS, generation, partition, first, last)
        for generation in range(2)
        for partition in range(2)
        for first in range(2)
        for last in range(2)
    }
    assert len(names) == 16


def test_a_merged_object_s_name_follows_from_its_parts_in_any_order() -> None:
    one = naming.merged("checks", 1, HOUR_MS, ["a", "b"])
    assert one == naming.merged("checks", 1, HOUR_MS, ["b", "a"])
    assert one != naming.merged("checks", 1, HOUR_MS, ["a", "c"])
