"""Where one rule stands for one subject, and how it moves: ok → pending → firing → ok."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from alerting.means import Means
from alerting.rolling import Rolling
from alerting.rules import Absence, Anomaly, AnyRule, Change, Expressed, OfSeries, Threshold, hold_count, hold_ms
from alerting.unusual import Unusual
from vedette.events.signals import READ, AlertState, Signal

LAPSE_MS = 300_000
"""A condition that waits lapses after so long without a signal, or after the time it must hold if that is longer."""
STALE_MS = 600_000
"""An alert is not known once its host has reported for so long without its series, or for three of its usual gaps."""
GONE_MS = 86_400_000
"""After so long it is over: the series is no more."""
FLAPS, FLAP_MS, CALM_MS = 5, 1_800_000, 900_000
"""Who starts the fifth time within 30 minutes flaps: the alert then ends once its condition was over for 15 minutes."""


@dataclass(slots=True)
class RuleState:
    """`since` is when the condition began to hold, `alert` the open alert, `told_at` the last transition's time.

    `began` is when the last alert did (0: not known), `times` how often it was said that it holds until it fired.
    `unknown` is since when it is not known whether the condition holds, `clear_since` since when it is over (-1: it is
    not), `starts` are the last times of alerts' beginnings. While it is `flapping`, `holding` is the condition and
    `turned` when that changed; all by the subject's own clock. `means` is the memory of rules about changes, `unusual`
    that of rules about anomalies, `rolling` that of thresholds of means. What waits is `quiet` after so long without a
    reading that the next one will begin it anew, unless that one says it was kept meanwhile.
    """

    state: Literal["ok", "pending", "firing"] = "ok"
    since: int = 0
    alert: int = 0
    told_at: int = -1
    unknown: int = 0
    clear_since: int = -1
    starts: tuple[int, ...] = ()
    flapping: bool = False
    holding: bool = False
    turned: int = 0
    means: Means | None = None
    times: int = 0
    unusual: Unusual | None = None
    rolling: Rolling | None = None
    began: int = 0
    quiet: bool = False

    def __setstate__(self, state: Any) -> None:
        """Also of a version that kept less: what is missing has its default."""
        restore(self, state)

    def step(self, spec: AnyRule, signal: Signal, holds: bool, gap_ms: int) -> AlertState | None:
        """What a signal does. `gap_ms` is the time since the subject's signal before."""
        if signal.kind == "series" and signal.state == "over":
            return self._over()
        if holds and not self.flapping:
            return self._held(spec, signal.at, gap_ms)
        if self.state != "firing":
            self.state = "ok"
            return None
        within = not holds and isinstance(spec, Threshold) and not spec.cleared(signal)
        if self.flapping:
            return self._flap(holds or within, signal.at)
        if within:
            self.clear_since = -1
            return None
        clear_ms = spec.clear_for_s * 1000 if isinstance(spec, Threshold | Expressed) else 0
        if self.clear_since < 0 or gap_ms > max(clear_ms, LAPSE_MS):
            self.clear_since = signal.at
        return None if signal.at - self.clear_since < clear_ms else self.end()

    def _held(self, spec: AnyRule, at: int, gap_ms: int) -> AlertState | None:
        self.clear_since, self.quiet = -1, False
        if self.state == "firing":
            return None
        # Only of readings there are signals all the time: of others there is one when something has changed.
        lapsed = isinstance(spec, OfSeries | Expressed) and gap_ms > lapse_ms(spec)
        if self.state == "ok" or lapsed:
            self.state, self.since, self.times = "pending", at, 0
        self.times += 1
        return None if at - self.since < hold_ms(spec) or self.times < hold_count(spec) else self.fire(at)

    def break_off(self) -> None:
        """What waited begins anew; an alert goes on."""
        if self.state == "pending":
            self.state = "ok"

    def waits(self, spec: AnyRule, last: Signal) -> bool:
        """Whether the rule's time may run out without another signal after the `last`."""
        return self.state == "pending" and hold_ms(spec) > 0 and last.kind not in READ and spec.holds(last) is True

    def wait(self, spec: AnyRule, at: int) -> AlertState | None:
        """What it does to a rule that `waits` that it is `at` now, by the subject's clock."""
        return None if at - self.since < hold_ms(spec) else self.fire(at)

    def lapse(self, spec: AnyRule, last: Signal, gap_ms: int) -> AlertState | None:
        """What waits for readings is quiet after so long without one; nobody is told, and nothing is decided."""
        self.quiet = self.quiet or (last.kind in READ and gap_ms > lapse_ms(spec))
        return None

    def fire(self, at: int) -> AlertState:
        """The alert begins."""
        self.state, self.clear_since = "firing", -1
        self.starts = (*(start for start in self.starts if at - start < FLAP_MS), at)[-FLAPS:]
        self.flapping = len(self.starts) == FLAPS
        self.holding, self.turned = True, at
        return "firing"

    def end(self) -> AlertState:
        """The alert ends."""
        self.state, self.unknown, self.clear_since = "ok", 0, -1
        return "resolved"

    def _over(self) -> AlertState | None:
        """The series is over: no signal will follow that could clear the alert or calm it down."""
        fires, self.flapping, self.starts = self.state == "firing", False, ()
        self.state = "ok"
        return self.end() if fires else None

    def _flap(self, holds: bool, at: int) -> AlertState | None:
        if holds != self.holding:
            self.holding, self.turned = holds, at
            return None
        return self.calmed(at)

    def calmed(self, at: int) -> AlertState | None:
        """It flaps no more if the condition has stayed as it is for long enough; if it is over, so is the alert."""
        if not self.flapping or at - self.turned < CALM_MS:
            return None
        self.flapping, self.starts = False, ()
        return None if self.holding else self.end()

    def look(self, word: Signal, at: int, gap_ms: int) -> AlertState | None:
        """What a timer's word does to an alert that fires, at a time by the subject's clock. `gap_ms` is the usual time
        between its signals."""
        changed = self.calmed(at)
        if changed is not None or not word.state:
            return changed
        if word.state == "missing" and word.value >= GONE_MS:
            return self.end()
        if self.unknown or (word.state == "missing" and word.value < max(STALE_MS, 3 * gap_ms)):
            return None
        self.unknown = word.at
        return "unknown"

    def miss(self, spec: Absence, word: Signal, at: int, last_at: int) -> AlertState | None:
        """What a timer's word does to a rule about absence, whose series was heard of last at `last_at`."""
        firing, holds = self.state == "firing", spec.holds(word)
        if holds is False:
            return self.end() if firing else None
        if holds and not firing:
            self.since = last_at
            return self.fire(at)
        if firing and holds and self.unknown:
            self.unknown = 0
            return "known"
        if firing and word.state == "silent" and not self.unknown:
            self.unknown = word.at
            return "unknown"
        return None

    def shift(self, by_ms: int, at: int) -> None:
        """The subject's clock was set by so much, to `at`: what waits goes on, by the new clock."""
        self.since, self.turned = self.since + by_ms, self.turned + by_ms
        self.clear_since = self.clear_since if self.clear_since < 0 else max(0, self.clear_since + by_ms)
        self.starts = tuple(start + by_ms for start in self.starts)
        if self.state != "firing":
            self.told_at = -1
        if self.means is not None:
            self.means.rewind(at)
        if self.unusual is not None:
            self.unusual.rewind()
        if self.rolling is not None:
            self.rolling.shift(by_ms)

    def means_of(self, spec: Change) -> Means:
        """The memory for a rule about changes, empty if the rule compares other windows now."""
        width_ms, back = spec.window_s * 1000, spec.back()
        if self.means is None or (self.means.width_ms, self.means.back) != (width_ms, back):
            self.means = Means(width_ms, back)
        return self.means

    def rolling_of(self, span_ms: int) -> Rolling:
        """The memory for a threshold of means over so long, empty if they were over another time until now."""
        if self.rolling is None or self.rolling.span_ms != span_ms:
            self.rolling = Rolling(span_ms)
        return self.rolling

    def unusual_of(self, spec: Anomaly) -> Unusual:
        """The memory for a rule about anomalies, empty if the rule looks at other windows now."""
        width_ms = spec.window_s * 1000
        if self.unusual is None or self.unusual.width_ms != width_ms:
            self.unusual = Unusual(width_ms)
        return self.unusual


def lapse_ms(spec: AnyRule) -> int:
    """After so long without a reading, what waits begins anew."""
    return max(hold_ms(spec), LAPSE_MS)


def restore(thing: Any, state: Any) -> None:
    """Give an object that was just made its pickled slots, and all others their defaults."""
    thing.__init__()
    kept = state[1] if isinstance(state, tuple) else state
    values = kept.items() if isinstance(kept, dict) else zip(thing.__slots__, kept, strict=False)
    for name, value in values:
        setattr(thing, name, value)
