"""Outages: the state of each monitor over all its locations, decided by the results' votes in the log's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from vedette.events.checks import COUNTED, CheckRecord
from vedette.events.control import Recheck, recheck
from vedette.events.signals import Signal
from vedette.store.incidents import IncidentRow
from vedette.windows.incident import Incident, begin, end_ms
from vedette.windows.maintenance import in_maintenance
from vedette.windows.votes import Policy, State, Votes, cast, expire, verdict

_ASKED_FOR = 3
"""The first failures (or good results) in a row of a location for which others are asked to look again."""

TROUBLE: frozenset[State | None] = frozenset({"partial", "down"})
"""States of a monitor that has an incident."""

Meaning = tuple[State, bool, int | None]
"""What is signalled when it changes: a state, whether it is within maintenance, and the monitor that explains it."""


class Knowledge(Protocol):
    """What the machine asks about monitors beyond their results."""

    def policy(self, monitor: int) -> Policy:
        """How its outages are found."""
        ...

    def is_down(self, monitor: int) -> bool:
        """Whether a monitor that others depend on is down now."""
        ...

    def note(self, monitor: int, down: bool) -> None:
        """Remember that a monitor went down, or no longer is."""
        ...


@dataclass(slots=True)
class MonitorState:
    """One monitor: its locations' votes, its state, and its open incident if it has one.

    `good` counts results in a row with which the quorum did not fail, while the state is still `down`.
    """

    votes: Votes = field(default_factory=dict)
    state: State | None = None
    incident: Incident | None = None
    now_ms: int = 0
    good: int = 0
    meant: Meaning | None = None
    signalled: int = 0


@dataclass(slots=True)
class Decisions:
    """What the results since the last look have led to."""

    signals: list[Signal] = field(default_factory=list)
    incidents: dict[int, IncidentRow] = field(default_factory=dict)
    orders: list[Recheck] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.signals or self.incidents or self.orders)


class OutageShard:
    """The outages of one shard's monitors. Time is the results' own, so a replay decides the same.

    What is not in the results (policies, and whether a parent is down) is as it is when a result is taken in.
    """

    def __init__(self) -> None:
        self.monitors: dict[int, MonitorState] = {}
        self._decisions = Decisions()

    def fold(self, result: CheckRecord, known: Knowledge) -> None:
        """Take in one result that was not seen before."""
        if result.outcome not in COUNTED:
            return  # the probe's own faults say nothing about the monitor
        policy = known.policy(result.monitor)
        monitor = self.monitors.setdefault(result.monitor, MonitorState())
        if not cast(monitor.votes, result):
            return
        monitor.now_ms = max(monitor.now_ms, end_ms(result))
        expire(monitor.votes, monitor.now_ms, policy)
        if result.location in monitor.votes:  # else it comes so late that its location has no vote any more
            self._move(monitor, result, policy, known)

    def take(self) -> Decisions:
        """What has been decided since the last call."""
        found, self._decisions = self._decisions, Decisions()
        return found

    def _order(self, monitor: MonitorState, result: CheckRecord, before: State | None, policy: Policy) -> None:
        """Ask others to look again: at a first failure, and when a location that failed sees the outage's end."""
        vote = monitor.votes[result.location]
        if not policy.recheck or result.attempt > 1 or vote.streak > _ASKED_FOR:
            return
        wanted: set[str] = set()
        if vote.failing and monitor.state != "down":
            chosen = policy.confirm_locations or policy.locations | monitor.votes.keys()
            wanted = set(chosen) - {result.location}
            if len(monitor.votes) == 1:
                wanted.add(result.location)  # the others may all be silent
        elif not vote.failing and vote.turned and before == "down":
            wanted = {name for name, other in monitor.votes.items() if other.failing}
            if policy.recover_after > 1:
                wanted.add(result.location)
        at = end_ms(result)
        self._decisions.orders += [recheck(result, name, result.account, at) for name in sorted(wanted)]

    def _move(self, monitor: MonitorState, result: CheckRecord, policy: Policy, known: Knowledge) -> None:
        found = verdict(monitor.votes, policy)
        if monitor.state == "down" and found != "down":
            monitor.good += 1
            if monitor.good < policy.recover_after:
                found = "down"
        else:
            monitor.good = 0
        before, monitor.state = monitor.state, found
        self._order(monitor, result, before, policy)
        if (before == "down") != (found == "down"):
            known.note(result.monitor, found == "down")
        quiet = bool(policy.windows) and in_maintenance(policy.windows, monitor.now_ms)
        self._record(monitor, result, before, quiet=quiet)
        incident = monitor.incident
        if found not in TROUBLE or incident is None:
            monitor.incident = None
            self._signal(monitor, result, (found, False, None), incident)
            return
        parent = policy.parent
        suppressed = parent if parent is not None and known.is_down(parent) else None
        if suppressed is not None and incident.suppressed_by is None:
            incident.suppressed_by = suppressed
            self._touch(incident)
        self._signal(monitor, result, (found, quiet, suppressed), incident)

    def _record(self, monitor: MonitorState, result: CheckRecord, before: State | None, *, quiet: bool) -> None:
        """Begin, go on with or end the incident."""
        now, state, incident = monitor.now_ms, monitor.state, monitor.incident
        if incident is None:
            if state not in TROUBLE:
                return
            incident = monitor.incident = begin(result, maintenance=quiet)
            incident.note(now, "failing", result)
        elif state == before:
            incident.note(now, "check", result)
        if state != before and not (state == "partial" and incident.changes == 1):
            incident.note(now, {"down": "confirmed", "partial": "partial"}.get(str(state), "recovered"), result)
        if state == "down":
            incident.state = incident.severity = "down"
            incident.confirmed_ms = incident.confirmed_ms or now
        elif state == "partial":
            incident.state = "partial"
        else:
            incident.state, incident.ended_ms = "ended", now
        incident.maintenance = incident.maintenance and quiet
        incident.votes = {
            name: {"outcome": vote.outcome, "at_ms": vote.started_ms, "error": vote.error}
            for name, vote in sorted(monitor.votes.items())
        }
        self._touch(incident)

    def _touch(self, incident: Incident) -> None:
        self._decisions.incidents[incident.id] = incident.row()

    def _signal(self, monitor: MonitorState, result: CheckRecord, meant: Meaning, incident: Incident | None) -> None:
        if meant == monitor.meant:
            return
        monitor.meant = meant
        state, quiet, suppressed = meant
        failing = sorted(name for name, vote in monitor.votes.items() if vote.failing)
        detail: dict[str, str | int | float | None] = {
            "monitor": result.monitor,
            "failing": ", ".join(failing),
            "locations": len(monitor.votes),
            "location": failing[0] if failing else result.location,
            "error": result.error if result.outcome == "down" else None,
        }
        if incident is not None:
            detail["incident"] = str(incident.id)
            detail["error"] = incident.error
        detail |= silence(quiet, suppressed)
        at = monitor.signalled = max(monitor.now_ms, monitor.signalled + 1)
        subject = f"monitor:{result.monitor}"
        self._decisions.signals.append(Signal("monitor", result.account, subject, at, state, detail=detail))

    def silence_of(self, monitor: int) -> dict[str, int]:
        """Why nobody is to be called for the monitor now, as signals say it; empty if somebody is."""
        known = self.monitors.get(monitor)
        return {} if known is None or known.meant is None else silence(known.meant[1], known.meant[2])


def silence(quiet: bool, suppressed: int | None) -> dict[str, int]:
    """What a signal's detail says of a maintenance window, and of a parent's outage."""
    found = {"maintenance": 1} if quiet else {}
    return found if suppressed is None else {**found, "suppressed_by": suppressed}
