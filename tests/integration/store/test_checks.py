"""Check tables: rows are replaced and never added up, totals count what they should."""

from __future__ import annotations

import pytest

from vedette.events.checks import CheckRecord, Phases
from vedette.monitors import MonitorSpec
from vedette.store import accounts, checks, monitors
from vedette.store.checks import CheckBatch, CheckWindow, StateRow
from vedette.store.pool import Store

T0 = 1_700_000_040_000
MINUTE = 60_000


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


@pytest.fixture
def monitor(store: Store, account: int) -> int:
    return monitors.add(store, account, MonitorSpec(name="shop", url="https://shop.example"))


def window(monitor: int, bucket: int = T0, location: str = "x", *, up: int = 0, down: int = 0) -> CheckWindow:
    return CheckWindow(monitor, location, bucket, 500, up, 0, down, up, 0, down, 2, 1, 10.0 * up, 9.0, 11.0, b"s")


def write(store: Store, **parts: list[object]) -> int:
    batch = {"results": [], "states": [], "minutes": [], "hours": [], **parts}
    return checks.write(store, [CheckBatch(**batch)])  # type: ignore[arg-type]


def test_windows_come_back_in_the_order_of_time(store: Store, monitor: int) -> None:
    rows = [window(monitor, T0 + n * MINUTE, place, up=n) for n in (2, 0, 1) for place in "yx"]
    assert write(store, minutes=[*rows], hours=[rows[0]]) == 7
    found = checks.windows(store, monitor, T0, T0 + 2 * MINUTE, hours=False)
    assert [(w.bucket_ms, w.location, w.up) for w in found] == [
        (T0 + n * MINUTE, place, n) for n in (0, 1) for place in "xy"
    ]
    assert checks.windows(store, monitor, 0, T0 * 2, hours=True) == [rows[0]]
    only = checks.windows(store, monitor, 0, T0 * 2, hours=False, location="y")
    assert {w.location for w in only} == {"y"}
    assert checks.windows(store, monitor + 1, 0, T0 * 2, hours=False) == []


def test_a_window_written_again_is_replaced(store: Store, monitor: int) -> None:
    write(store, minutes=[window(monitor, up=1)])
    write(store, minutes=[window(monitor, up=2), window(monitor, up=3)])
    assert checks.windows(store, monitor, 0, T0 * 2, hours=False) == [window(monitor, up=3)]


def test_a_state_is_replaced_by_a_newer_one_and_not_by_an_older(store: Store, monitor: int) -> None:
    def state(outcome: str, at: int) -> StateRow:
        return StateRow(monitor, "x", outcome, at, at, 1.0, 200, None)

    write(store, states=[state("up", T0)])
    write(store, states=[state("down", T0 + 1000)])
    write(store, states=[state("degraded", T0 + 500)])
    row = store.row("SELECT outcome FROM monitor_states")
    assert row == {"outcome": "down"}


def test_raw_results_come_back_newest_first_with_the_phases_that_were_reached(store: Store, monitor: int) -> None:
    whole = Phases(dns=1, connect=2, tls=3, ttfb=4, transfer=5)
    results = [
        CheckRecord(monitor, "x", T0, T0 + 3, "up", 15.0, 200, None, whole, 512, T0 + 10**9, 400),
        CheckRecord(monitor, "x", T0 + MINUTE, T0 + MINUTE, "down", 2.0, None, "refused", Phases(dns=1), attempt=2),
    ]
    write(store, results=[*results])
    newest, oldest = checks.latest(store, monitor, 10)
    assert newest == {
        "monitor": monitor, "location": "x", "scheduled_ms": T0 + MINUTE, "started_ms": T0 + MINUTE,
        "outcome": "down", "total_ms": 2.0, "status": None, "error": "refused", "phases": {"dns": 1.0}, "bytes": 0,
        "tls_expires": None, "apdex_t_ms": 500, "attempt": 2,
    }  # fmt: skip
    assert oldest["phases"] == {"dns": 1.0, "connect": 2.0, "tls": 3.0, "ttfb": 4.0, "transfer": 5.0}
    assert (oldest["tls_expires"], oldest["bytes"], oldest["status"]) == (T0 + 10**9, 512, 200)
    assert len(checks.latest(store, monitor, 1)) == 1
    assert checks.latest(store, monitor + 1, 10) == []


def test_a_raw_result_written_again_stays_as_it_was(store: Store, monitor: int) -> None:
    write(store, results=[CheckRecord(monitor, "x", T0, T0, "up", status=200)])
    write(
        store, results=[CheckRecord(monitor, "x", T0, T0, "down"), CheckRecord(monitor, "x", T0, T0, "up", attempt=2)]
    )
    assert [(r["outcome"], r["attempt"]) for r in reversed(checks.latest(store, monitor, 9))] in (
        [("up", 1), ("up", 2)],
        [("up", 2), ("up", 1)],
    )


def minutes(*numbers: int) -> bytes:
    """The bits of these minutes of an hour."""
    return sum(1 << number for number in numbers).to_bytes(8, "big")


def test_the_sums_of_a_day_are_of_the_hours_since_a_time_of_the_accounts_monitors(
    store: Store, account: int, monitor: int
) -> None:
    hour = T0 - T0 % 3_600_000
    other = accounts.ensure_account(store, "other")
    foreign = monitors.add(store, other, MonitorSpec(name="a", url="https://a.example"))
    second = monitors.add(store, account, MonitorSpec(name="b", url="https://b.example"))
    write(
        store,
        hours=[
            window(monitor, hour, up=3, down=1)._replace(good=minutes(0, 1), counted=minutes(0, 1, 2)),
            window(monitor, hour, "y", up=4)._replace(good=minutes(1, 59), counted=minutes(1, 59)),
            window(monitor, hour + 3_600_000, up=2)._replace(good=minutes(0), counted=minutes(0)),
            window(monitor, hour - 3_600_000, up=100)._replace(good=minutes(5), counted=minutes(5)),
            window(foreign, hour, up=5)._replace(good=minutes(0), counted=minutes(0)),
            window(second, hour, up=7),  # as it was written before hours held their minutes
        ],
    )
    assert checks.day_sums(store, account, hour) == {monitor: (9, 0, 1, 4, 5), second: (7, 0, 0, 0, 0)}
    assert checks.day_sums(store, account, hour, second) == {second: (7, 0, 0, 0, 0)}
    assert checks.day_sums(store, account, hour, foreign) == {}
    assert checks.day_sums(store, account, hour + 3_600_001) == {}


def test_what_was_judged_by_another_target_is_in_no_zone(store: Store, account: int, monitor: int) -> None:
    hour = T0 - T0 % 3_600_000
    whole = minutes(*range(60))
    write(
        store,
        hours=[
            window(monitor, hour, up=3)._replace(apdex_t_ms=2000, good=whole, counted=whole),
            window(monitor, hour + 3_600_000, up=2)._replace(good=whole, counted=whole),
        ],
    )
    assert checks.day_sums(store, account, hour) == {monitor: (2, 0, 0, 120, 120)}


def test_nothing_is_written_when_one_row_is_bad(store: Store, monitor: int) -> None:
    bad = window(monitor)._replace(location=None)
    with pytest.raises(Exception, match="null value"):
        write(store, results=[CheckRecord(monitor, "x", T0, T0, "up")], minutes=[bad])
    assert checks.latest(store, monitor, 9) == []
    write(store, results=[CheckRecord(monitor, "x", T0, T0, "up")], minutes=[window(monitor)])
    assert len(checks.latest(store, monitor, 9)) == 1
