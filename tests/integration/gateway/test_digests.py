"""Answers over months out of digests of days: the same as out of the rows, never of days that were written since."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from ingest_api.questions import FRESH_S
from tests.integration.gateway.reports import add_monitor
from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, write_checks
from tests.integration.gateway.server import Gateway
from tests.patience import PATIENCE_S
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.history.checking import fold_checks
from vedette.store.check_digests import LOOK_BACK_BLOCKS, SETTLED_MS, digest_of, pack
from vedette.store.checks import CheckWindow, write_windows
from vedette.store.rebuilding import replace_checks
from vedette.store.stale_digests import BLOCK_DAYS, forget_days

DAY = HOUR - HOUR % DAY_MS
BEGIN = DAY - 80 * DAY_MS
NOW = HOUR
RANGES: list[dict[str, Any]] = [
    {"step": 86_400},
    {"step": 86_400, "percentiles": False},
    {"step": 7 * 86_400, "percentiles": False},
    {"step": 7 * 86_400},
    {"step": 86_400, "location": "ams-1"},
    {"step": 21_600},
]


def days_of(monitor: int, seed: int) -> list[CheckWindow]:
    """Days of checks from three places; one begins late, and halfway the target is another."""
    chance = random.Random(seed)
    starts = {"ams-1": BEGIN + 5 * HOUR_MS, "fra-1": BEGIN, "nyc-1": BEGIN + 44 * DAY_MS}
    results = [
        CheckRecord(
            monitor, place, slot, slot, chance.choice(OUTCOMES), float(chance.randint(1, 2600)),
            apdex_t_ms=400 if slot < BEGIN + 41 * DAY_MS else 500,
        )
        for place, start in starts.items()
        for slot in range(start, HOUR, 53 * MINUTE_MS)
    ]  # fmt: skip
    return fold_checks(results)["1d"]


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    found = add_monitor(gateway, "shop")
    write_checks(gateway, days=days_of(found, 1))
    return found


def ask(gateway: Gateway, monitor: int, what: str = "history", **params: Any) -> dict[str, Any]:
    gateway.clock.advance(FRESH_S + 1)  # what was answered before is not given again
    answer = gateway.get(f"/v1/monitors/{monitor}/{what}", params={"from": BEGIN, "to": NOW, **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def everything(gateway: Gateway, monitor: int) -> list[dict[str, Any]]:
    """Histories of many ranges, and scores."""
    chance = random.Random(4)
    asked = list(RANGES)
    for _ in range(6):
        begin = BEGIN + DAY_MS * chance.randint(-20, 70)
        asked.append({"from": begin, "to": begin + DAY_MS * chance.randint(1, 100), "step": 86_400})
    scores = [{"from": BEGIN + HOUR_MS * chance.randint(0, 900)} for _ in range(5)]
    return [ask(gateway, monitor, **params) for params in asked] + [
        ask(gateway, monitor, "apdex", **params) for params in scores
    ]


def near(found: Any) -> Any:
    """Sums of another order differ in their last digits."""
    if isinstance(found, float):
        return pytest.approx(found, rel=1e-12)
    if isinstance(found, dict):
        return {name: near(value) for name, value in found.items()}
    return [near(value) for value in found] if isinstance(found, list) else found


def packed(gateway: Gateway) -> int:
    return pack(gateway.store, NOW, 60.0)


def test_every_answer_is_the_same_as_without_digests_also_when_the_days_themselves_are_gone(
    gateway: Gateway, monitor: int
) -> None:
    before, score = everything(gateway, monitor), ask(gateway, monitor, "apdex")
    assert packed(gateway) == LOOK_BACK_BLOCKS
    assert packed(gateway) == 0  # nothing is missing
    assert everything(gateway, monitor) == near(before)
    settled = NOW - SETTLED_MS
    rows = days_of(monitor, 1)
    gateway.store.execute("DELETE FROM check_rollup_1d WHERE bucket < to_timestamp(%s)", settled // DAY_MS * 86_400)
    try:
        history, plain, weeks = (ask(gateway, monitor, **params) for params in RANGES[:3])
        assert [history, plain, weeks] == near(before[:3])
        assert ask(gateway, monitor, "apdex") == near(score)
    finally:
        write_checks(gateway, days=rows)
    assert packed(gateway) > 0
    assert everything(gateway, monitor) == near(before)


def test_a_new_day_is_added_when_it_is_settled(gateway: Gateway, monitor: int) -> None:
    before = ask(gateway, monitor, **RANGES[0])
    packed(gateway)
    gateway.store.execute("DELETE FROM check_rollup_1d WHERE bucket < to_timestamp(%s)", (BEGIN + 30 * DAY_MS) // 1000)
    assert pack(gateway.store, NOW + DAY_MS, 60.0) == 1  # only the block that grows is made again
    assert ask(gateway, monitor, **RANGES[0]) == near(before)
    write_checks(gateway, days=days_of(monitor, 1))
    packed(gateway)


def test_a_day_that_is_written_again_is_in_the_next_answer_and_in_the_next_digest(
    gateway: Gateway, monitor: int
) -> None:
    packed(gateway)
    rows = days_of(monitor, 1)
    old = next(row for row in rows if row.location == "fra-1" and row.bucket_ms == DAY - 50 * DAY_MS)
    at = (old.bucket_ms - BEGIN) // DAY_MS
    before = ask(gateway, monitor, **RANGES[0])
    write_checks(gateway, days=[old._replace(up=old.up + 7)])
    after = ask(gateway, monitor, **RANGES[0])
    assert after["up"][at] == before["up"][at] + 7
    assert packed(gateway) == 1
    assert ask(gateway, monitor, **RANGES[0]) == near(after)
    ranges = {"1d": (old.bucket_ms, old.bucket_ms + DAY_MS)}
    replace_checks(gateway.store, [monitor], [], [], [], ranges)  # a rebuild that finds nothing for that day
    assert ask(gateway, monitor, **RANGES[0])["up"][at] == 0
    write_checks(gateway, days=rows)
    assert ask(gateway, monitor, **RANGES[0]) == near(before)


def test_no_digest_is_made_of_a_day_that_is_just_being_written(gateway: Gateway, monitor: int) -> None:
    packed(gateway)
    rows = days_of(monitor, 1)
    old = rows[3]
    at = (old.bucket_ms - BEGIN) // DAY_MS
    before = ask(gateway, monitor, **RANGES[0])
    with gateway.store.transaction() as connection:
        write_windows(connection, [], [], [old._replace(up=old.up + 1)])
        # Seen from outside, that digest is still there: others are missing, so that there is work.
        gateway.store.execute("DELETE FROM check_digests WHERE block < %s", DAY // DAY_MS // BLOCK_DAYS - 5)
        assert packed(gateway) == 0  # it waits for another round
    assert packed(gateway) > 0
    assert ask(gateway, monitor, **RANGES[0])["up"][at] == before["up"][at] + 1
    write_checks(gateway, days=rows)


def test_days_that_a_clock_ahead_has_packed_are_packed_again(gateway: Gateway, monitor: int) -> None:
    packed(gateway)
    before = ask(gateway, monitor, **RANGES[0])
    pack(gateway.store, NOW + 60 * DAY_MS, 60.0)
    assert packed(gateway) > 0
    today = days_of(monitor, 1)[-1]
    write_checks(gateway, days=[today._replace(up=today.up + 3)])
    assert ask(gateway, monitor, **RANGES[0])["up"][-1] == before["up"][-1] + 3
    write_checks(gateway, days=[today])


def test_a_spoilt_row_costs_its_own_monitor_the_digest_and_no_other(gateway: Gateway, monitor: int) -> None:
    spoilt, later = add_monitor(gateway, "spoilt"), add_monitor(gateway, "later")
    write_checks(gateway, days=days_of(spoilt, 5))
    gateway.store.execute(
        "UPDATE check_rollup_1d SET sketch = %s WHERE monitor_id = %s AND bucket < to_timestamp(%s)",
        b"\x01", spoilt, (BEGIN + DAY_MS) // 1000,
    )  # fmt: skip
    assert packed(gateway) >= 2 * LOOK_BACK_BLOCKS
    kept = {
        row["monitor_id"]: row["n"]
        for row in gateway.store.rows("SELECT monitor_id, count(cells) AS n FROM check_digests GROUP BY monitor_id")
    }
    assert kept[spoilt] == LOOK_BACK_BLOCKS - 1
    assert kept[later] == kept[monitor] == LOOK_BACK_BLOCKS
    assert packed(gateway) == 0
    gateway.store.execute("UPDATE check_digests SET cells = 'x' WHERE monitor_id = %s", later)
    assert ask(gateway, later, **RANGES[1])["up"] == [0] * 81  # read from rows


def test_monitors_that_are_asked_for_together_may_be_packed_up_to_different_days(
    gateway: Gateway, monitor: int
) -> None:
    other = add_monitor(gateway, "other")
    packed(gateway)
    write_checks(gateway, days=days_of(other, 2))
    gateway.store.execute("UPDATE check_digests SET days = 0 WHERE monitor_id = %s AND block > %s", other, 611)
    wanted = {each: ask(gateway, each, **RANGES[1]) for each in (monitor, other)}
    found: dict[int, dict[str, Any]] = {}
    gateway.clock.advance(FRESH_S + 1)

    def one(each: int) -> None:
        params = {"from": BEGIN, "to": NOW, **RANGES[1]}
        found[each] = gateway.get(f"/v1/monitors/{each}/history", params=params).json()

    for _ in range(5):
        asking = [threading.Thread(target=one, args=[each]) for each in (monitor, other) for _ in range(4)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(PATIENCE_S)
        assert found == near(wanted)
        gateway.clock.advance(FRESH_S + 1)


def test_days_of_which_the_minutes_are_not_known_have_no_digest_and_are_read_as_they_are(gateway: Gateway) -> None:
    old = add_monitor(gateway, "old")
    rows = [row._replace(good=None, counted=None) if row.bucket_ms == BEGIN else row for row in days_of(old, 3)]
    write_checks(gateway, days=rows)
    before = ask(gateway, old, **RANGES[0])
    assert not before["summary"]["exact"]
    assert packed(gateway) >= LOOK_BACK_BLOCKS
    assert packed(gateway) == 0
    assert ask(gateway, old, **RANGES[0]) == near(before)


def test_a_monitor_that_is_removed_leaves_no_digest(gateway: Gateway) -> None:
    gone = add_monitor(gateway, "gone")
    packed(gateway)
    assert gateway.call("DELETE", f"/v1/monitors/{gone}", "admin").status_code == 204
    left = gateway.store.row("SELECT count(*) AS n FROM check_digests WHERE monitor_id = %s", gone)
    assert left == {"n": 0}


def test_days_that_are_not_kept_get_no_digest(gateway: Gateway, monitor: int) -> None:
    pack(gateway.store, NOW, 60.0, keep_days=40)
    row = gateway.store.row("SELECT min(block) AS block FROM check_digests WHERE monitor_id = %s", monitor)
    assert row is not None
    assert row["block"] == (DAY - 42 * DAY_MS) // DAY_MS // BLOCK_DAYS
    packed(gateway)


def test_writing_today_forgets_nothing(gateway: Gateway, monitor: int) -> None:
    packed(gateway)
    today = days_of(monitor, 1)[-1]
    with gateway.store.transaction() as connection:
        forget_days(connection, [today], now_ms=NOW)
    assert packed(gateway) == 0


def test_a_digest_survives_its_bytes() -> None:
    digest = digest_of([], BEGIN, 5)
    assert digest is not None
    assert digest.to_bytes() == b""
    assert digest.between(BEGIN + DAY_MS, BEGIN + 3 * DAY_MS).to_ms == BEGIN + 3 * DAY_MS
