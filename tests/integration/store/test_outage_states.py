"""The table of outage states: the newest word stays, and a monitor has one open incident at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vedette.monitors import MonitorSpec
from vedette.store import accounts, checks, incidents, monitors, outage_states, policies
from vedette.store.checks import CheckBatch, StateRow
from vedette.store.incidents import IncidentRow
from vedette.store.outage_states import OutageState, states_of
from vedette.store.pool import Store

T0 = 1_700_000_000_000


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def add(store: Store, account: int, name: str = "shop", **fields: Any) -> int:
    return monitors.add(store, account, MonitorSpec(name=name, url="http://a/", **fields))


def incident(identity: int, account: int, monitor: int, state: str = "down", started_ms: int = T0) -> IncidentRow:
    return IncidentRow(
        identity, account, monitor, started_ms, None, None, state, state, "status", None, None, {}, [], False, None, 1
    )


def write(store: Store, *rows: OutageState, opened: tuple[IncidentRow, ...] = (), places: Any = ()) -> None:
    checks.write(store, [CheckBatch((), places, (), (), incidents=opened, outages=rows)])


def test_an_older_word_replaces_none_and_an_equal_one_does(store: Store, account: int) -> None:
    shop = add(store, account)
    write(store, OutageState(shop, "down", T0, T0 + 10, 5, None))
    write(store, OutageState(shop, "up", T0, T0 + 9, None, None))
    expected = {"state": "down", "since_ms": T0, "incident": "5", "suppressed_by": None}
    assert states_of(store, account) == {shop: expected}
    write(store, OutageState(shop, "partial", T0, T0 + 10, 5, 3))
    assert states_of(store, account, shop)[shop] == expected | {"state": "partial", "suppressed_by": 3}
    assert states_of(store, account, shop + 1) == {}


def test_of_a_monitor_that_is_gone_nothing_is_written_and_what_was_goes_with_it(store: Store, account: int) -> None:
    shop = add(store, account)
    write(store, OutageState(shop, "up", T0, T0, None, None), OutageState(shop + 1, "up", T0, T0, None, None))
    monitors.remove(store, account, shop)
    assert store.rows("SELECT monitor_id FROM outage_states") == []


def test_another_open_incident_of_the_monitor_ends_and_those_of_others_stay(store: Store, account: int) -> None:
    shop, mail = add(store, account), add(store, account, "mail")
    opened = (incident(1, account, shop), incident(2, account, shop, started_ms=T0 + 5), incident(3, account, mail))
    write(store, OutageState(shop, "down", T0, T0 + 9, 2, None), opened=opened)
    found = {row["id"]: (row["state"], row["ended_ms"]) for row in incidents.incidents_of(store, account, 0, 1 << 41)}
    assert found == {"1": ("ended", T0 + 9), "2": ("down", None), "3": ("down", None)}
    write(store, OutageState(shop, "up", T0, T0 + 8, None, None))  # a replay of what was before
    assert [row["id"] for row in incidents.incidents_of(store, account, 0, 1 << 41, state="open", monitor=shop)] == [
        "2"
    ]


def test_parents_in_trouble_are_told_with_their_state_while_they_are_checked(store: Store, account: int) -> None:
    down, partial, old, paused = (add(store, account, name, paused=name == "p") for name in ("d", "a", "o", "p"))
    opened = tuple(
        incident(monitor, account, monitor, "partial" if monitor == partial else "down")
        for monitor in (down, partial, old, paused)
    )
    places = [
        StateRow(monitor, "x", "down", T0 - 300_000 if monitor == old else T0, T0, 1.0, None, None)
        for monitor in (down, partial, old, paused)
    ]
    write(store, opened=opened, places=places)
    every = [down, partial, old, paused]
    assert incidents.trouble_now(store, every) == {down: "down", partial: "partial"}


def test_locations_live_while_they_check_anything_of_their_account(store: Store, account: int) -> None:
    other = accounts.ensure_account(store, "other")
    ours, theirs = add(store, account), add(store, other)
    places = [
        StateRow(monitor, place, "up", at, at, 1.0, None, None)
        for monitor, place, at in (
            (ours, "a", T0),
            (ours, "b", T0 - 599_000),
            (ours, "dead", T0 - 600_001),
            (theirs, "z", T0 - 10**9),
        )
    ]
    write(store, places=places)
    assert policies.live_locations(store) == {account: frozenset("ab"), other: frozenset("z")}


def test_an_installation_that_has_monitors_already_begins_with_what_was_known_of_them(
    store: Store, account: int
) -> None:
    well, slow, down, new = (add(store, account, name) for name in ("well", "slow", "down", "new"))
    words = ((well, "up"), (slow, "degraded"), (slow, "up"), (down, "down"), (down, "up"))
    places = [
        StateRow(monitor, f"place-{number}", outcome, T0, T0 - 7, 1.0, None, None)
        for number, (monitor, outcome) in enumerate(words)
    ]
    write(store, opened=(incident(9, account, down),), places=places)
    migration = Path(outage_states.__file__).parent / "migrations" / "0012.outage_states.sql"
    seed = migration.read_text(encoding="utf-8")
    store.execute(seed[seed.index("INSERT INTO outage_states") :])
    found = {monitor: (row["state"], row["incident"]) for monitor, row in states_of(store, account).items()}
    assert found == {well: ("up", None), slow: ("degraded", None), down: ("down", "9")}
    assert new not in found
    write(store, OutageState(down, "up", 1, 1, None, None))  # whatever the flow says is newer
    assert states_of(store, account)[down]["state"] == "up"
