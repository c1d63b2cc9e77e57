"""Incident: what is known of one outage, from the first failing check to the last that ended it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vedette.events.checks import CheckRecord
from vedette.events.names import hash64
from vedette.store.incidents import IncidentRow

Severity = Literal["partial", "down"]
FIRST_STEPS, LAST_STEPS = 10, 40
"""Steps of a timeline that are kept: its beginning, and what came last."""
_MOST_TEXT = 500

Step = dict[str, str | int | None]


def end_ms(result: CheckRecord) -> int:
    """When the check ended (ms UTC)."""
    return result.started_ms + round(result.total_ms)


@dataclass(slots=True)
class Incident:
    """One outage of one monitor. `id` follows from the check that began it, so a replay writes the same row.

    `state` is how it is now, `severity` the worst that it came to; `confirmed_ms` is when the quorum failed, None while
    (or if) it did not. `maintenance` holds while all of it lay within maintenance windows.
    """

    id: int
    account: int
    monitor: int
    started_ms: int
    cause: str
    error: str | None
    evidence: dict[str, str] | None
    maintenance: bool
    state: Literal["partial", "down", "ended"] = "partial"
    severity: Severity = "partial"
    confirmed_ms: int | None = None
    ended_ms: int | None = None
    suppressed_by: int | None = None
    changes: int = 0
    first: list[Step] = field(default_factory=list)
    last: list[Step] = field(default_factory=list)
    votes: dict[str, Step] = field(default_factory=dict)

    def note(self, at_ms: int, what: str, result: CheckRecord | None) -> None:
        """Add a step to the timeline, with the check that led to it if one did; of a long one the middle goes."""
        self.changes += 1
        step: Step = {"at_ms": at_ms, "what": what}
        if result is not None:
            step |= {"location": result.location, "outcome": result.outcome}
            if result.error is not None:
                step["error"] = result.error[:_MOST_TEXT]
        if len(self.first) < FIRST_STEPS:
            self.first.append(step)
        else:
            self.last.append(step)
            del self.last[:-LAST_STEPS]

    def row(self) -> IncidentRow:
        """As it is now."""
        return IncidentRow(
            id=self.id,
            account=self.account,
            monitor=self.monitor,
            started_ms=self.started_ms,
            confirmed_ms=self.confirmed_ms,
            ended_ms=self.ended_ms,
            state=self.state,
            severity=self.severity,
            cause=self.cause,
            error=self.error,
            evidence=self.evidence,
            votes=dict(self.votes),
            timeline=[*self.first, *self.last],
            maintenance=self.maintenance,
            suppressed_by=self.suppressed_by,
            changes=self.changes,
        )


def begin(result: CheckRecord, *, maintenance: bool) -> Incident:
    """The incident that the failing `result` begins."""
    evidence: dict[str, str] | None = getattr(result, "evidence", None)
    error = result.error[:_MOST_TEXT] if result.error is not None else None
    return Incident(
        id=hash64("incident", result.monitor, result.location, result.scheduled_ms, result.attempt),
        account=result.account,
        monitor=result.monitor,
        started_ms=result.started_ms,
        cause=(error or "unknown").partition(":")[0][:100],
        error=error,
        evidence=evidence,
        maintenance=maintenance,
    )
