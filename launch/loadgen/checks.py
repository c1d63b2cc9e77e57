"""The check results of a load: every outcome, phases, errors and statuses, durations in eighths of a millisecond."""

from __future__ import annotations

from launch.loadgen.chance import drawn
from launch.loadgen.plan import Plan
from vedette.events.checks import CheckResult, Outcome, Phases

_OUTCOMES: tuple[Outcome, ...] = ("up",) * 11 + ("degraded", "down", "down", "missed", "probe_error")
_APDEX_T_MS = 500


def results(plan: Plan, steps: range) -> list[CheckResult]:
    """The results of all monitors at all locations, step by step."""
    return [
        result(plan, monitor, location, step)
        for step in steps
        for monitor in range(len(plan.monitors))
        for location in range(plan.locations)
    ]


def result(plan: Plan, monitor: int, location: int, step: int) -> CheckResult:
    """One result; monitors and locations are counted from 0."""
    chance = int(drawn(plan.seed, 1 << 32, monitor, location, step)[0])
    outcome = _OUTCOMES[chance % len(_OUTCOMES)]
    slot = plan.time(step)
    dns, connect, ttfb, transfer = ((chance >> shift & 0x7FF) / 8 for shift in (8, 19, 30, 41))
    asked = outcome in {"up", "degraded", "down"}
    return CheckResult(
        monitor=plan.monitors[monitor],
        location=plan.location(location),
        scheduled_ms=slot,
        started_ms=slot + (chance >> 52 & 0x1F),
        outcome=outcome,
        total_ms=(dns + connect + ttfb + transfer) * 4 if asked else 0.0,
        status=(503 if outcome == "down" else 200) if asked else None,
        error=None if outcome == "up" else f"{outcome} in step {step}",
        phases=Phases(dns=dns, connect=connect, ttfb=ttfb, transfer=transfer) if asked else Phases(),
        bytes=chance >> 57,
        tls_expires=plan.start_ms + 86_400_000 if asked else None,
        apdex_t_ms=_APDEX_T_MS,
    )
