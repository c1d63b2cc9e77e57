"""The memory of a rule about anomalies: the window that is being filled, and how many were unusual in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from alerting.learned import LearnedSeries
from alerting.rules.anomaly import Anomaly
from vedette.statistics.anomaly import CALM

MINUTE_MS = 60_000


class Judged(NamedTuple):
    """A window that is over: its mean, what is usual, how far off that is, and whether there is an anomaly now."""

    begin_ms: int
    mean: float
    usual: float
    score: float
    anomalous: bool


@dataclass(slots=True)
class Unusual:
    """A minute has one reading: its last, of counters its highest; of checks it has all. A window's value is the mean.

    `row` windows in a row were unusual, in the last `calm` nothing was; `anomalous`: there is an anomaly.
    """

    width_ms: int
    minute: int = -1
    value: float = 0.0
    window: int = -1
    total: float = 0.0
    count: int = 0
    row: int = 0
    calm: int = 0
    anomalous: bool = False

    def add(self, at_ms: int, value: float, spec: Anomaly, learned: LearnedSeries) -> Judged | None:
        """Take in a reading; if it begins a window, the one before as it is judged. Readings of windows that are over
        are left out."""
        minute, window = at_ms // MINUTE_MS, at_ms // self.width_ms
        if minute < self.minute:
            return None
        if minute == self.minute and learned.of_checks:
            self._close_minute()  # each reading counts as much as any other
            self.value = value
            return None
        if minute == self.minute:
            self.value = max(self.value, value) if learned.is_counter else value
            return None
        self._close_minute()
        found = None
        if window != self.window:
            if self.window >= 0:
                found = self._judge(spec, learned)
                self._pass(window - self.window - 1)
            self.window, self.total, self.count = window, 0.0, 0
        self.minute, self.value = minute, value
        return found

    def rewind(self) -> None:
        """The clock was set back: the window that was being filled is left out, and those before stay judged."""
        self.minute = self.window = -1
        self.value = self.total = 0.0
        self.count = 0

    def _close_minute(self) -> None:
        if self.minute >= 0:
            self.total += self.value
            self.count += 1

    def _judge(self, spec: Anomaly, learned: LearnedSeries) -> Judged | None:
        begin_ms = self.window * self.width_ms
        mean = self.total / self.count
        if 2 * self.count < learned.minutes or not math.isfinite(mean):
            was, self.row = self.anomalous, 0
            self._rest()
            if was and not self.anomalous:  # what was unusual is over, as far as anybody can tell
                return Judged(begin_ms, mean, learned.usual.at(begin_ms, self.width_ms)[0], 0.0, anomalous=False)
            return None
        usual, _ = learned.usual.at(begin_ms, self.width_ms)
        off = mean - usual
        score = 0.0 if abs(off) < spec.floor else learned.usual.score(mean, begin_ms, self.width_ms)
        unusual = abs(score) if spec.direction == "both" else score if spec.direction == "above" else -score
        self.row = self.row + 1 if unusual > learned.threshold else 0
        if self.row >= spec.windows:
            self.calm, self.anomalous = 0, True
        else:
            self._rest()
        return Judged(begin_ms, mean, usual, score, self.anomalous)

    def _pass(self, windows: int) -> None:
        """So many windows had no reading at all."""
        if windows > 0:
            self.row = 0
            self.calm += windows
            self.anomalous = self.anomalous and self.calm < CALM

    def _rest(self) -> None:
        self.calm += 1
        self.anomalous = self.anomalous and self.calm < CALM
