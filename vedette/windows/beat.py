"""Beat: what is known of one heartbeat monitor, when its next ping is due, and when it is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from vedette.events.checks import HEARTBEAT, LONGEST_EVIDENCE, LONGEST_RUN_MS, CheckRecord
from vedette.events.pings import Ping
from vedette.store.heartbeats import HeartbeatRow, PingRow
from vedette.windows.schedule import Schedule

EARLY_MS = 60_000
"""A ping may come this much (or the grace, if that is shorter) before it is due."""
MOST_RUNS = 20
"""Runs of one job that may be open at once; of more the oldest are forgotten."""

Gap = tuple[int, int]
"""A time (ms UTC, from and to) in which no ping could be received."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a heartbeat's definition asks for.

    A ping is due by `schedule`, and overdue `grace_ms` later. A run that has begun must end within `max_run_ms`.
    """

    schedule: Schedule
    grace_ms: int
    max_run_ms: int | None = None
    paused: bool = False


class Run(NamedTuple):
    """A run that has begun: when the log heard of it, and when the gateway did (ms UTC)."""

    since_ms: int
    at_ms: int


class Deadline(NamedTuple):
    """When something is overdue (ms UTC): the run `rid`, or else the next ping."""

    at_ms: int
    rid: str | None


@dataclass(slots=True)
class Beat:
    """One heartbeat. Times are the log's, so a replay decides the same; results come in the order of their times.

    `expected_ms` is when the next ping is due (None: nothing is expected), `ended_ms` the last ping that ended a run,
    `latest_ms` the newest ping of all. `runs` are those that have begun and not ended, by their `rid`.
    """

    monitor: int
    account: int
    plan: Plan
    expected_ms: int | None = None
    ended_ms: int | None = None
    latest_ms: int = 0
    pings: int = 0
    runs: dict[str, Run] = field(default_factory=dict)

    def follow(self, plan: Plan, now_ms: int) -> bool:
        """Go by another plan from now on; whether it is another.

        A change never makes a heartbeat overdue at once: what would be, is due when the new plan says so next. After a
        pause the next ping is due as if one had come now.
        """
        if plan == self.plan:
            return False
        before, self.plan = self.plan, plan
        if plan.paused:
            self.runs.clear()
            self.expected_ms = None
            return True
        due = plan.schedule.after(now_ms if before.paused or self.ended_ms is None else self.ended_ms)
        if due is not None and due + plan.grace_ms <= now_ms:
            due = plan.schedule.after(now_ms)
        self.expected_ms = due
        if plan.max_run_ms is not None:
            self.runs = {rid: run for rid, run in self.runs.items() if run.since_ms + plan.max_run_ms > now_ms}
        return True

    def deadline(self) -> Deadline | None:
        """What is overdue next, if nothing is heard. While a run has a limit of its own, its end is waited for."""
        if self.plan.paused:
            return None
        if self.plan.max_run_ms is not None and self.runs:
            rid = min(self.runs, key=lambda name: self.runs[name].since_ms)
            return Deadline(self.runs[rid].since_ms + self.plan.max_run_ms, rid)
        return None if self.expected_ms is None else Deadline(self.expected_ms + self.plan.grace_ms, None)

    def judge(self, upto_ms: int, gaps: Sequence[Gap]) -> list[CheckRecord]:
        """A result for each deadline up to `upto_ms`: all that was said until then has been heard, but for `gaps`."""
        found: list[CheckRecord] = []
        while (deadline := self.deadline()) is not None and deadline.at_ms <= upto_ms:
            if deadline.rid is None:
                found += self._missed(deadline.at_ms, gaps)
            else:
                found += self._overrun(deadline.at_ms, deadline.rid, gaps)
        return found

    def _missed(self, at_ms: int, gaps: Sequence[Gap]) -> list[CheckRecord]:
        due = self.expected_ms
        assert due is not None
        earliest = max(due - min(self.plan.grace_ms, EARLY_MS), self.ended_ms or 0)
        gap = _touching(gaps, earliest, at_ms)
        self.expected_ms = self.plan.schedule.after(due)
        if gap is None:
            return [self._result(due, at_ms, "down", f"missed: no ping by {_shown(at_ms)}, expected {_shown(due)}")]
        # It may have come and was not heard: the next is due as if it had come when the gap ended.
        again = self.plan.schedule.after(gap[1])
        if again is not None and self.expected_ms is not None:
            self.expected_ms = max(self.expected_ms, again)
        return []

    def _overrun(self, at_ms: int, rid: str, gaps: Sequence[Gap]) -> list[CheckRecord]:
        run = self.runs.pop(rid)
        self.expected_ms = self.plan.schedule.after(at_ms)
        if _touching(gaps, run.since_ms, at_ms) is not None:
            return []  # its end may have been said and not heard
        seconds = (at_ms - run.since_ms) // 1000
        if at_ms == self.latest_ms:  # another run's ping came in that very millisecond, and its result has that time
            at_ms = self.latest_ms = at_ms + 1
        return [self._result(at_ms, at_ms, "down", f"overrun: not ended {seconds} s after its start")]

    def hear(self, ping: Ping, logged_ms: int) -> tuple[PingRow, list[CheckRecord]]:
        """Take in a ping that the log took at `logged_ms`; deadlines before that have been judged."""
        at_ms = self.latest_ms = max(logged_ms, self.latest_ms + 1)
        run = self.runs.pop(ping.rid, None)
        took = None
        if ping.said == "start":
            if not self.plan.paused:
                self.runs[ping.rid] = Run(at_ms, ping.at_ms)
            while len(self.runs) > MOST_RUNS:
                del self.runs[min(self.runs, key=lambda name: self.runs[name].since_ms)]
        else:
            took = None if run is None else min(max(ping.at_ms - run.at_ms, 0), LONGEST_RUN_MS)
            self.ended_ms = at_ms
        row = PingRow(
            self.monitor, self.pings, at_ms, ping.said, ping.exit_status, ping.rid, took, ping.body, ping.body_bytes
        )
        self.pings += 1
        if self.plan.paused:
            return row, []
        if ping.said != "start" or self.expected_ms is None:
            self.expected_ms = self.plan.schedule.after(at_ms)
        return row, [] if ping.said == "start" else [self._said(ping, at_ms, took or 0)]

    def _said(self, ping: Ping, at_ms: int, took_ms: int) -> CheckRecord:
        if ping.said == "success":
            return self._result(at_ms, at_ms - took_ms, "up", None, took_ms, ping.exit_status)
        error = "fail: the job said so" if ping.exit_status is None else f"exit: status {ping.exit_status}"
        result = self._result(at_ms, at_ms - took_ms, "down", error, took_ms, ping.exit_status)
        evidence = {"rid": ping.rid, "body": (ping.body or "")[:LONGEST_EVIDENCE]}
        result.evidence = {name: text for name, text in evidence.items() if text} or None
        return result

    def _result(
        self, scheduled_ms: int, started_ms: int, outcome: str, error: str | None, took_ms: int = 0,
        status: int | None = None,
    ) -> CheckRecord:  # fmt: skip
        return CheckRecord(
            self.monitor,
            HEARTBEAT,
            scheduled_ms,
            max(started_ms, 0),
            "up" if outcome == "up" else "down",
            float(took_ms),
            status,
            error,
            apdex_t_ms=LONGEST_RUN_MS,
            account=self.account,
        )

    def row(self) -> HeartbeatRow:
        """As it is now."""
        deadline = self.deadline()
        running = min((run.since_ms for run in self.runs.values()), default=None)
        return HeartbeatRow(
            self.monitor, self.pings, self.ended_ms, running, self.expected_ms, deadline.at_ms if deadline else None
        )


def _touching(gaps: Sequence[Gap], from_ms: int, to_ms: int) -> Gap | None:
    """The last gap that has any time in common with from_ms ≤ t ≤ to_ms."""
    return next((gap for gap in reversed(gaps) if gap[0] < to_ms and gap[1] > from_ms), None)


def _shown(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
