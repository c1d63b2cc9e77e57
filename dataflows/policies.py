"""The policy book: how each monitor's outages are found, read again when monitors or maintenance windows change."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dataflows.plans import plan_of
from vedette.clock import Clock
from vedette.errors import Unavailable
from vedette.events.checks import HEARTBEAT
from vedette.maintenance import windows_in
from vedette.store.incidents import trouble_now
from vedette.store.maintenance import all_windows
from vedette.store.policies import live_locations, monitor_exists, monitor_policies, monitors_version, windows_version
from vedette.store.pool import Store
from vedette.telemetry import get_logger
from vedette.windows.beat import Plan
from vedette.windows.maintenance import Window
from vedette.windows.outage_state import Standing
from vedette.windows.votes import Policy

FRESH_S = 1.0
ALIVE_FRESH_S = 15.0
NOTED_S = 10.0
"""For so long this process's own word on a monitor counts; by then the store has it."""
_ASK_AGAIN_MS = 2_000
UNKNOWN = Policy()
"""Of a monitor that was removed, or made a moment ago."""


class PolicyBook:
    """Policies at most `FRESH_S` old; while the store is away, the last ones that were read.

    Before the first reading there are none to fall back on: then `refresh` raises `Unavailable`. Workers of a flow are
    threads, and share it. `generation` grows whenever a reading has found a change.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._read_at = -FRESH_S
        self._alive_at = -ALIVE_FRESH_S
        self._version: object = None
        self._policies: dict[int, Policy] = {}
        self._newest = 0
        self._alive: dict[int, frozenset[str]] = {}
        self._plans: dict[int, Plan] = {}
        self._gone: set[int] = set()
        self._parents: frozenset[int] = frozenset()
        self._trouble: dict[int, str] = {}
        self._noted: dict[int, tuple[float, Standing]] = {}
        self._asked: dict[int, int] = {}
        self.generation = 0
        self._log = get_logger("policies")

    def refresh(self) -> None:
        """Look whether anything has changed, if the last look is old."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._read_at < FRESH_S:
                return
            try:
                self._read(now)
            except Unavailable as error:
                if self._version is None:
                    raise
                self._log.warning("policies_not_read", error=str(error))
            self._read_at = self._clock.monotonic()

    def _read(self, now: float) -> None:
        version = (monitors_version(self._store), windows_version(self._store))
        if version != self._version:
            windows = _windows_by_account(all_windows(self._store))
            rows = monitor_policies(self._store)
            parents = sound_parents({row["id"]: (row["account_id"], row["config"].get("parent")) for row in rows})
            self._policies = {
                row["id"]: replace(
                    policy_of(
                        {**row["config"], "parent": parents.get(row["id"])},
                        _windows_for(row["id"], windows[row["account_id"]]),
                    ),
                    paused=row["paused"],
                    changed_ms=row["changed_ms"],
                )
                for row in rows
            }
            plans = ((row["id"], plan_of(row["config"], paused=row["paused"])) for row in rows)
            self._plans = {monitor: plan for monitor, plan in plans if plan is not None}
            # Identities only grow: what is not there, and is not newer than all that were seen, was removed.
            self._newest = max(self._newest, max(self._policies, default=0))
            self._parents = frozenset(p.parent for p in self._policies.values() if p.parent is not None)
            self._noted = {monitor: said for monitor, said in self._noted.items() if monitor in self._parents}
            self._asked = {monitor: at for monitor, at in self._asked.items() if monitor in self._parents}
            self._version = version
            self.generation += 1
        if now - self._alive_at >= ALIVE_FRESH_S:
            self._alive = live_locations(self._store)
            self._alive_at = now
        if self._parents:
            self._trouble = trouble_now(self._store, sorted(self._parents))

    def policy(self, monitor: int) -> Policy:
        """How the monitor's outages are found."""
        return self._policies.get(monitor, UNKNOWN)

    def removed(self, monitor: int) -> bool:
        """Whether the monitor was removed: it is not there, though newer ones are.

        Identities are given before what they stand for is there: the monitors of a long import may come after newer
        ones. So the first time that one is missed it is looked for. It counts as there while the store is away.
        """
        if monitor in self._policies or monitor > self._newest:
            return False
        if monitor not in self._gone:
            with self._lock:
                try:
                    if monitor_exists(self._store, monitor):
                        self._read(self._clock.monotonic())
                    else:
                        self._gone.add(monitor)
                except Unavailable as error:
                    self._log.warning("policies_not_read", error=str(error))
        return monitor in self._gone

    def plan(self, monitor: int) -> Plan | None:
        """When pings of the monitor are due; None if it is no heartbeat, or was removed.

        One that was not known at the last look is looked for at once: it was there before its first ping could come.
        Raises `Unavailable` if the store is away then.
        """
        if monitor not in self._policies and not self.removed(monitor) and monitor not in self._gone:
            with self._lock:
                self._read(self._clock.monotonic())
                if monitor not in self._policies:
                    self._gone.add(monitor)  # for ever: identities are not used again
        return self._plans.get(monitor)

    def alive(self, account: int) -> frozenset[str]:
        """The locations from which something of the account was checked of late, as the store has it."""
        return self._alive.get(account, frozenset())

    def standing(self, monitor: int) -> Standing | None:
        """How a parent is, as far as this process has heard of late or the store said; None if nothing is known."""
        noted = self._noted.get(monitor)
        if noted is not None and self._clock.monotonic() - noted[0] < NOTED_S and not self.policy(monitor).paused:
            return noted[1]
        state = self._trouble.get(monitor)
        return None if state is None else Standing(state)

    def note(self, monitor: int, standing: Standing) -> None:
        """Remember at once of a parent what the store will say in a moment."""
        if monitor in self._parents:
            with self._lock:
                self._noted[monitor] = (self._clock.monotonic(), standing)

    def may_ask(self, monitor: int, at_ms: int) -> bool:
        """Whether the parent was not asked for the sake of another child just now."""
        with self._lock:
            before = self._asked.get(monitor, at_ms - _ASK_AGAIN_MS)
            if at_ms - before < _ASK_AGAIN_MS:
                return False
            self._asked[monitor] = at_ms
            return True


