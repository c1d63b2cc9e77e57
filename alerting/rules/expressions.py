"""Rules about several series of one host: arithmetic and comparisons, joined by and, or, not."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from alerting.every_rule import RuleBase
from alerting.rules.of_hosts import Hosts
from alerting.rules.series import DAY_S
from vedette.errors import InvalidInput
from vedette.events.names import MAX_LABELS, hash64, parse_series
from vedette.events.selectors import Selector, parse_selector
from vedette.events.signals import Signal, source_of
from vedette.expressions import parse_expression
from vedette.expressions.grouping import Question
from vedette.expressions.parsing import MAX_TEXT

_SHOWN = 120


def _parses(value: str) -> str:
    try:
        parse_expression(value)
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    return value


class Expressed(RuleBase):
    """An expression over several series of one host holds: `memory.used / memory.total > 0.9 and cpu.used_ratio > 0.5`.

    It is looked at once for each combination of the labels `per`: a series belongs to those with which its labels
    agree, and each selector must mean one series there, but in sum, avg, min, max and count.
    """

    kind: Literal["expression"]
    expression: Annotated[str, AfterValidator(_parses)] = Field(
        min_length=1,
        max_length=MAX_TEXT,
        description="comparisons joined by and, or, not; of counters the rate per second",
        examples=["memory.used / memory.total > 0.9 and cpu.used_ratio > 0.5"],
    )
    per: list[Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]] = Field(
        default_factory=list,
        max_length=MAX_LABELS,
        description="labels: looked at once for each combination of their values",
        examples=[["mount"]],
    )
    hosts: Hosts = Field(
        default=None, description="which hosts, by source and role; null: all", examples=['{role="db"}']
    )
    for_s: int = Field(default=0, ge=0, le=DAY_S, description="how long it must have held")
    clear_for_s: int = Field(default=0, ge=0, le=DAY_S, description="over only when it has not held for so long")
    within_s: int = Field(
        default=120, ge=10, le=DAY_S, description="for how long the last value counts of what comes in another report"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Expressed:
        if len(set(self.per)) < len(self.per):
            raise ValueError("per: each label once")
        return self

    def question(self) -> Question:
        """What is asked of each host."""
        return _question(self.expression, tuple(sorted(self.per)), self.hosts, self.within_s)

    def minds(self, signal: Signal) -> bool:
        """Whether the signal, or a timer's word, is about this expression, on a host that it is about."""
        if signal.kind not in {"expression", "timer"} or not signal.subject.startswith("expression:"):
            return False
        question, (source, mark, _) = self.question(), _parts(signal.subject)
        return mark == question.mark and (question.hosts is None or question.hosts.matches_source(source))

    def has_role(self, signal: Signal) -> bool:
        """Whether the host has the role that the rule asks for, if it does; it may have had it until now."""
        hosts = self.question().hosts
        if hosts is None or not hosts.names_role():
            return True
        return hosts.matches_series("host", str(signal.detail.get("roles") or "").split())

    def holds(self, signal: Signal) -> bool | None:
        """Whether it holds; None if the signal is about something else, or that is not known."""
        if not self.minds(signal) or signal.state not in {"true", "false"}:
            return None
        return signal.state == "true" and self.has_role(signal)

    def title(self, signal: Signal) -> str:
        """The expression, where it holds, and what was read."""
        source, _, labels = _parts(signal.subject)
        text = self.expression if len(self.expression) <= _SHOWN else self.expression[: _SHOWN - 1] + "…"
        where = ", ".join([source, *(f"{label} {value}" for label, value in labels)])
        return f"{text} on {where} ({signal.detail.get('readings') or 'nothing is known'})"


@lru_cache(maxsize=4096)
def _question(expression: str, per: tuple[str, ...], hosts: str | None, within_s: int) -> Question:
    selector: Selector | None = None if hosts is None else parse_selector(hosts)
    mark = f"x{hash64(expression, hosts or '', within_s, *per) & (1 << 64) - 1:016x}"
    return Question(parse_expression(expression), per, selector, within_s * 1000, mark)


@lru_cache(maxsize=1 << 16)
def _parts(subject: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Source, mark and labels of a subject."""
    name = subject.partition("/")[2]
    try:
        return source_of(subject), *parse_series(name)
    except InvalidInput:  # its labels are so long that with the mark they are no series' any more
        return source_of(subject), name.partition("{")[0], ()
