"""The words of alerts: defaults by kind of rule, or a rule's own templates."""

from __future__ import annotations

from datetime import UTC, datetime

from alerting.links import path_of
from alerting.rules import BurnRate, Degraded, EndpointDown, HostSilent, Outage, Rule, Trend, is_of_silence
from alerting.templates import MAX_BODY, MAX_TITLE, TemplateFault, fill
from vedette.events.signals import READ, AlertState, Signal
from vedette.notifying.labels import labels_of

Detail = dict[str, str | int | float | None]


class Titles:
    """Words for alerts; `monitors` gives names by identity."""

    def __init__(self, monitors: dict[int, str] | None = None) -> None:
        self._monitors = monitors or {}

    def title(self, rule: Rule, signal: Signal) -> str:
        """One line that says what is the matter, and since the alert's end, what was."""
        spec = rule.spec
        monitor = signal.detail.get("monitor")
        name = self._monitor(signal)
        if isinstance(spec, Trend):
            how = "is declining by" if signal.detail.get("trend") == "decline" else "moved by"
            return f"the Apdex of {name or f'monitor {monitor}'} {how} {signal.value:+.3f}"
        if isinstance(spec, EndpointDown | Outage):
            if is_of_silence(signal):
                return _unheard(name or f"monitor {monitor}", signal)
            where = signal.detail.get("location")
            if isinstance(spec, Outage):
                where = signal.detail.get("failing") or where
            what = f"{name or f'monitor {monitor}'} is down at {where}"
            error = signal.detail.get("error")
            return f"{what}: {error}" if error else what
        if isinstance(spec, Degraded):
            error = signal.detail.get("error")
            what = f"{name or f'monitor {monitor}'} is degraded"
            return f"{what}: {error}" if error else what
        if isinstance(spec, BurnRate):
            return spec.words(name or f"monitor {monitor}", signal)
        if isinstance(spec, HostSilent):
            return f"{signal.subject.removeprefix('source:')} has fallen silent"
        return spec.title(signal)

    def words(self, rule: Rule, signal: Signal, state: AlertState, alert: int, started_ms: int) -> tuple[str, Detail]:
        """Title, and the signal's detail with what the rule adds: `runbook`, and `body` by its template. The alert is
        told by its number and its beginning (ms UTC).

        A template that cannot be filled in costs no alert: the default words are used, and `template_fault` says why.
        """
        more = {"link": path_of(alert), "started": _moment(started_ms)}
        title, detail = self._filled(rule, signal, state, more)
        return (f"flapping: {title}" if "flapping" in detail else title), detail

    def _filled(self, rule: Rule, signal: Signal, state: AlertState, more: dict[str, str]) -> tuple[str, Detail]:
        title, detail, spec = self.title(rule, signal), signal.detail, rule.spec
        if spec.runbook:
            detail = {**detail, "runbook": spec.runbook}
        if spec.title_template is None and spec.body_template is None:
            return title, detail
        values = self._values(rule, signal, state, title) | more
        faults = []
        if spec.title_template is not None:
            try:
                # A title is one line.
                title = " ".join(fill(spec.title_template, values).split())[:MAX_TITLE] or title
            except TemplateFault as fault:
                faults.append(f"title: {fault}")
        if spec.body_template is not None:
            try:
                detail = {**detail, "body": fill(spec.body_template, values)[:MAX_BODY]}
            except TemplateFault as fault:
                faults.append(f"body: {fault}")
        return title, {**detail, "template_fault": "; ".join(faults)} if faults else detail

    def _monitor(self, signal: Signal) -> str | None:
        monitor = signal.detail.get("monitor")
        return self._monitors.get(monitor) if isinstance(monitor, int) else None

    def _values(self, rule: Rule, signal: Signal, state: AlertState, words: str) -> dict[str, object]:
        spec = rule.spec
        labels = labels_of(spec.name, signal.subject, spec.severity, signal.detail)
        name = self._monitor(signal) or signal.detail.get("name") or labels.get("source")
        return {
            "subject": signal.subject,
            "value": value_of(signal),
            "limit": spec.limit(),
            "rule": spec.name,
            "severity": spec.severity,
            "state": state,
            "name": name,
            "words": words,
            "runbook": spec.runbook,
            "at": _moment(signal.at),
            **{f"labels.{key}": value for key, value in labels.items()},
            **{f"detail.{key}": value for key, value in signal.detail.items()},
        }


def _unheard(name: str, signal: Signal) -> str:
    minutes = max(1, int(signal.detail.get("silent_s") or 0) // 60)
    while_ = f"for {minutes} minute{'' if minutes == 1 else 's'}"
    if signal.detail.get("heard"):
        return f"nobody checked {name}: no probe had reported {while_}"
    return f"nobody checks {name}: no probe has reported {while_}"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_VALUED = {*READ, "trend", "drift", "quality", "metric"}


def value_of(signal: Signal) -> float | None:
    """The signal's number; None for kinds that have none."""
    return signal.value if signal.kind in _VALUED else None
