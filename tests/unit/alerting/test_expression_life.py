"""The life cycle of alerts about expressions, model-checked: as that of a series, and that nothing is known."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import settings
from hypothesis.stateful import rule

from alerting.rules import Expressed, rule_adapter
from tests.unit.alerting.test_life_cycle import SPANS, SeriesLife
from vedette.events.signals import Signal

ABOVE: dict[str, Any] = {"kind": "expression", "expression": "cpu > 10"}
SPEC = rule_adapter.validate_python({"name": "r", **ABOVE})
assert isinstance(SPEC, Expressed)
SUBJECT = SPEC.question().subject("web", ())


class ExpressionLife(SeriesLife):
    """An expression over series of a host that may fall silent, and of which it may not be known what it says."""

    asked: ClassVar[list[dict[str, Any]]] = [ABOVE, {**ABOVE, "for_s": 20, "clear_for_s": 20}]

    def reading(self, value: float) -> Signal:
        return Signal("expression", 7, SUBJECT, self.seen_ms, "true" if value > 10 else "false", value)

    @rule(after=SPANS)
    def it_is_not_known(self, after: int) -> None:
        self.life.now_ms += after
        self.seen_ms = self.life.now_ms + self.offset_ms
        detail: dict[str, str | int | float | None] = {"why": f"division by zero at {self.seen_ms}"}
        self.life.append(Signal("expression", 7, SUBJECT, self.seen_ms, "unknown", detail=detail))


TestExpressionLife = ExpressionLife.TestCase
TestExpressionLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
