"""Rebuilding: the archive gives back the rows that the flow made, byte by byte, and what came late besides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.history.world import CHECK_ROLLUPS, DAY, HOUR, ROLLUPS, T0, World
from vedette.events.samples import SampleBatch
from vedette.history import rebuilding as module
from vedette.settings import TableSettings


def nothing(world: World) -> None:
    """The rows are as the flow left them."""


def deleted(world: World) -> None:
    for table in (*ROLLUPS, *CHECK_ROLLUPS):
        world.store.execute(f"DELETE FROM {table}")


def falsified(world: World) -> None:
    for table in ROLLUPS:
        world.store.execute(f"UPDATE {table} SET n = n + 1, cells = '\\x00'")
    for table in CHECK_ROLLUPS:
        world.store.execute(f"UPDATE {table} SET up = up + 1, sum_ms = 0")


def added(world: World) -> None:
    """Rows that no report explains: of a source that never reported, of a layout, of windows in between."""
    world.store.execute("INSERT INTO sources VALUES (5, %s, 'phantom', 0, now(), now())", world.account)
    for table in ROLLUPS:
        world.store.execute(f"INSERT INTO {table} SELECT 5, layout_id, bucket, n, cells FROM {table} LIMIT 1")
        world.store.execute(f"INSERT INTO {table} SELECT source_id, 6, bucket, n, cells FROM {table} LIMIT 1")


PHASES = "check_phases_1h"


@pytest.mark.parametrize("damage", [nothing, deleted, falsified, added])
def test_whatever_was_done_to_them_the_rows_are_the_flows_again(world: World, damage: Callable[[World], None]) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS, *CHECK_ROLLUPS)
    phases = {*world.rows(PHASES)[PHASES]}
    sources = [row[:4] for row in world.rows("sources")["sources"]]
    assert all(len(rows) > 2 for rows in (*before.values(), phases))
    damage(world)
    world.store.execute(f"DELETE FROM {PHASES}")
    for _ in range(2):  # once more changes nothing
        found = world.rebuild()
        assert found.written == sum(len(before[table]) for table in ROLLUPS)
        checks = world.rebuild("checks")
        assert checks.written == sum(len(before[table]) for table in CHECK_ROLLUPS)
        assert world.rows(*ROLLUPS, *CHECK_ROLLUPS) == before
        rebuilt = {*world.rows(PHASES)[PHASES]}
        assert phases <= rebuilt
        assert len(rebuilt - phases) <= 1  # the hour that the flow holds open
    assert [row[:4] for row in world.rows("sources")["sources"] if row[0] != 5] == sources


def test_small_transactions_give_the_same_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    falsified(world)
    monkeypatch.setattr(module, "_WEIGHT", 1)
    world.rebuild()
    assert world.rows(*ROLLUPS) == before


def test_a_day_in_the_middle_is_rebuilt_alone_with_counters_that_go_on(world: World) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    for table in ROLLUPS:
        world.store.execute(
            f"DELETE FROM {table} WHERE bucket >= to_timestamp(%s) AND bucket < to_timestamp(%s)",
            (T0 + DAY) / 1000,
            (T0 + 2 * DAY) / 1000,
        )
    world.rebuild(begin=T0 + DAY, end=T0 + 2 * DAY)
    assert world.rows(*ROLLUPS) == before


def test_hours_are_rebuilt_as_a_whole_and_with_the_row_of_their_day(world: World) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    falsified(world)
    begin = T0 + DAY + 2 * HOUR
    world.rebuild(begin=begin + 60_000, end=begin + HOUR + 60_000)
    after = world.rows(*ROLLUPS)
    for table, width in zip(ROLLUPS, (10_000, 60_000, HOUR, DAY), strict=True):
        for row, expected in zip(after[table], before[table], strict=True):
            bucket = round(row[2].timestamp() * 1000)
            inside = begin <= bucket < begin + 2 * HOUR or (width == DAY and bucket == T0 + DAY)
            assert (row == expected) == inside


def test_what_came_too_late_for_the_flow_is_merged_and_nothing_else_changes(world: World) -> None:
    world.fill()
    late = SampleBatch("fast", 2, 1, T0 + DAY + 7 * HOUR, {"load": 9.5, "requests": 3.0, "errors": 1.0}, {
        "requests": "counter", "errors": "delta"}, 10_000)  # fmt: skip
    world.send("fast", [late])
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    world.rebuild()
    after = world.rows(*ROLLUPS)
    for table in ROLLUPS:
        old = {row[:3]: row for row in before[table]}
        new = {row[:3]: row for row in after[table]}
        assert old.keys() <= new.keys()
        changed = [key for key in new if new[key] != old.get(key)]
        assert len(changed) == 1
        assert new[changed[0]][3] == (old[changed[0]][3] if changed[0] in old else 0) + 1


def test_tiers_are_not_filled_beyond_what_they_keep(world: World) -> None:
    world.fill()
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    deleted(world)
    # It is the tenth day: seconds are kept from the eighth on, minutes from the middle of the first.
    world.rebuild(tables=TableSettings(keep_10s_days=2, keep_1m_days=9, keep_1h_days=0, keep_1d_days=0))
    after = world.rows(*ROLLUPS)
    assert after["rollup_10s"] == []
    assert min(row[2].timestamp() * 1000 for row in after["rollup_1m"]) >= T0 + DAY + HOUR
    assert (after["rollup_1h"], after["rollup_1d"]) == (before["rollup_1h"], before["rollup_1d"])
    assert any("rows of 10s are kept for 2 days only" in text for text in world.told)


def test_what_is_older_than_the_archive_stays(world: World) -> None:
    world.fill()
    world.flow()
    world.archive()
    world.store.execute("DELETE FROM archive_objects WHERE hour < to_timestamp(%s)", (T0 + DAY + 5 * HOUR) / 1000)
    before = world.rows(*ROLLUPS)
    falsified(world)
    world.rebuild()
    after = world.rows(*ROLLUPS)
    first = world.store.row("SELECT min(min_ms) AS ms FROM archive_objects WHERE kind = 'samples'")
    assert first is not None
    hour = first["ms"] + -first["ms"] % HOUR
    for table in ("rollup_10s", "rollup_1m", "rollup_1h"):
        for row, expected in zip(after[table], before[table], strict=True):
            if row[2].timestamp() * 1000 < hour:
                assert row[3] == expected[3] + 1
    assert [row[3] for row in after["rollup_1d"] if row[2].timestamp() * 1000 < T0 + 2 * DAY] == [
        row[3] + 1 for row in before["rollup_1d"] if row[2].timestamp() * 1000 < T0 + 2 * DAY
    ]
    assert any("the archive begins at" in text for text in world.told)


def test_an_account_that_was_never_archived_keeps_its_rows(world: World) -> None:
    world.fill(days=1)
    world.flow()
    before = world.rows(*ROLLUPS)
    assert world.rebuild().events == 0
    assert world.rows(*ROLLUPS) == before
    assert world.told == [f"samples of account {world.account}: the archive has none, so nothing is changed"]