_Windows = list[tuple[frozenset[int], tuple[Window, ...]]]


def _windows_by_account(rows: Iterable[dict[str, Any]]) -> defaultdict[int, _Windows]:
    found: defaultdict[int, _Windows] = defaultdict(list)
    for row in rows:
        found[row["account_id"]].append((frozenset(row["monitors"]), windows_in(row["config"])))
    return found


def _windows_for(monitor: int, windows: _Windows) -> tuple[Window, ...]:
    return tuple(window for monitors, several in windows if not monitors or monitor in monitors for window in several)


def sound_parents(given: Mapping[int, tuple[int, int | None]]) -> dict[int, int]:
    """The parents that count, from account and parent of each monitor.

    A parent is of the same account. In a circle none has one: all would be down, and nobody would be called.
    """
    sound = {
        child: parent
        for child, (account, parent) in given.items()
        if parent is not None and given.get(parent, (None, None))[0] == account
    }

    in_circle: set[int] = set()
    done: set[int] = set()
    for start in sound:
        path: dict[int, int] = {}
        at: int | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = sound.get(at)
        if at is not None and at in path:
            in_circle.update(one for one, place in path.items() if place >= path[at])
        done.update(path)
    return {child: parent for child, parent in sound.items() if child not in in_circle}


def policy_of(config: dict[str, Any], windows: tuple[Window, ...] = ()) -> Policy:
    """The policy in a monitor's stored definition; what an older one lacks is as the definition's defaults say."""
    if config.get("kind") == HEARTBEAT:  # its job is all there is to ask
        config = {**config, "locations": [HEARTBEAT], "quorum": 1, "recheck": False}
    return Policy(
        interval_ms=round(config.get("interval_s", 60) * 1000),
        timeout_ms=round(config.get("timeout_s", 10) * 1000),
        locations=frozenset(config.get("locations", ())),
        quorum=config.get("quorum", UNKNOWN.quorum),
        confirm_locations=frozenset(config.get("confirm_locations", ())),
        recheck=config.get("recheck", True),
        recover_after=config.get("recover_after", 1),
        parent=config.get("parent"),
        windows=windows,
    )
