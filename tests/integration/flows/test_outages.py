"""The endpoints flow's outages: incidents, orders and signals, in one run and over crashes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.flows.draining import decoded, drain_endpoints, everything, put
from tests.integration.flows.process import FlowProcess
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.codec import encode_json
from vedette.events.control import decode_recheck
from vedette.events.topics import CHECKS, CONTROL, SIGNALS
from vedette.log import Log
from vedette.maintenance import OnceSpec
from vedette.monitors import MonitorSpec
from vedette.store import accounts, checks, incidents, maintenance, monitors
from vedette.store.pool import Store

T0 = 1_700_000_040_000
EVER = (0, 1 << 41)


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def add(store: Store, account: int, name: str, **fields: Any) -> int:
    return monitors.add(store, account, MonitorSpec(name=name, url="https://shop.example", **fields))


def check(monitor: int, second: float, place: str, outcome: Outcome = "up", **fields: Any) -> tuple[str, bytes]:
    at = T0 + round(second * 1000)
    error = "status: 503" if outcome == "down" else None
    record = CheckRecord(monitor, place, at, at, outcome, 10.0, error=error, account=1, **fields)
    return str(monitor), encode_json(record)


def signals(log: Log, monitor: int) -> list[dict[str, Any]]:
    told = decoded(log, SIGNALS.name)
    return [signal for signal in told if (signal["kind"], signal["subject"]) == ("monitor", f"monitor:{monitor}")]


def round_of(monitor: int, second: float, failing: Sequence[str] = ()) -> list[tuple[str, bytes]]:
    """What three places see, a second apart."""
    return [
        check(monitor, second + number, place, "down" if place in failing else "up")
        for number, place in enumerate("abc")
    ]


def test_an_outage_becomes_one_incident_with_its_orders_and_signals(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop = add(store, account, "shop")
    put(log, CHECKS.name, *round_of(shop, 0), *round_of(shop, 60, "ab"), *round_of(shop, 120))
    drain_endpoints(log, store, tmp_path)
    (row,) = incidents.incidents_of(store, account, *EVER)
    assert (row["monitor"], row["severity"], row["cause"]) == (shop, "down", "status")
    assert (row["started_ms"], row["confirmed_ms"], row["ended_ms"]) == (T0 + 60_000, T0 + 61_010, T0 + 121_010)
    found = incidents.incident(store, account, int(row["id"]))
    assert {place: vote["outcome"] for place, vote in found["votes"].items()} == {"a": "up", "b": "up", "c": "up"}
    assert found["timeline"][0]["what"] == "failing"
    assert [signal["state"] for signal in signals(log, shop)] == ["up", "partial", "down", "partial", "up"]
    orders = [decode_recheck(value) for value in everything(log, CONTROL.name)]
    asked = [(order.location, order.scheduled_ms - T0) for order in orders]
    # "a" fails first; the end that "a" sees is asked for where it still fails
    assert sorted(asked) == [("b", 60_000), ("b", 120_000), ("c", 60_000)]


def test_within_maintenance_everything_says_so(log: Log, store: Store, account: int, tmp_path: Path) -> None:
    shop, mail = add(store, account, "shop"), add(store, account, "mail")
    window = OnceSpec(name="now", kind="once", from_ms=T0, to_ms=T0 + 90_000, monitors=[shop])
    maintenance.add_window(store, account, window.name, window.monitors, window.config())
    for monitor in (shop, mail):
        put(log, CHECKS.name, *round_of(monitor, 0), *round_of(monitor, 60, "abc"))
    drain_endpoints(log, store, tmp_path)
    marked = {row["monitor"]: row["maintenance"] for row in incidents.incidents_of(store, account, *EVER)}
    assert marked == {shop: True, mail: False}
    told = {(s["detail"]["monitor"], s["detail"].get("maintenance")) for s in _failing(log)}
    assert told == {(shop, 1), (mail, None)}


def _failing(log: Log) -> list[dict[str, Any]]:
    """Signals of trouble, of monitors and of their single locations."""
    return [signal for signal in decoded(log, SIGNALS.name) if signal["state"] in {"down", "partial"}]


def test_a_child_is_suppressed_while_its_parent_is_down_though_another_shard_holds_it(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    parent = add(store, account, "router")
    children = [add(store, account, f"shop {number}", parent=parent) for number in range(8)]
    put(log, CHECKS.name, *round_of(parent, 0, "abc"))
    drain_endpoints(log, store, tmp_path)  # its outage is in the store now
    for child in children:
        put(log, CHECKS.name, *round_of(child, 10, "abc"))
    drain_endpoints(log, store, tmp_path)
    found = {row["monitor"]: row["suppressed_by"] for row in incidents.incidents_of(store, account, *EVER)}
    assert found == {parent: None} | dict.fromkeys(children, parent)
    last = signals(log, children[0])[-1]
    assert (last["state"], last["detail"]["suppressed_by"]) == ("down", parent)


def test_parents_in_a_circle_suppress_nothing(log: Log, store: Store, account: int, tmp_path: Path) -> None:
    one = add(store, account, "one")
    two = add(store, account, "two", parent=one)
    monitors.change(store, account, one, MonitorSpec(name="one", url="https://shop.example", parent=two))
    for monitor in (one, two):
        put(log, CHECKS.name, *round_of(monitor, 0, "abc"))
    drain_endpoints(log, store, tmp_path)
    assert [row["suppressed_by"] for row in incidents.incidents_of(store, account, *EVER)] == [None, None]


def test_a_flow_that_is_killed_in_the_middle_of_outages_keeps_each_incident_once(
    log: Log, log_url: str, store: Store, dsn: str, account: int, tmp_path: Path
) -> None:
    shop = add(store, account, "shop")
    minutes = [*[()] * 2, "a", "ab", "abc", "c", *[()] * 3, "bc", "b", (), "abc", "abc", (), ()]
    written = 0

    def caught_up() -> bool:
        return len(checks.latest(store, shop, 1000)) >= written

    with FlowProcess("endpoints", log_url, dsn, tmp_path) as flow:
        for minute, failing in enumerate(minutes):
            put(log, CHECKS.name, *round_of(shop, 60 * minute, failing))
            written += 3
            if minute % 3 == 2:
                flow.wait_until(caught_up)  # the rows are written, and perhaps no snapshot is
                flow.kill()
                flow.start()
        flow.wait_until(caught_up)
        assert flow.terminate() == 0
    seconds = [
        tuple(None if row[name] is None else (row[name] - T0) // 1000 for name in ("started_ms", "ended_ms"))
        for row in reversed(incidents.incidents_of(store, account, *EVER))
    ]
    assert seconds == [(120, 362), (541, 661), (720, 842)]
    confirmed = [row["confirmed_ms"] is not None for row in incidents.incidents_of(store, account, *EVER)]
    assert confirmed == [True, True, True]
    told = {msgspec.json.encode(signal) for signal in signals(log, shop)}
    times = [msgspec.json.decode(signal)["at"] for signal in told]
    assert len(set(times)) == len(times)  # what was signalled again is the same as before
    orders = [decode_recheck(value) for value in everything(log, CONTROL.name)]
    assert len({order.id for order in orders}) == len(set(orders))


def test_a_parent_that_was_paused_while_it_was_down_silences_nobody(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    parent = add(store, account, "router")
    child = add(store, account, "shop", parent=parent)
    put(log, CHECKS.name, *round_of(parent, 0, "abc"))
    drain_endpoints(log, store, tmp_path)
    assert incidents.trouble_now(store, [parent]) == {parent: "down"}
    store.execute("UPDATE monitors SET paused = true, version = version + 1 WHERE id = %s", parent)
    put(log, CHECKS.name, *round_of(child, 10, "abc"))
    drain_endpoints(log, store, tmp_path)
    found = {row["monitor"]: row["suppressed_by"] for row in incidents.incidents_of(store, account, *EVER)}
    assert found == {parent: None, child: None}
