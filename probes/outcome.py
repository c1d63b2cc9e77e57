"""Outcome: the verdict on one check, from what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from probes.assertions import Finding
from probes.faults import Fault
from probes.monitors import Monitor
from vedette.events.checks import Outcome

DAY_MS = 86_400_000


class Verdict(NamedTuple):
    """The outcome, and for everything but `up` the reason as `kind: detail`."""

    outcome: Outcome
    error: str | None


UP = Verdict("up", None)


def judge(status: int | None, fault: Fault | None, expected: frozenset[int]) -> Verdict:
    """The verdict on an HTTP check that ended with `status` (None: no answer) and perhaps a `fault`.

    - The prober's own fault is `probe_error`: it says nothing about the endpoint.
    - An answer whose status is expected is `up`, however slow: being slow is Apdex's business.
    - An expected answer longer than the body limit is `degraded`: it is there, but the time to its last byte
      is not known. (blackbox_exporter calls it a failure, others cut it silently; the first wakes people for
      a big page, the second hides that the timing is wrong.)
    - Everything else is `down`.
    """
    if fault is not None and fault.own:
        return Verdict("probe_error", str(fault))
    answered = status is not None and (fault is None or fault.kind == "body_too_large")
    if answered and status not in expected:
        return Verdict("down", str(Fault("status", str(status))))
    if fault is None:
        return UP
    return Verdict("degraded" if answered else "down", str(fault))


def judge_fault(fault: Fault | None) -> Verdict:
    """The verdict on a check that has no status: up unless something went wrong."""
    if fault is None:
        return UP
    return Verdict("probe_error" if fault.own else "down", str(fault))


def with_findings(verdict: Verdict, findings: Sequence[Finding]) -> Verdict:
    """What is left of `verdict` in view of what does not hold: the worst counts, of equals the first."""
    if not findings or verdict.outcome not in {"up", "degraded"}:
        return verdict
    worst = min(findings, key=lambda finding: finding.severity != "down")
    if verdict.outcome == "degraded" and worst.severity == "degraded":
        return verdict
    return Verdict(worst.severity, str(worst.fault))


def limit_findings(monitor: Monitor, total_ms: float, now_ms: int, expires_ms: int | None) -> list[Finding]:
    """What is beyond the monitor's own limits: of its time, and of its certificate's days."""
    found: list[Finding] = []
    for severity, limit in (("down", monitor.down_above_ms), ("degraded", monitor.degraded_above_ms)):
        if limit is not None and total_ms > limit:
            fault = Fault("too_slow", f"{total_ms:.0f} ms, more than {limit}")
            found.append(Finding(severity, fault))  # type: ignore[arg-type] # mypy widens the literals of the pairs
            break
    if expires_ms is None:
        return found
    days = (expires_ms - now_ms) / DAY_MS
    limits = (("down", monitor.certificate_down_days), ("degraded", monitor.certificate_degraded_days))
    for severity, least in limits:
        if least is not None and days < least:
            fault = Fault("certificate_days", f"{days:.1f} days left, fewer than {least:g}")
            found.append(Finding(severity, fault))  # type: ignore[arg-type] # the same
            break
    return found


def has_limits(monitor: Monitor) -> bool:
    """Whether `limit_findings` can find anything for this monitor."""
    limits = (monitor.degraded_above_ms, monitor.down_above_ms)
    return (*limits, monitor.certificate_degraded_days, monitor.certificate_down_days) != (None,) * 4
