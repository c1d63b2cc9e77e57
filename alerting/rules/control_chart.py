"""The rule about control charts of models: a point, or a run of them, is out of control."""

from __future__ import annotations

from typing import Literal

import msgspec
from pydantic import Field

from alerting.every_rule import Pattern
from alerting.rules.of_models import OfModels
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal

Chart = Literal["mean", "deviation", "missing", "other", "out_of_range", "category"]


class _Out(msgspec.Struct):
    chart: str
    of: str
    value: float | None
    lower: float | None
    upper: float | None
    broken: list[str]


_decoder = msgspec.json.Decoder(list[_Out])


class ControlChart(OfModels):
    """A control chart of a feature is out of control, by the rules of charts that the model's own settings name."""

    kind: Literal["control_chart"]
    feature: Pattern = Field(default=None, description="a regular expression for whole names; null: every feature")
    charts: list[Chart] = Field(default_factory=list, max_length=6, description="which of them; empty: all")

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the model and the feature, of all rows."""
        if "segment" in signal.detail or not self.is_of(signal):
            return False
        return self.feature is None or matches_whole(self.feature, str(signal.detail.get("feature")))

    def holds(self, signal: Signal) -> bool | None:
        """Whether any chart is out of control after this window; None if the signal is about something else."""
        if signal.kind != "drift" or not self.is_about(signal):
            return None
        out = self._out(signal)
        return None if not out and signal.detail.get("window_state") == "no_data" else bool(out)

    def title(self, signal: Signal) -> str:
        """Which feature, which chart, its point and limits, and the rules that are broken."""
        said = signal.detail
        what = f"{said.get('feature')} of {said.get('name')} is out of control"
        out = self._out(signal)
        if not out:
            return what
        first = out[0]
        chart = f"share of {first.of}" if first.chart == "category" else first.chart.replace("_", " ")
        limits = f"{_shown(first.lower)} to {_shown(first.upper)}"
        more = f", and {len(out) - 1} more" if len(out) > 1 else ""
        return f"{what}: {chart} {_shown(first.value)} ({limits}), {', '.join(first.broken)}{more}"

    def _out(self, signal: Signal) -> list[_Out]:
        told = signal.detail.get("charts")
        if not isinstance(told, str):
            return []
        return [one for one in _decoder.decode(told) if not self.charts or one.chart in self.charts]


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:.4g}"
