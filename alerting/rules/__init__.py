"""Rules: when a signal about a subject is an alert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter

from alerting.learned import LearnedSeries
from alerting.model_rules import Drift, ModelSilent, Quality
from alerting.rules.anomaly import Anomaly
from alerting.rules.burn import BurnRate
from alerting.rules.control_chart import ControlChart
from alerting.rules.endpoints import Degraded, EndpointDown, Outage, Trend, is_of_silence, is_silent
from alerting.rules.expressions import Expressed
from alerting.rules.hosts import HostFlag, HostSilent, PluginNotice
from alerting.rules.model_metric import ModelMetric
from alerting.rules.of_series import OfSeries, is_about
from alerting.rules.series import Absence, Change, Threshold
from vedette.events.signals import Signal, SignalKind

__all__ = [
    "Absence",
    "Anomaly",
    "AnyRule",
    "BurnRate",
    "Change",
    "ControlChart",
    "Degraded",
    "Drift",
    "EndpointDown",
    "Expressed",
    "HostFlag",
    "HostSilent",
    "ModelMetric",
    "ModelSilent",
    "OfSeries",
    "Outage",
    "PluginNotice",
    "Quality",
    "Rule",
    "RuleSpec",
    "Threshold",
    "Trend",
    "hold_count",
    "hold_ms",
    "is_of_silence",
    "is_silent",
    "minds",
    "minds_subject",
    "rule_adapter",
    "rule_kinds",
    "rule_of",
    "signal_kind",
]

AnyRule = (
    EndpointDown
    | HostSilent
    | Threshold
    | Outage
    | Degraded
    | Trend
    | HostFlag
    | PluginNotice
    | Drift
    | ModelSilent
    | Quality
    | Change
    | Absence
    | BurnRate
    | ModelMetric
    | ControlChart
    | Expressed
    | Anomaly
)
RuleSpec = Annotated[AnyRule, Field(discriminator="kind")]
rule_adapter: TypeAdapter[AnyRule] = TypeAdapter(RuleSpec)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its identity and account; what happened before `created_ms` (UTC) is none of its business.

    Otherwise a flow that reads the signals from their beginning would raise alerts that the first run could not.
    `learned` is what a rule about anomalies knows of the subject that it is applied to.
    """

    id: int
    account: int
    spec: AnyRule
    created_ms: int = 0
    learned: LearnedSeries | None = None


_KINDS: dict[str, SignalKind] = {
    "endpoint_down": "endpoint",
    "outage": "monitor",
    "degraded": "monitor",
    "trend": "trend",
    "host_silent": "host",
    "plugin_notice": "notice",
    "drift": "drift",
    "model_silent": "model",
    "quality": "quality",
    "burn_rate": "budget",
    "model_metric": "metric",
    "control_chart": "drift",
}


def rule_kinds() -> list[dict[str, Any]]:
    """The kinds, each with what it is for, and JSON Schema (draft 2020-12) of the fields that people give."""
    found = []
    for kind in get_args(AnyRule):
        schema = kind.model_json_schema(by_alias=True)
        properties = {name: one for name, one in schema["properties"].items() if name != "kind"}
        required = [name for name in schema.get("required", ()) if name != "kind"]
        name = get_args(kind.model_fields["kind"].annotation)[0]
        means = str(schema.get("description", "")).partition("\n\n")[0].replace("\n", " ")
        found.append({"kind": name, "means": means, "settings": {"properties": properties, "required": required}})
    return sorted(found, key=lambda one: str(one["kind"]))


def rule_of(row: dict[str, Any]) -> AnyRule:
    """A rule as the store gives it back, with its number."""
    return rule_adapter.validate_python({name: value for name, value in row.items() if name != "id"})


def minds(rule: AnyRule, signal: Signal) -> bool:
    """Whether the rule may have anything to say about the signal's subject, whatever its state and the host's roles.

    The same for all signals of one kind about one subject. Where it is False, `holds` is None.
    """
    if isinstance(rule, HostFlag):
        return rule.flag == signal.kind and rule.is_about(signal)
    if isinstance(rule, OfSeries):
        return is_about(rule, signal)
    if isinstance(rule, Expressed):
        return rule.minds(signal)
    return _KINDS[rule.kind] == signal.kind and rule.is_about(signal)


def minds_subject(rule: AnyRule, account: int, subject: str, detail: dict[str, str | int | float | None]) -> bool:
    """The same of an alert's subject, with the detail of the signal that raised it."""
    return minds(rule, Signal(signal_kind(rule), account, subject, 0, detail=detail))


def signal_kind(rule: AnyRule) -> SignalKind:
    """The kind of the signals that the rule is about."""
    if isinstance(rule, OfSeries | Expressed):
        return "series" if isinstance(rule, OfSeries) else "expression"
    return rule.flag if isinstance(rule, HostFlag) else _KINDS[rule.kind]


def hold_ms(rule: AnyRule) -> int:
    """How long the rule's condition must hold before it fires."""
    return rule.for_s * 1000 if isinstance(rule, Threshold | Degraded | Expressed) else 0


def hold_count(rule: AnyRule) -> int:
    """And how many times in a row it must have been said."""
    return rule.windows if isinstance(rule, Drift) else 1
