"""Check tables: the results, windows and states that a load must lead to, compared with those in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from launch.loadgen import checks
from launch.loadgen.finding import Finding
from launch.loadgen.ledger import Ledger
from launch.loadgen.plan import CHECKS_LANE, Plan
from vedette.events.checks import COUNTED, OUTCOMES, CheckResult
from vedette.statistics.apdex import zone
from vedette.statistics.sketch import Sketch
from vedette.store.pool import Store

_WIDTHS = {"check_rollup_1m": 60_000, "check_rollup_1h": 3_600_000, "check_rollup_1d": 86_400_000}
_MINUTE = 60_000
_PHASES = ("dns", "connect", "tls", "ttfb", "transfer")
_MS = "(extract(epoch FROM {0}) * 1000)::bigint AS {0}"


def compare_tables(store: Store, ledger: Ledger) -> list[Finding]:
    """A finding for each table of check results: every row with every column. None without monitors."""
    plan = ledger.plan
    if not plan.monitors:
        return []
    places = {
        (plan.monitors[monitor], plan.location(location)): [
            checks.result(plan, monitor, location, step) for step in range(ledger.steps(CHECKS_LANE))
        ]
        for monitor in range(len(plan.monitors))
        for location in range(plan.locations)
    }
    every = [result for results in places.values() for result in results]
    findings = [_compared(store, plan, "check_results", "scheduled_at", {_key(r): _result(r) for r in every})]
    for table, width in _WIDTHS.items():
        windows: dict[Any, list[CheckResult]] = {}
        for result in every:
            start = result.scheduled_ms - result.scheduled_ms % width
            windows.setdefault((result.monitor, result.location, start), []).append(result)
        rows = {key: _window(members) | _minutes(members, width) for key, members in windows.items()}
        findings.append(_compared(store, plan, table, "bucket", rows))
    states = {place: state for place, results in places.items() if (state := _state(results)) is not None}
    findings.append(_compared(store, plan, "monitor_states", None, states))
    return findings


def _key(result: CheckResult) -> tuple[Any, ...]:
    return result.monitor, result.location, result.scheduled_ms


def _result(result: CheckResult) -> dict[str, Any]:
    phases = {f"{name}_ms": getattr(result.phases, name) for name in _PHASES}
    names = ("outcome", "total_ms", "status", "error", "bytes", "apdex_t_ms", "attempt")
    times = {"started_at": result.started_ms, "tls_expires": result.tls_expires}
    return {**{name: getattr(result, name) for name in names}, **phases, **times}


def _window(members: Iterable[CheckResult]) -> dict[str, Any]:
    members = list(members)
    counted = [result for result in members if result.outcome in COUNTED]
    zones = [zone(result.total_ms, result.apdex_t_ms, result.outcome == "down") for result in counted]
    times = [result.total_ms for result in counted if result.outcome != "down"]
    sketch = Sketch()
    sketch.add(times)
    return {
        **{name: sum(result.outcome == name for result in members) for name in OUTCOMES},
        **{name: zones.count(number) for number, name in enumerate(("satisfied", "tolerating", "frustrated"))},
        "sum_ms": sum(times),
        "min_ms": min(times, default=None),
        "max_ms": max(times, default=None),
        "apdex_t_ms": members[-1].apdex_t_ms,
        "sketch": sketch.to_bytes(),
    }


def _minutes(members: Iterable[CheckResult], width: int) -> dict[str, Any]:
    """What hours and days say of their minutes."""
    if width == _MINUTE:
        return {}
    counted = [result for result in members if result.outcome in COUNTED]
    good = [result for result in counted if result.outcome != "down"]
    found = {}
    for name, results in (("good", good), ("counted", counted)):
        numbers = {result.scheduled_ms % width // _MINUTE for result in results}
        found[name] = sum(1 << number for number in numbers).to_bytes((width // _MINUTE + 7) // 8, "big")
    return found


def _state(results: Iterable[CheckResult]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = None
    for result in results:
        if result.outcome in COUNTED:
            lasts = found is not None and found["outcome"] == result.outcome
            since = found["since"] if found is not None and lasts else result.scheduled_ms
            names = ("outcome", "total_ms", "status", "error")
            found = {**{name: getattr(result, name) for name in names}, "at": result.scheduled_ms, "since": since}
    return found


def _compared(
    store: Store, plan: Plan, table: str, time: str | None, wanted: Mapping[tuple[Any, ...], dict[str, Any]]
) -> Finding:
    finding = Finding(table)
    columns = sorted(next(iter(wanted.values()), {}))
    shown = [_MS.format(name) if name in {"started_at", "tls_expires", "at", "since"} else name for name in columns]
    key = ["monitor_id", "location", *([_MS.format(time)] if time else [])]
    locations = [plan.location(number) for number in range(plan.locations)]
    rows = store.rows(
        f"SELECT {', '.join([*key, *shown])} FROM {table} WHERE monitor_id = ANY(%s) AND location = ANY(%s)",  # noqa: S608 - names of this file only
        list(plan.monitors),
        locations,
    )
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        place = row.pop("monitor_id"), row.pop("location"), *([row.pop(time)] if time else [])
        if place in found or place not in wanted:
            finding.note("doubled" if place in found else "extra", f"{place}")
        found[place] = row
    for place, values in wanted.items():
        if place not in found:
            finding.note("missing", f"{place}")
        elif found[place] != values:
            wrong = next(name for name in columns if found[place][name] != values[name])
            finding.note("different", f"{place} ({wrong})", found[place][wrong], values[wrong])
        else:
            finding.right += 1
    return finding
