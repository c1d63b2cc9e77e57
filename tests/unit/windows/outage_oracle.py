"""Outages in plain Python: keep every result, and ask at each one what the locations' last words are."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.events.checks import CheckRecord
from vedette.windows.votes import Policy


@dataclass
class OutageOracle:
    """One monitor, whose results reach the log as they end, and without re-checks.

    `states` are those after each result that counted; `spans` are incidents as (start, end, worst).
    """

    policy: Policy
    heard: list[CheckRecord] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    spans: list[tuple[int, int | None, str]] = field(default_factory=list)
    good: int = 0
    clock: int = 0
    spoke: dict[str, int] = field(default_factory=dict)

    def add(self, result: CheckRecord) -> None:
        mine = [r for r in self.heard if r.location == result.location]
        if result.outcome in {"missed", "probe_error"}:
            return
        self.clock = max(self.clock, result.started_ms + round(result.total_ms))
        self.spoke[result.location] = self.clock
        if any(r.started_ms >= result.started_ms for r in mine):
            return
        once_oldest = self._oldest()
        self.heard.append(result)
        oldest = self._oldest()
        by_place: dict[str, list[CheckRecord]] = {}
        for r in self.heard:
            by_place.setdefault(r.location, []).append(r)
        fresh = {place: said for place, said in by_place.items() if said[-1].started_ms >= oldest}
        if result.location not in fresh:
            self.heard.remove(result)
            return
        # What had been forgotten before this result came confirms nothing.
        remembered = {place: [r for r in said if r.started_ms >= once_oldest] for place, said in fresh.items()}
        self._judge(result, self._now(), self._said({place: said for place, said in remembered.items() if said}))

    def _now(self) -> int:
        return max((r.started_ms + round(r.total_ms) for r in self.heard), default=0)

    def _oldest(self) -> int:
        return self._now() - 3 * self.policy.interval_ms - self.policy.timeout_ms

    def _said(self, fresh: dict[str, list[CheckRecord]]) -> str:
        failing = [place for place, said in fresh.items() if said[-1].outcome == "down"]
        if not failing:
            return "degraded" if any(said[-1].outcome == "degraded" for said in fresh.values()) else "up"
        patience = 3 * self.policy.interval_ms + self.policy.timeout_ms
        counted = {*fresh, *(place for place, at in self.spoke.items() if self.clock - at <= patience)}
        if len(counted) == 1 and self.policy.quorum > 1:
            (said,) = fresh.values()
            return "down" if [r.outcome for r in said[-2:]] == ["down", "down"] else "partial"
        return "down" if len(failing) >= min(self.policy.quorum, len(counted)) else "partial"

    def _judge(self, result: CheckRecord, now: int, state: str) -> None:
        before = self.states[-1] if self.states else None
        if before == "down" and state != "down":
            self.good += 1
            if self.good < self.policy.recover_after:
                state = "down"
        else:
            self.good = 0
        self.states.append(state)
        trouble = state in {"down", "partial"}
        is_open = bool(self.spans) and self.spans[-1][1] is None
        if trouble and not is_open:
            self.spans.append((result.started_ms, None, state))
        elif is_open:
            start, _, worst = self.spans[-1]
            self.spans[-1] = (start, None if trouble else now, "down" if "down" in {worst, state} else "partial")
