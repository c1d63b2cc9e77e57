"""Monitors: definitions and states, each account for itself."""

from __future__ import annotations

import time

import pytest

from vedette.errors import Conflict, NotFound
from vedette.events.checks import CheckRecord
from vedette.monitors import MonitorSpec
from vedette.store import accounts, checks, monitors
from vedette.store.check_phases import PhaseHour
from vedette.store.checks import CheckBatch, CheckWindow, StateRow
from vedette.store.pool import Store

T0 = 1_700_000_040_000
SPEC = MonitorSpec(name="shop", url="https://shop.example", interval_s=30, headers={"X-A": "b"})


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


@pytest.fixture
def other(store: Store) -> int:
    return accounts.ensure_account(store, "other")


def test_a_monitor_comes_back_as_it_was_defined(store: Store, account: int) -> None:
    number = monitors.add(store, account, SPEC)
    found = monitors.get(store, account, number)
    assert abs(found.pop("created_ms") - time.time() * 1000) < 60_000
    assert found == {"id": number, "name": SPEC.name, "url": SPEC.url, "paused": SPEC.paused, **SPEC.config()}


def test_a_name_is_taken_once_an_account(store: Store, account: int, other: int) -> None:
    monitors.add(store, account, SPEC)
    with pytest.raises(Conflict):
        monitors.add(store, account, SPEC)
    monitors.add(store, other, SPEC)


def test_a_change_replaces_the_definition(store: Store, account: int) -> None:
    number = monitors.add(store, account, SPEC)
    monitors.change(store, account, number, SPEC.model_copy(update={"name": "till", "paused": True}))
    found = monitors.get(store, account, number)
    assert (found["name"], found["paused"], found["interval_s"]) == ("till", True, 30)


def test_a_change_to_a_name_that_is_taken_is_a_conflict(store: Store, account: int) -> None:
    monitors.add(store, account, SPEC)
    number = monitors.add(store, account, SPEC.model_copy(update={"name": "till"}))
    with pytest.raises(Conflict):
        monitors.change(store, account, number, SPEC)


def test_what_is_another_accounts_is_not_found(store: Store, account: int, other: int) -> None:
    number = monitors.add(store, account, SPEC)
    for action in (
        lambda: monitors.get(store, other, number),
        lambda: monitors.change(store, other, number, SPEC),
        lambda: monitors.remove(store, other, number),
    ):
        with pytest.raises(NotFound, match=f"monitor {number}"):
            action()
    assert monitors.ids(store, account) == {number}
    assert monitors.ids(store, other) == set()


def test_an_account_lists_its_monitors_by_name(store: Store, account: int) -> None:
    for name in ("b", "c", "a"):
        monitors.add(store, account, SPEC.model_copy(update={"name": name}))
    assert [monitor["name"] for monitor in monitors.of_account(store, account)] == ["a", "b", "c"]


def test_a_location_runs_what_is_for_it_or_for_all_and_not_paused(store: Store, account: int) -> None:
    for name, fields in {
        "all": {},
        "berlin": {"locations": ["berlin", "rome"]},
        "rome": {"locations": ["rome"]},
        "paused": {"paused": True},
    }.items():
        monitors.add(store, account, SPEC.model_copy(update={"name": name, **fields}))
    assert [m["name"] for m in monitors.for_location(store, account, "berlin")] == ["all", "berlin"]
    assert [m["name"] for m in monitors.for_location(store, account, "oslo")] == ["all"]


def test_removing_takes_state_and_history_and_ends_its_alerts(store: Store, account: int) -> None:
    number, kept = (monitors.add(store, account, SPEC.model_copy(update={"name": name})) for name in "ab")
    for monitor in (number, kept):
        window = CheckWindow(monitor, "x", T0, 500, 1, 0, 0, 1, 0, 0, 0, 0, 5.0, 5.0, 5.0, b"")
        state = StateRow(monitor, "x", "up", T0, T0, 5.0, 200, None)
        checks.write(
            store,
            [
                CheckBatch(
                    [CheckRecord(monitor, "x", T0, T0, "up")],
                    *([state], [window], [window]),
                    days=[window],
                    phases=[PhaseHour(monitor, "x", T0, b"")],
                )
            ],
        )
        store.execute(
            "INSERT INTO alerts VALUES (%s, %s, 1, 'r', %s, 't', 'firing', NULL, now(), NULL)",
            monitor,
            account,
            f"monitor:{monitor}@x",
        )
    monitors.remove(store, account, number)
    for table in (
        "monitor_states",
        "check_results",
        "check_rollup_1m",
        "check_rollup_1h",
        "check_rollup_1d",
        "check_phases_1h",
    ):
        assert store.rows(f"SELECT monitor_id AS m FROM {table}") == [{"m": kept}]
    assert store.rows("SELECT id, state FROM alerts ORDER BY id") == [
        {"id": number, "state": "resolved"},
        {"id": kept, "state": "firing"},
    ]


def test_states_stand_by_monitor_and_location(store: Store, account: int, other: int) -> None:
    number, foreign = monitors.add(store, account, SPEC), monitors.add(store, other, SPEC)
    rows = [
        StateRow(number, "y", "down", T0, T0 - 1000, 5.0, None, "refused"),
        StateRow(number, "x", "up", T0, T0, 7.0, 200, None),
        StateRow(foreign, "x", "up", T0, T0, 7.0, 200, None),
    ]
    checks.write(store, [CheckBatch([], rows, [], [])])
    found = monitors.states(store, account)
    assert found.keys() == {number}
    assert [(s["location"], s["outcome"], s["at_ms"] - s["since_ms"]) for s in found[number]] == [
        ("x", "up", 0),
        ("y", "down", 1000),
    ]
