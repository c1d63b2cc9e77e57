"""Check columns: what they say is what the rows say, of all tiers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.integration.gateway.rows import window
from vedette.monitors import MonitorSpec
from vedette.statistics.minutes import Minutes
from vedette.store import accounts, checks, monitors
from vedette.store.check_columns import COUNTS, CheckColumns, Tail, Tier, columns_of, from_windows, read_columns
from vedette.store.checks import CheckBatch, CheckWindow
from vedette.store.pool import Store

DAY = 1_699_920_000_000
WIDTHS: dict[Tier, int] = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}


@pytest.fixture
def monitor(store: Store) -> int:
    return monitors.add(store, accounts.ensure_account(store, "a"), MonitorSpec(name="m", url="http://localhost/"))


def windows(monitor: int, tier: Tier) -> list[CheckWindow]:
    width = WIDTHS[tier]
    bits = None if tier == "1m" else Minutes(0b0110 << 50, 0b1111 << 50)
    known = {"minutes": bits, "width": width // 60_000}
    return [
        window(monitor, DAY, [1.0, 700.0, 9000.0], down=1, missed=2, **known),
        window(monitor, DAY, [5.5], location="zürich"),
        window(monitor, DAY + width, location="zürich", down=7, **known),
        window(monitor, DAY + 3 * width, [2.0] * 400, **known),
    ]


def write(store: Store, tier: Tier, rows: list[CheckWindow]) -> None:
    minutes, hours, days = (rows if tier == each else [] for each in WIDTHS)
    checks.write(store, [CheckBatch([], [], minutes, hours, days=days)])


def listed(columns: CheckColumns) -> list[tuple[object, ...]]:
    fixed = zip(
        columns.monitor.tolist(), columns.bucket_ms.tolist(), columns.tails, columns.counts.T.tolist(),
        columns.sum_ms.tolist(), columns.known.tolist(),
        [each.tolist() if known else None for each, known in zip(columns.minutes, columns.known, strict=True)],
        strict=True,
    )  # fmt: skip
    return sorted(map(tuple, fixed))


@pytest.mark.parametrize("tail", ["sketch", "location"])
@pytest.mark.parametrize("tier", WIDTHS)
def test_the_columns_of_a_range_are_those_of_its_rows(store: Store, monitor: int, tier: Tier, tail: Tail) -> None:
    rows = windows(monitor, tier)
    write(store, tier, [*rows, *(row._replace(monitor=monitor + 1) for row in rows)])
    found = columns_of(store, tier, monitor, DAY, DAY + 3 * WIDTHS[tier], tail)
    assert listed(found) == listed(from_windows(rows[:3], tier, tail))
    assert found.width_ms == WIDTHS[tier]
    assert found.counts[COUNTS.index("down")].sum() == 8
    one = columns_of(store, tier, monitor, DAY, DAY + 9 * WIDTHS[tier], tail, "zürich")
    assert listed(one) == listed(from_windows(rows[1:3], tier, tail))


@pytest.mark.parametrize("tier", WIDTHS)
def test_several_monitors_are_read_at_once_and_told_apart(store: Store, monitor: int, tier: Tier) -> None:
    rows = windows(monitor, tier)
    others = [row._replace(monitor=monitor + 1, down=3) for row in rows]
    write(store, tier, [*rows, *others])
    with store.connection() as connection:
        both = read_columns(connection, tier, [monitor, monitor + 1, monitor + 2], 0, DAY * 2, "location")
    assert listed(both) == listed(from_windows([*rows, *others], tier, "location"))
    assert listed(both.select(both.monitor == monitor + 1)) == listed(from_windows(others, tier, "location"))
    of_each = {number: listed(found) for number, found in both.by_monitor().items()}
    assert of_each.keys() == {monitor, monitor + 1}
    assert of_each[monitor + 1] == listed(from_windows(others, tier, "location"))
    assert (len(both.none()), both.none().by_monitor()) == (0, {})
    parts = [both.select(both.monitor == number) for number in (monitor, monitor + 1)]
    assert listed(CheckColumns.joined(parts, tier)) == listed(both)


def test_where_there_is_nothing_there_are_columns_without_rows(store: Store, monitor: int) -> None:
    for found in (columns_of(store, "1d", monitor, 0, DAY, "sketch"), CheckColumns.joined([], "1d")):
        assert (len(found), found.counts.shape, found.minutes.shape) == (0, (len(COUNTS), 0), (0, 2, 180))
        assert np.bincount(found.bucket_ms, found.sum_ms, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("tier", WIDTHS)
def test_totals_are_each_places_windows_added_up(store: Store, monitor: int, tier: Tier) -> None:
    rows = windows(monitor, tier)
    write(store, tier, rows)
    found = columns_of(store, tier, monitor, DAY, DAY + 9 * WIDTHS[tier], "totals")
    by_place = dict(zip(found.tails, found.counts.T.tolist(), strict=True))
    for place in ("fra-1", "zürich"):
        mine = from_windows([row for row in rows if row.location == place], tier, "location")
        assert by_place.pop(place.encode()) == mine.counts.sum(axis=1).tolist()
    assert by_place == {}
    one = columns_of(store, tier, monitor, DAY, DAY + 9 * WIDTHS[tier], "totals", "zürich")
    assert one.tails == ["zürich".encode()]
