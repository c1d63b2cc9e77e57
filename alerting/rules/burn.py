"""Rules about error budgets: a monitor's checks fail faster than its objective (SLO) can bear.

Source: Google, The Site Reliability Workbook, chapter 5 ("Alerting on SLOs"), multiwindow, multi-burn-rate alerts.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from alerting.rules.of_monitors import OfMonitors
from vedette.events.budgets import WINDOWS_S, Counts, counts_of
from vedette.events.signals import Signal

_PAIR = re.compile(r"([0-9]+[mhd])/([0-9]+[mhd]):([0-9]{1,6}(?:\.[0-9]{1,6})?)", re.ASCII)
_NONE = Counts()
DAY_S = 86_400


class Pair(NamedTuple):
    """Both windows must burn faster than `factor` times the rate at which the budget lasts for its period."""

    long: str
    short: str
    factor: Fraction


@lru_cache(maxsize=1024)
def pair_of(text: str) -> Pair:
    """The pair in a text as `1h/5m:14.4`; `ValueError` says what is allowed."""
    found = _PAIR.fullmatch(text)
    if found is None or not {found[1], found[2]} <= WINDOWS_S.keys():
        raise ValueError(f"long/short:factor, as 1h/5m:14.4, with windows of {', '.join(WINDOWS_S)}")
    pair = Pair(found[1], found[2], Fraction(found[3]))
    if WINDOWS_S[pair.short] >= WINDOWS_S[pair.long]:
        raise ValueError(f"the long window first, in {text}")
    if pair.factor <= 0:
        raise ValueError(f"a factor above 0, in {text}")
    return pair


def _reads(text: str) -> str:
    pair_of(text)
    return text


class BurnRate(OfMonitors):
    """A monitor uses up its error budget too fast: more checks are not good than its objective (SLO) can bear.

    Of each pair, the long window shows that it matters, and the short one that it still goes on. Windows without
    checks do not burn, nor does a long one with fewer than `minimum`.
    """

    kind: Literal["burn_rate"]
    objective: float = Field(default=0.999, ge=0.5, le=0.999999, description="share of checks that must be good")
    period_s: int = Field(default=30 * DAY_S, ge=DAY_S, le=366 * DAY_S, description="how long the budget must last")
    good: Literal["up", "satisfied"] = Field(
        default="up", description="up: the check did not fail; satisfied: it took no longer than its Apdex T"
    )
    pairs: list[Annotated[str, Field(max_length=40), AfterValidator(_reads)]] = Field(
        default=["1h/5m:14.4", "6h/30m:6", "3d/6h:1"],
        min_length=1,
        max_length=10,
        description="long and short window, and how many times too fast; windows: 5m, 30m, 1h, 6h, 1d, 3d",
    )
    minimum: int = Field(default=100, ge=1, le=1_000_000, description="checks that a long window must have")

    @model_validator(mode="after")
    def _can_hold(self) -> BurnRate:
        for text in self.pairs:
            if pair_of(text).factor * _budget(self.objective) >= 1:
                raise ValueError(
                    f"pairs: {text} can never hold with an objective of {self.objective:g};"
                    f" allowed: factors below {1 / float(_budget(self.objective)):g}"
                )
        return self

    def holds(self, signal: Signal) -> bool | None:
        """Whether any pair burns; None if the signal is about something else."""
        if signal.kind != "budget" or not self.is_about(signal):
            return None
        return self.has_labels(signal) and self.burning(signal) is not None

    def burning(self, signal: Signal) -> tuple[Pair, float] | None:
        """The first pair that burns, and how fast its long window does (1: the budget lasts just for the period)."""
        windows = counts_of(signal.detail.get("budget")) if signal.state == "spent" else {}
        for pair in map(pair_of, self.pairs):
            long, short = windows.get(pair.long, _NONE), windows.get(pair.short, _NONE)
            if long.checks >= self.minimum and self._exceeds(long, pair) and self._exceeds(short, pair):
                return pair, float(self._bad(long) / (long.checks * _budget(self.objective)))
        return None

    def _bad(self, counts: Counts) -> int:
        return counts.down if self.good == "up" else counts.unsatisfied

    def _exceeds(self, counts: Counts, pair: Pair) -> bool:
        return self._bad(counts) > pair.factor * _budget(self.objective) * counts.checks

    def words(self, name: str, signal: Signal) -> str:
        """How fast, over which windows, how much of the budget the long one took, and when all is gone at that rate."""
        found = self.burning(signal)
        if found is None:
            return f"the error budget of {name} is burning no more"
        pair, rate = found
        share = rate * WINDOWS_S[pair.long] / self.period_s
        return (
            f"{name} burns its error budget {rate:.1f} times too fast over {pair.long} and {pair.short}:"
            f" {share:.1%} of {_span(self.period_s)} in {pair.long}, all in {_span(self.period_s / rate)} at that rate"
        )

    def limit(self) -> float | str | None:
        """The objective."""
        return self.objective


@lru_cache(maxsize=1024)
def _budget(objective: float) -> Fraction:
    """The share of checks that may fail, exactly as the objective is written: 1 - 0.999 is 0.001."""
    return 1 - Fraction(Decimal(repr(objective)))


def _span(seconds: float) -> str:
    """A length of time in days, hours or minutes."""
    for unit, length in (("days", DAY_S), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{round(seconds / length, 1):g} {unit}"
    return f"{max(1, round(seconds / 60))} minutes"
