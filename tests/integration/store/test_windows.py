"""Reading wide rows: the coarse tier for what is over, finer tiers for its head."""

from __future__ import annotations

import pytest

from tests.integration.store.rows import ACCOUNT, put
from vedette.events.names import source_id
from vedette.events.samples import layout_id, make_layout
from vedette.store.pool import Store
from vedette.store.windows import read_rows, tier_for

LAYOUT = make_layout(["a", "b"], {})
HOUR = 1_699_999_200_000
MINUTE = 60_000
H1, H2 = source_id(ACCOUNT, "h1"), source_id(ACCOUNT, "h2")


def read(
    store: Store, tier: str, from_ms: int = HOUR, to_ms: int = HOUR + 4 * 3_600_000, ordinals: tuple[int, ...] = (1,)
) -> dict[int, list[tuple[int, int, list[float]]]]:
    """By source: start after HOUR in seconds, reports, sums."""
    found = read_rows(store, layout_id(LAYOUT), [H1, H2], ordinals, from_ms, to_ms, tier)
    return {
        source: [
            ((int(ms) - HOUR) // 1000, int(n), sums.tolist())
            for ms, n, sums in zip(rows.bucket_ms, rows.n, rows.sums, strict=True)
        ]
        for source, rows in found.items()
    }


def test_rows_come_in_the_order_of_time_within_the_range(store: Store) -> None:
    for at in (30_000, 0, 20_000, 10_000):
        put(store, "10s", HOUR + at, LAYOUT, sums=[at, -at])
    assert read(store, "10s", HOUR, HOUR + 30_000) == {H1: [(0, 1, [0]), (10, 1, [10_000]), (20, 1, [20_000])]}
    assert read(store, "10s", HOUR + 10_000, HOUR + 20_000, (2, 1)) == {H1: [(10, 1, [-10_000, 10_000])]}
    assert read(store, "10s", HOUR + 40_000) == {}


def test_all_four_matrices_come_back(store: Store) -> None:
    put(store, "10s", HOUR, LAYOUT, n=7, sums=1, mins=2, maxs=3, lasts=4)
    rows = read_rows(store, layout_id(LAYOUT), [H1], [2], HOUR, HOUR + 10_000, "10s")[H1]
    assert (rows.sums.tolist(), rows.mins.tolist(), rows.maxs.tolist(), rows.lasts.tolist()) == (
        [[1]], [[2]], [[3]], [[4]],
    )  # fmt: skip


def test_a_complete_newest_row_counts_and_its_finer_rows_do_not(store: Store) -> None:
    put(store, "1m", HOUR, LAYOUT, n=6, sums=60)
    for at in range(0, 60_000, 10_000):
        put(store, "10s", HOUR + at, LAYOUT, n=1, sums=10)
    assert read(store, "1m") == {H1: [(0, 6, [60])]}


def test_a_newest_row_that_was_put_out_too_early_gives_way_to_finer_ones(store: Store) -> None:
    put(store, "1m", HOUR, LAYOUT, n=6, sums=60)
    put(store, "1m", HOUR + MINUTE, LAYOUT, n=2, sums=20)
    for at in range(0, 120_000, 10_000):
        put(store, "10s", HOUR + at, LAYOUT, n=1, sums=10)
    found = read(store, "1m")[H1]
    assert found[0] == (0, 6, [60])
    assert found[1:] == [(60 + at, 1, [10]) for at in range(0, 60, 10)]


def test_what_came_after_the_newest_coarse_row_is_read_from_finer_tiers(store: Store) -> None:
    put(store, "1h", HOUR, LAYOUT, n=60, sums=600)
    put(store, "1m", HOUR + 60 * MINUTE, LAYOUT, n=6, sums=60)
    put(store, "10s", HOUR + 61 * MINUTE, LAYOUT, n=1, sums=10)
    assert read(store, "1h") == {H1: [(0, 60, [600]), (3600, 6, [60]), (3660, 1, [10])]}


def test_without_any_coarse_row_all_is_read_from_finer_tiers(store: Store) -> None:
    put(store, "10s", HOUR, LAYOUT, n=1, sums=10)
    assert read(store, "1d") == {H1: [(0, 1, [10])]}


def test_each_source_has_a_head_of_its_own(store: Store) -> None:
    put(store, "1m", HOUR, LAYOUT, n=6, sums=60)
    put(store, "10s", HOUR, LAYOUT, n=6, sums=60)
    put(store, "1m", HOUR + 5 * MINUTE, LAYOUT, source="h2", n=6, sums=61)
    put(store, "10s", HOUR, LAYOUT, source="h2", n=6, sums=1)
    put(store, "10s", HOUR + 6 * MINUTE, LAYOUT, source="h2", n=1, sums=2)
    assert read(store, "1m") == {H1: [(0, 6, [60])], H2: [(300, 6, [61]), (360, 1, [2])]}


def test_a_source_that_reports_once_a_minute_is_read_from_minutes_though_seconds_were_asked_for(store: Store) -> None:
    put(store, "1m", HOUR, LAYOUT, n=1, sums=5)
    put(store, "10s", HOUR, LAYOUT, source="h2", n=1, sums=7)
    assert read(store, "10s") == {H1: [(0, 1, [5])], H2: [(0, 1, [7])]}


def test_the_head_of_a_source_that_reports_once_a_minute_is_read_from_minutes(store: Store) -> None:
    put(store, "1h", HOUR, LAYOUT, n=60, sums=60)
    put(store, "1m", HOUR + 60 * MINUTE, LAYOUT, n=1, sums=1)
    assert read(store, "1h") == {H1: [(0, 60, [60]), (3600, 1, [1])]}


@pytest.mark.parametrize(
    ("step_s", "tier"),
    [(7, "10s"), (10, "10s"), (90, "10s"), (60, "1m"), (120, "1m"), (5400, "1m"), (3600, "1h"), (86_400, "1d")],
)
def test_the_tier_is_the_coarsest_whose_width_divides_the_step(step_s: int, tier: str) -> None:
    assert tier_for(step_s * 1000) == tier
