"""What waits before it is an alert: a condition that must hold for a while, and one that nobody is to be called for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from alerting.machine import SubjectState
from alerting.rules import Rule, is_silent
from alerting.titles import Titles
from vedette.events.names import hash64
from vedette.events.signals import Signal

WaitState = Literal["pending", "suppressed"]
Key = tuple[int, WaitState]
"""A rule, and how it waits."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A rule's condition holds for a subject since `since_ms` (UTC): `pending`, it has not held for long enough, or
    `suppressed`, for maintenance, or since what the subject depends on is down (`why`)."""

    id: int
    account: int
    rule: int
    rule_name: str
    subject: str
    severity: str
    title: str
    state: WaitState
    since_ms: int
    value: float
    why: str = ""

    def row(self) -> tuple[object, ...]:
        """As the store takes it."""
        about = (self.id, self.account, self.rule_name, self.subject, self.severity, self.title, self.state)
        return (*about, self.value if math.isfinite(self.value) else None, self.why, self.since_ms, self.rule)


@dataclass(frozen=True, slots=True)
class WaitEnd:
    """A wait is over: there is an alert now (`fired`), or the condition holds no more (`lapsed`)."""

    id: int
    at_ms: int
    outcome: Literal["fired", "lapsed"]


def waits_of(state: SubjectState) -> dict[Key, int]:
    """What waits, each since when (ms UTC)."""
    found: dict[Key, int] = {
        (rule, "pending"): one.since for rule, one in state.rules.items() if one.state == "pending" and not one.quiet
    }
    for rule, since in state.suppressed.items():
        found[rule, "suppressed"] = since
    return found


def note_suppressed(state: SubjectState, signal: Signal, rules: Sequence[Rule]) -> None:
    """Remember of which rules the condition holds though nobody is to be called. Others, and alerts, are not."""
    silent = is_silent(signal)
    if not silent and not state.suppressed:
        return
    heard = {name: value for name, value in signal.detail.items() if name not in {"maintenance", "suppressed_by"}}
    loud = replace(signal, detail=heard)
    for rule in rules:
        known = state.rules.get(rule.id)
        fires = known is not None and known.state == "firing"
        if silent and not fires and signal.at >= rule.created_ms and rule.spec.holds(loud) is True:
            state.suppressed.setdefault(rule.id, signal.at)
        else:
            state.suppressed.pop(rule.id, None)
    for gone in state.suppressed.keys() - {rule.id for rule in rules}:
        del state.suppressed[gone]


def changes(
    before: Mapping[Key, int], state: SubjectState, signal: Signal, rules: Sequence[Rule], titles: Titles
) -> Iterator[Wait | WaitEnd]:
    """What has begun to wait since `before`, and what waits no more."""
    after = waits_of(state)
    if before == after:
        return
    by_id = {rule.id: rule for rule in rules}
    for key, since in before.items():
        if after.get(key) != since:
            known = state.rules.get(key[0])
            fired = known is not None and known.state == "firing"
            yield WaitEnd(_identity(key, signal.subject, since), signal.at, "fired" if fired else "lapsed")
    for key, since in after.items():
        rule = by_id.get(key[0])
        if before.get(key) != since and rule is not None:
            why = "maintenance" if signal.detail.get("maintenance") else str(signal.detail.get("suppressed_by") or "")
            yield Wait(
                _identity(key, signal.subject, since), rule.account, rule.id, rule.spec.name, signal.subject,
                rule.spec.severity, titles.title(rule, signal), key[1], since, signal.value,
                why if key[1] == "suppressed" else "",
            )  # fmt: skip


def _identity(key: Key, subject: str, since: int) -> int:
    return hash64("wait", key[0], key[1], subject, since)
