"""The state machines of one subject: signals in, transitions of alerts out.

Time is the signals' own, so a replay of the same signals decides the same, and identities follow from what
happened: whoever records a transition twice records one row. A timer that goes off is a signal too, of the kind
`timer`: it stands in the log among the others, with what was found out when it went off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from alerting.rule_state import CALM_MS, FLAPS, LAPSE_MS, STALE_MS, RuleState, lapse_ms, restore
from alerting.rules import Absence, Anomaly, Change, Drift, Rule, Threshold, hold_ms, is_silent
from alerting.titles import Titles, value_of
from vedette.events.names import hash64
from vedette.events.signals import READ, AlertState, AlertTransition, Signal

__all__ = ["LAPSE_MS", "QUIET_MS", "Rule", "RuleState", "SubjectState", "Titles", "subject_of"]

REPLAYED_MS = 2 * 86_400_000
"""The log keeps readings for less: so long after a clock was set back, none comes again from before."""
QUIET_MS = 30_000
"""After so long without a signal of a series that fires, or three of its usual gaps, it is asked why."""

Elsewhere = Callable[[int], Rule | None]
"""A rule by its number, whatever it is about; None if it is no more."""


@dataclass(slots=True)
class SubjectState:
    """All rules of one subject, and the time of the last signal that counted.

    `heard_ms` is when the log took that signal, `gap_ms` the usual time between signals: that between the last two, but
    at most twice what was usual, for hosts may have been away. While a timer is of
    use, `last` is the signal, and `due_ms` when to ask (by the log's clock; 0: never). `why` is what was said of there
    being no reading since. `suppressed` are rules whose condition holds though nobody is to be called, since when.
    `turned_ms` is when the log heard that the subject's clock had been set back last.
    """

    last_at: int = -1
    rules: dict[int, RuleState] = field(default_factory=dict)
    heard_ms: int = 0
    gap_ms: int = 0
    last: Signal | None = None
    due_ms: int = 0
    why: str = ""
    suppressed: dict[int, int] = field(default_factory=dict)
    turned_ms: int = 0

    def __setstate__(self, state: Any) -> None:
        """Also of a version that kept less: what is missing has its default."""
        restore(self, state)

    def apply(
        self,
        signal: Signal,
        rules: list[Rule],
        titles: Titles,
        logged_ms: int = 0,
        elsewhere: Elsewhere = lambda number: None,
    ) -> list[AlertTransition]:
        """The transitions that `signal` causes, which the log took at `logged_ms` (0: at its own time).

        One that is not newer than the last is ignored, unless it is a notice: a notice's identity follows from what was
        said, so one that comes again is the same transition. `rules` are those that mind the subject; the alert of
        another, which minds it no more, ends.
        """
        if signal.kind == "notice":
            heard = [rule for rule in rules if signal.at >= rule.created_ms and rule.spec.holds(signal)]
            return [_notice(rule, signal, titles) for rule in heard]
        if signal.kind == "timer":
            return self._asked(signal, rules, titles, elsewhere)
        if self._is_repeated(signal, logged_ms or signal.at):
            return []
        if signal.kind == "expression" and signal.state == "unknown":
            # As if there were no signal, so that nothing is decided; but what is said when it is asked why.
            self.why = str(signal.detail.get("why") or "") if self.last_at >= 0 else ""
            return []
        return self._hear(signal, rules, titles, logged_ms, elsewhere)

    def _is_repeated(self, signal: Signal, logged_ms: int) -> bool:
        """Whether the signal counted before, or comes again from before the subject's clock was set back.

        When it is another clock, what was known by the old one is moved to it: by the log's clock, so much time passed.
        """
        turned_ms = signal.detail.get("turned_ms") or 0
        if turned_ms == self.turned_ms or not isinstance(turned_ms, int):
            return signal.at <= self.last_at
        if turned_ms < self.turned_ms and logged_ms - self.turned_ms < REPLAYED_MS:
            return True
        self.turned_ms = turned_ms
        if self.last_at >= 0:
            passed_ms = max(1, logged_ms - self.heard_ms)
            by_ms = signal.at - passed_ms - self.last_at
            self.last_at += by_ms
            for state in self.rules.values():
                state.shift(by_ms, signal.at)
        return False

    def _hear(
        self, signal: Signal, rules: list[Rule], titles: Titles, logged_ms: int, elsewhere: Elsewhere
    ) -> list[AlertTransition]:
        before, self.last_at, self.heard_ms = self.last_at, signal.at, logged_ms or signal.at
        self.why = ""
        if before >= 0:
            self.gap_ms = min(signal.at - before, max(2 * self.gap_ms, QUIET_MS))
        found = self._drop_gone(signal, rules, titles, elsewhere)
        for rule in rules:
            if (self.heard_ms if self.turned_ms else signal.at) < rule.created_ms:
                continue
            told = self._weighed(rule, signal) if isinstance(rule.spec, Change | Anomaly | Threshold) else signal
            holds, state = rule.spec.holds(told), self.rules.get(rule.id)
            if holds is None:
                if state is not None and _breaks_off(rule, told):
                    state.break_off()
                continue
            if state is None:
                if not holds:
                    continue  # most rules never hold for a subject, and would only fill the memory
                state = self.rules[rule.id] = RuleState()
            changed = state.step(rule.spec, told, holds, signal.at - before)
            if changed is None and state.unknown:
                changed, state.unknown = "known", 0
            if changed is not None:
                found.append(_transition(state, rule, told, changed, titles))
        self._set_timer(signal, rules)
        return found

    def _weighed(self, rule: Rule, signal: Signal) -> Signal:
        """What a rule about changes or anomalies looks at: the means of its windows, when one is over; and a threshold
        of means: that of the last while."""
        spec = rule.spec
        if is_silent(signal):
            return signal
        if isinstance(spec, Anomaly):
            return self._compared(rule, spec, signal)
        if isinstance(spec, Threshold):
            if not spec.mean_ms or not spec.has_role(signal):
                return signal
            rolled = self.rules.setdefault(rule.id, RuleState()).rolling_of(spec.mean_ms).add(signal.at, signal.value)
            if rolled is None:
                return signal
            return replace(signal, value=rolled[0], detail={**signal.detail, "readings": rolled[1]})
        if not isinstance(spec, Change) or not spec.has_role(signal):
            return signal
        means = self.rules.setdefault(rule.id, RuleState()).means_of(spec).add(signal.at, signal.value)
        if means is None:
            return signal
        return replace(signal, value=means[0], detail={**signal.detail, "before": means[1]})

    def _compared(self, rule: Rule, spec: Anomaly, signal: Signal) -> Signal:
        """A window beside what is usual; a series of which that is not known any more has no anomaly."""
        if rule.learned is None or not spec.has_role(signal):
            is_open = (known := self.rules.get(rule.id)) is not None and known.state == "firing"
            return replace(signal, detail={**signal.detail, "anomalous": 0}) if is_open else signal
        judged = (
            self.rules.setdefault(rule.id, RuleState())
            .unusual_of(spec)
            .add(signal.at, signal.value, spec, rule.learned)
        )
        if judged is None:
            return signal
        told = {"usual": judged.usual, "score": judged.score, "threshold": rule.learned.threshold}
        about = {"anomalous": int(judged.anomalous), "window_ms": judged.begin_ms}
        return replace(signal, value=judged.mean, detail={**signal.detail, **told, **about})

    def _asked(self, word: Signal, rules: list[Rule], titles: Titles, elsewhere: Elsewhere) -> list[AlertTransition]:
        """What was found out when the timer went off; of no interest if the subject was heard of since."""
        last = self.last
        if last is None or word.detail.get("after") != self.last_at:
            return []
        told = replace(last, at=max(word.at, last.at + 1))
        at = word.at - self.heard_ms + self.last_at  # by the subject's clock, or with the delay that it had
        found = self._drop_gone(told, rules, titles, elsewhere)
        for rule in rules:
            state = self.rules.get(rule.id) or RuleState()
            if isinstance(rule.spec, Absence):
                about = {name: last.detail[name] for name in ("roles", "labels", "name") if name in last.detail}
                found_out = replace(word, subject=last.subject, detail={**word.detail, **about})
                changed = state.miss(rule.spec, found_out, at, self.last_at)
            elif state.waits(rule.spec, last):
                changed = state.wait(rule.spec, at)
            elif state.state == "pending":
                changed = state.lapse(rule.spec, last, at - self.last_at)
            else:
                changed = state.look(word, at, self.gap_ms) if state.state == "firing" else None
            if changed is not None:
                self.rules[rule.id] = state
                more = {"gone": 1} if changed == "resolved" and word.state == "missing" else {}
                why = {"why": self.why} if changed == "unknown" and word.state == "missing" and self.why else {}
                one = replace(told, detail={**told.detail, **more, **why})
                found.append(_transition(state, rule, one, changed, titles))
        self._set_timer(last, rules)
        return found

    def _drop_gone(
        self, signal: Signal, rules: list[Rule], titles: Titles, elsewhere: Elsewhere
    ) -> list[AlertTransition]:
        """Forget rules that mind the subject no more. The alert of one that was changed so ends here; of one that was
        removed, its removal has ended it."""
        found = []
        for gone in sorted(self.rules.keys() - {rule.id for rule in rules}):
            state, rule = self.rules.pop(gone), elsewhere(gone)
            if state.state == "firing" and rule is not None:
                told = replace(signal, detail={**signal.detail, "changed": "rule"})
                found.append(_transition(state, rule, told, "resolved", titles))
        return found

    def _set_timer(self, signal: Signal, rules: list[Rule]) -> None:
        """When it is of use to ask: whether a series is missing, why one is quiet, whether a rule flaps still."""
        due: list[int] = []
        for rule in rules:
            state = self.rules.get(rule.id)
            if state is not None and state.state == "firing":
                if signal.kind in READ:
                    due.append(self.heard_ms + min(max(QUIET_MS, 3 * self.gap_ms), STALE_MS))
                if state.flapping:
                    due.append(state.turned + CALM_MS + self.heard_ms - self.last_at)
            elif state is not None and state.waits(rule.spec, signal):
                due.append(state.since + hold_ms(rule.spec) + self.heard_ms - self.last_at)
            elif state is not None and state.state == "pending" and signal.kind in READ and not state.quiet:
                due.append(self.heard_ms + lapse_ms(rule.spec) + 1)
            elif isinstance(rule.spec, Absence) and signal.state != "over":
                due.append(self.heard_ms + rule.spec.for_s * 1000)
        self.due_ms = min(due, default=0)
        self.last = signal if due else None


def _breaks_off(rule: Rule, signal: Signal) -> bool:
    """Whether what waits must begin anew after a signal that does not tell whether the condition holds."""
    if isinstance(rule.spec, Drift):
        return rule.spec.begins_anew(signal)
    return signal.kind == "series" and is_silent(signal)


def subject_of(signal: Signal) -> str:
    """What a signal's time is compared within: steps, declines and the budget of a monitor come beside its outages."""
    if signal.kind in {"budget", "timer"} and "budget" in signal.detail:
        return f"{signal.subject}/budget"
    trend = signal.detail.get("trend") if signal.kind in {"trend", "timer"} else None
    return signal.subject if trend is None and signal.kind != "trend" else f"{signal.subject}/{trend}"


def _notice(rule: Rule, signal: Signal, titles: Titles) -> AlertTransition:
    """The one transition of an alert that begins and ends with a notice."""
    said = [str(signal.detail.get(part)) for part in ("said_ms", "title", "body")]
    alert = hash64("notice", rule.id, signal.subject, *said)
    title, detail = titles.words(rule, signal, "notice", alert, signal.at)
    return AlertTransition(
        id=hash64("transition", alert, "notice"),
        alert=alert,
        account=rule.account,
        rule=rule.id,
        rule_name=rule.spec.name,
        subject=signal.subject,
        state="notice",
        at=signal.at,
        title=title,
        detail=detail,
        severity=rule.spec.severity,
    )


def _transition(state: RuleState, rule: Rule, signal: Signal, changed: AlertState, titles: Titles) -> AlertTransition:
    """A transition at the signal's time, or just after the one before where that is later (a host's clock that is off
    beside a timer's)."""
    at = state.told_at = max(signal.at, state.told_at + 1)
    if changed == "firing":
        # By a clock that was set back, times come again.
        again = (turned,) if (turned := signal.detail.get("turned_ms")) else ()
        state.alert, state.began = hash64("alert", rule.id, signal.subject, state.since, *again), at
        if state.flapping:
            signal = replace(signal, detail={**signal.detail, "flapping": FLAPS})
    title, detail = titles.words(rule, signal, changed, state.alert, state.began or state.since)
    return AlertTransition(
        # Of starts and ends there is one each.
        id=hash64("transition", state.alert, changed, *(() if changed in {"firing", "resolved"} else (at,))),
        alert=state.alert,
        account=rule.account,
        rule=rule.id,
        rule_name=rule.spec.name,
        subject=signal.subject,
        state=changed,
        at=at,
        title=title,
        value=value_of(signal),
        detail=detail,
        severity=rule.spec.severity,
    )
