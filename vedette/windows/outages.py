"""Outages: the state of each monitor over all its locations, decided by the results' votes in the log's order."""

from __future__ import annotations

from typing import Any

from vedette.events.checks import COUNTED, CheckRecord
from vedette.events.control import RECHECK_S, recheck
from vedette.events.signals import Signal
from vedette.store.outage_states import OutageState
from vedette.windows import parents
from vedette.windows.incident import begin, end_ms
from vedette.windows.maintenance import in_maintenance
from vedette.windows.outage_state import TROUBLE, Decisions, Knowledge, Meaning, MonitorState, Standing
from vedette.windows.silence import Silence
from vedette.windows.votes import Policy, State, cast, expire, verdict

_ASKED_FOR = 3
"""The first failures (or good results) in a row of a location for which others are asked to look again."""
_ANSWER_MORE_MS = 5_000
"""How much longer than a check's time-out an answer to a re-check may take."""
TICK_SLACK_MS = 1_000
"""What is due is done so much later by the clock: what the log had taken by then has been read."""


class OutageShard:
    """The outages of one shard's monitors. Time is the results' own and the log's, so a replay decides the same.

    What is not in the results (policies, and whether a parent is down) is as it is when a result is taken in.
    """

    def __init__(self) -> None:
        self.monitors: dict[int, MonitorState] = {}
        self.timed: set[int] = set()
        self.silence = Silence()
        self._decisions = Decisions()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a snapshot; one of an older version lacks what has come since."""
        self.timed, self.silence = set(), Silence()
        self.__dict__.update(state)
        self._decisions = Decisions()

    def fold(self, result: CheckRecord, known: Knowledge, logged_ms: int | None = None) -> None:
        """Take in one result that was not seen before, and that the log took at `logged_ms` (as it ended, if None)."""
        key, at = result.monitor, end_ms(result)
        if result.outcome not in COUNTED or known.removed(key):
            return  # the probe's own faults say nothing about the monitor
        policy = known.policy(key)
        monitor = self.monitors.setdefault(key, MonitorState())
        monitor.account = result.account
        monitor.paused = monitor.paused and policy.paused
        if not policy.watched(result.location, at) or monitor.paused:
            return
        logged = at if logged_ms is None else logged_ms
        self._elapse(key, monitor, policy, known, logged)
        if (broken := self.silence.broken(key, monitor, policy, logged)) is not None:
            self._decisions.signals.append(broken)
        prompt = monitor.attendance.hear(result.location, at, logged)
        if cast(monitor.votes, result):
            monitor.now_ms = max(monitor.now_ms, at)
            expire(monitor.votes, monitor.now_ms, policy)
            if result.location in monitor.votes:  # else it comes so late that its location has no vote any more
                self._move(key, monitor, policy, known, result=result, prompt=prompt)
        self._set_timer(key, monitor)

    def tick(self, at_ms: int, known: Knowledge) -> None:
        """Do what is due by the clock's `at_ms`, when everything that the log took until then has been folded."""
        until = at_ms - TICK_SLACK_MS
        for key in sorted(self.timed):
            monitor, policy = self.monitors[key], known.policy(key)
            if policy.paused:
                continue
            self._elapse(key, monitor, policy, known, until)
            if monitor.held_until_ms:
                self._announce(key, monitor, policy, known, until)
            self._set_timer(key, monitor)

    def look(self, at_ms: int, known: Knowledge) -> None:
        """See by the clock's `at_ms`, as for `tick`, of which monitors nobody reports any more."""
        self._decisions.signals += self.silence.look(self.monitors, known, at_ms - TICK_SLACK_MS)

    def review(self, known: Knowledge) -> None:
        """Look at all monitors after some were paused, removed, or given other locations.

        It must come when everything that the log held has been folded: what came before a pause belongs to its outage.
        """
        for key, monitor in list(self.monitors.items()):
            policy = known.policy(key)
            gone = [location for location in monitor.votes if not policy.hears(location)]
            if known.removed(key):
                del self.monitors[key]  # its rows and alerts went with it
                self.timed.discard(key)
            elif policy.paused:
                if not monitor.paused:
                    self._end(key, monitor, "paused", policy)
            elif gone:
                for location in gone:
                    del monitor.votes[location]
                    monitor.attendance.forget(location)
                if monitor.votes:
                    monitor.now_ms = max(monitor.now_ms, policy.changed_ms)
                    self._move(key, monitor, policy, known)
                else:
                    self._end(key, monitor, "unknown", policy)

    def take(self) -> Decisions:
        """What has been decided since the last call."""
        found, self._decisions = self._decisions, Decisions()
        return found

    def _set_timer(self, key: int, monitor: MonitorState) -> None:
        (self.timed.add if monitor.attendance.asked or monitor.held_until_ms else self.timed.discard)(key)

    def _elapse(self, key: int, monitor: MonitorState, policy: Policy, known: Knowledge, until_ms: int) -> None:
        """What follows from answers that were due by then and have not come, as of when they were due."""
        due = monitor.attendance.lapse(until_ms)
        if due is not None and monitor.state in TROUBLE:
            monitor.now_ms = max(monitor.now_ms, due)
            self._move(key, monitor, policy, known, clock_ms=due)

    def _end(self, key: int, monitor: MonitorState, word: str, policy: Policy) -> None:
        """Nobody looks at the monitor any more: the outage is over, whatever the votes say."""
        at = max(monitor.now_ms, policy.changed_ms)
        if monitor.silent_ms:
            self._decisions.signals.append(self.silence.end(key, monitor, policy, at))
        incident = monitor.incident
        if incident is not None:
            incident.note(at, "paused" if word == "paused" else "unwatched", None)
            incident.state, incident.ended_ms = "ended", at
            self._decisions.incidents[incident.id] = incident.row()
        kept = MonitorState(meant=monitor.meant, signalled=monitor.signalled, account=monitor.account)
        kept.shown, kept.now_ms, kept.since_ms, kept.paused = monitor.shown, at, at, word == "paused"
        self.monitors[key] = kept
        self.timed.discard(key)
        self._signal(key, kept, (word, False, None), at)
        self._show(key, kept, word)

    def _order(
        self, monitor: MonitorState, result: CheckRecord, before: State | None, policy: Policy, known: Knowledge,
        electorate: frozenset[str], *, prompt: bool,
    ) -> None:  # fmt: skip
        """Ask others to look again: at a first failure, and when a location that failed sees the outage's end."""
        vote = monitor.votes[result.location]
        if not policy.recheck or result.attempt > 1 or vote.streak > _ASKED_FOR:
            return
        wanted: set[str] = set()
        at = end_ms(result)
        if vote.failing and monitor.state != "down":
            chosen = policy.confirm_locations or monitor.attendance.named(policy, known.alive(monitor.account))
            wanted = set(chosen) - {result.location}
            if prompt:
                due = monitor.attendance.now_ms + max(RECHECK_S * 1000, policy.timeout_ms + _ANSWER_MORE_MS)
                for name in wanted:
                    monitor.attendance.asked.setdefault(name, due)
            if electorate == {result.location}:
                wanted.add(result.location)
        elif not vote.failing and vote.turned and before == "down":
            wanted = {name for name, other in monitor.votes.items() if other.failing}
            if policy.recover_after > 1:
                wanted.add(result.location)
        self._decisions.orders += [recheck(result, name, result.account, at) for name in sorted(wanted)]

    def _move(
        self, key: int, monitor: MonitorState, policy: Policy, known: Knowledge, *, result: CheckRecord | None = None,
        prompt: bool = False, clock_ms: int = 0,
    ) -> None:  # fmt: skip
        """Judge the votes anew: for a `result`, or since time has passed."""
        alive = known.alive(monitor.account)
        electorate: frozenset[str] = frozenset()
        if any(vote.failing for vote in monitor.votes.values()):  # else nobody asks who they are
            electorate = monitor.attendance.electorate(policy, alive, monitor.votes, clock_ms)
        found = verdict(monitor.votes, policy, electorate)
        if monitor.state == "down" and found != "down":
            monitor.good += result is not None
            # Time alone makes nobody recover whose results must say so more than once.
            if monitor.good < policy.recover_after and (result is not None or policy.recover_after > 1):
                found = "down"
        elif monitor.state != "down" or result is not None:
            monitor.good = 0
        before, monitor.state = monitor.state, found
        if found != before:
            monitor.since_ms = monitor.now_ms
        if result is not None:
            self._order(monitor, result, before, policy, known, electorate, prompt=prompt)
        quiet = bool(policy.windows) and in_maintenance(policy.windows, monitor.now_ms)
        began = monitor.incident is None
        self._record(monitor, result, before, quiet=quiet)
        if began and monitor.incident is not None:
            monitor.asked_parent = result is not None and prompt and policy.recheck
            if result is not None and monitor.asked_parent:
                places = monitor.attendance.named(policy, alive)
                self._decisions.orders += parents.orders(result, policy, known, places)
        known.note(key, Standing(found, monitor.now_ms))
        self._announce(key, monitor, policy, known, max(clock_ms, monitor.attendance.now_ms))

    def _announce(self, key: int, monitor: MonitorState, policy: Policy, known: Knowledge, clock_ms: int) -> None:
        """Signal and show how the monitor is; a confirmation may be held back for the sake of its parent."""
        found, incident = str(monitor.state), monitor.incident
        if found not in TROUBLE or incident is None:
            monitor.held_until_ms = monitor.explained_ms = 0
            quiet, suppressed = False, None
            if found == "degraded":
                quiet = bool(policy.windows) and in_maintenance(policy.windows, monitor.now_ms)
                suppressed = parents.explains(policy, known)
            self._signal(key, monitor, (found, quiet, suppressed), monitor.now_ms)
            monitor.incident = None
            self._show(key, monitor, found)
            return
        quiet = bool(policy.windows) and in_maintenance(policy.windows, monitor.now_ms)
        suppressed = parents.explains(policy, known)
        if suppressed is not None:
            monitor.explained_ms = monitor.now_ms
        if suppressed is not None and incident.suppressed_by is None:
            incident.suppressed_by = suppressed
            self._decisions.incidents[incident.id] = incident.row()
        self._show(key, monitor, found, suppressed)
        meant = (found, quiet, suppressed)
        calls = found == "down" and not quiet and suppressed is None and meant != monitor.meant
        if calls and parents.holds_back(monitor, policy, known, clock_ms):
            return
        at = monitor.held_at if monitor.held_until_ms else monitor.now_ms
        monitor.held_until_ms = 0
        self._signal(key, monitor, meant, at)

    def _record(self, monitor: MonitorState, result: CheckRecord | None, before: State | None, *, quiet: bool) -> None:
        """Begin, go on with or end the incident."""
        now, state, incident = monitor.now_ms, monitor.state, monitor.incident
        if incident is None:
            if state not in TROUBLE or result is None:
                return
            incident = monitor.incident = begin(result, maintenance=quiet)
            incident.note(now, "failing", result)
        elif state == before:
            if result is None:
                return
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
        self._decisions.incidents[incident.id] = incident.row()

    def _show(self, key: int, monitor: MonitorState, word: str, suppressed: int | None = None) -> None:
        incident = None if monitor.incident is None else monitor.incident.id
        before = monitor.shown
        if before is None or (before.state, before.since_ms, before.incident, before.suppressed_by) != (
            word, monitor.since_ms, incident, suppressed,
        ):  # fmt: skip
            row = OutageState(key, word, monitor.since_ms, monitor.now_ms, incident, suppressed)
            self._decisions.states[key] = monitor.shown = row

    def _signal(self, key: int, monitor: MonitorState, meant: Meaning, at_ms: int) -> None:
        if meant == monitor.meant:
            return
        monitor.meant, monitor.silent_ms = meant, 0
        state, quiet, suppressed = meant
        failing = sorted(name for name, vote in monitor.votes.items() if vote.failing)
        newest = max(monitor.votes, key=lambda name: monitor.votes[name].started_ms, default=None)
        detail: dict[str, str | int | float | None] = {
            "monitor": key,
            "failing": ", ".join(failing),
            "locations": len(monitor.votes),
            "location": failing[0] if failing else newest,
            "error": None,
        }
        if monitor.incident is not None:
            detail |= {"incident": str(monitor.incident.id), "error": monitor.incident.error}
        if state == "degraded":
            detail["error"] = next((v.error for _, v in sorted(monitor.votes.items()) if v.outcome == state), None)
        detail |= silence(quiet, suppressed)
        at = monitor.signalled = max(at_ms, monitor.signalled + 1)
        self._decisions.signals.append(Signal("monitor", monitor.account, f"monitor:{key}", at, state, detail=detail))

    def gone(self, monitor: int, policy: Policy) -> list[str]:
        """The locations that have given up checking the monitor since the last call, though others have not."""
        known = self.monitors.get(monitor)
        return [] if known is None else known.attendance.gone(policy, known.votes)

    def silence_of(self, monitor: int) -> dict[str, int]:
        """Why nobody is to be called for the monitor now, as signals say it; empty if somebody is."""
        known = self.monitors.get(monitor)
        return {} if known is None or known.meant is None else silence(known.meant[1], known.meant[2])


def silence(quiet: bool, suppressed: int | None) -> dict[str, int]:
    """What a signal's detail says of a maintenance window, and of a parent's outage."""
    found = {"maintenance": 1} if quiet else {}
    return found if suppressed is None else {**found, "suppressed_by": suppressed}
