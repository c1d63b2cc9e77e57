"""The state machine of one rule and one subject: ok → pending → firing → ok, driven by signals alone.

Time is the signals' own, so a replay of the same signals decides the same, and identities follow from what
happened: whoever records a transition twice records one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from alerting.model_rules import Drift, ModelSilent, Quality
from alerting.rules import (
    AnyRule,
    EndpointDown,
    HostFlag,
    HostSilent,
    Outage,
    PluginNotice,
    Trend,
    hold_ms,
)
from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition, Signal

LAPSE_MS = 300_000
"""A condition that waits lapses after so long without a signal, or after the time it must hold if that is longer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its identity and account; what happened before `created_ms` (UTC) is none of its business.

    Otherwise a flow that reads the signals from their beginning would raise alerts that the first run could not.
    """

    id: int
    account: int
    spec: AnyRule
    created_ms: int = 0


@dataclass(slots=True)
class RuleState:
    """Where one rule stands for one subject. `since` is when the condition began to hold, `alert` the open alert."""

    state: Literal["ok", "pending", "firing"] = "ok"
    since: int = 0
    alert: int = 0


@dataclass(slots=True)
class SubjectState:
    """All rules of one subject, and the time of the last signal that counted."""

    last_at: int = -1
    rules: dict[int, RuleState] = field(default_factory=dict)

    def apply(self, signal: Signal, rules: list[Rule], titles: Titles) -> list[AlertTransition]:
        """The transitions that `signal` causes. One that is not newer than the last is ignored, unless it is a notice:
        a notice's identity follows from what was said, so one that comes again is the same transition.
        """
        if signal.kind == "notice":
            heard = [rule for rule in rules if signal.at >= rule.created_ms and rule.spec.holds(signal)]
            return [_notice(rule, signal, titles) for rule in heard]
        if signal.at <= self.last_at:
            return []
        gap_ms, self.last_at = signal.at - self.last_at, signal.at
        known = {rule.id for rule in rules}
        for gone in self.rules.keys() - known:
            del self.rules[gone]
        found: list[AlertTransition] = []
        for rule in rules:
            holds = rule.spec.holds(signal) if signal.at >= rule.created_ms else None
            if holds is None:
                continue
            state = self.rules.setdefault(rule.id, RuleState())
            changed = _step(state, rule, signal, holds, gap_ms)
            if changed is not None:
                found.append(_transition(state, rule, signal, changed, titles))
        return found


class Titles:
    """Words for alerts; `monitors` gives names by identity."""

    def __init__(self, monitors: dict[int, str] | None = None) -> None:
        self._monitors = monitors or {}

    def title(self, rule: Rule, signal: Signal) -> str:
        """One line that says what is the matter, and since the alert's end, what was."""
        spec = rule.spec
        monitor = signal.detail.get("monitor")
        name = self._monitors.get(monitor) if isinstance(monitor, int) else None
        if isinstance(spec, Trend):
            how = "is declining by" if signal.detail.get("trend") == "decline" else "moved by"
            return f"the Apdex of {name or f'monitor {monitor}'} {how} {signal.value:+.3f}"
        if isinstance(spec, EndpointDown | Outage):
            where = signal.detail.get("location")
            if isinstance(spec, Outage):
                where = signal.detail.get("failing") or where
            what = f"{name or f'monitor {monitor}'} is down at {where}"
            error = signal.detail.get("error")
            return f"{what}: {error}" if error else what
        if isinstance(spec, HostSilent):
            return f"{signal.subject.removeprefix('source:')} has fallen silent"
        if isinstance(spec, HostFlag | PluginNotice | Drift | ModelSilent | Quality):
            return spec.title(signal)
        source, _, series = signal.subject.removeprefix("series:").partition("/")
        limit = f"above {spec.above:g}" if spec.above is not None else f"below {spec.below:g}"
        return f"{series} of {source} is {limit} (it is {signal.value:g})"


def _notice(rule: Rule, signal: Signal, titles: Titles) -> AlertTransition:
    """The one transition of an alert that begins and ends with a notice."""
    said = [str(signal.detail.get(part)) for part in ("said_ms", "title", "body")]
    alert = hash64("notice", rule.id, signal.subject, *said)
    return AlertTransition(
        id=hash64("transition", alert, "notice"),
        alert=alert,
        account=rule.account,
        rule=rule.id,
        rule_name=rule.spec.name,
        subject=signal.subject,
        state="notice",
        at=signal.at,
        title=titles.title(rule, signal),
        detail=_detail(rule, signal),
        severity=rule.spec.severity,
    )


def _detail(rule: Rule, signal: Signal) -> dict[str, str | int | float | None]:
    """What the signal says, and the rule's page on what to do."""
    return {**signal.detail, "runbook": rule.spec.runbook} if rule.spec.runbook else signal.detail


def _step(state: RuleState, rule: Rule, signal: Signal, holds: bool, gap_ms: int) -> AlertState | None:
    """`gap_ms` is the time since the subject's signal before this one."""
    if not holds:
        was_firing = state.state == "firing"
        state.state = "ok"
        return "resolved" if was_firing else None
    if state.state == "firing":
        return None
    lapsed = state.state == "pending" and gap_ms > max(hold_ms(rule.spec), LAPSE_MS)
    if state.state == "ok" or lapsed:
        state.state, state.since = "pending", signal.at
    if signal.at - state.since < hold_ms(rule.spec):
        return None
    state.state = "firing"
    state.alert = hash64("alert", rule.id, signal.subject, state.since)
    return "firing"


def _transition(state: RuleState, rule: Rule, signal: Signal, changed: AlertState, titles: Titles) -> AlertTransition:
    return AlertTransition(
        id=hash64("transition", state.alert, changed),
        alert=state.alert,
        account=rule.account,
        rule=rule.id,
        rule_name=rule.spec.name,
        subject=signal.subject,
        state=changed,
        at=signal.at,
        title=titles.title(rule, signal),
        value=signal.value if signal.kind in {"series", "trend", "drift", "quality"} else None,
        detail=_detail(rule, signal),
        severity=rule.spec.severity,
    )
