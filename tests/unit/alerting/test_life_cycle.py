"""The life cycle of alerts, model-checked: any order of signals, duplicates, timers, restarts and replays."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerting.rule_state import CALM_MS, FLAP_MS
from alerting.timers import Standing
from tests.unit.alerting.life import Life, rules_of
from vedette.events.signals import READ, Signal

INTERVAL_MS = 10_000


def is_reading(signal: Signal) -> bool:
    return signal.kind in READ and signal.state != "unknown"


SPANS = st.sampled_from([1_000, 5_000, 10_000, 40_000, 100_000, 700_000, 2_000_000, 90_000_000])


class Lives(RuleBasedStateMachine):
    """What all subjects have in common: a flow that reads, keeps snapshots, and dies."""

    life: Life

    @rule(count=st.integers(1, 6))
    def reads(self, count: int) -> None:
        self.life.read(count)

    @rule()
    def keeps_a_snapshot(self) -> None:
        self.life.snapshot()

    @rule(back=st.integers(0, 5))
    def dies(self, back: int) -> None:
        self.life.crash(back)

    @precondition(lambda self: self.life.log)
    @rule(data=st.data())
    def a_producer_says_something_again(self, data: st.DataObject) -> None:
        _, signal = data.draw(st.sampled_from(self.life.log))
        self.life.append(signal)

    @invariant()
    def nothing_is_lost_doubled_or_out_of_order(self) -> None:
        self.life.check()
        # What was recorded before a crash is more than what has been read again since, and begins with it.
        once = self.life.undisturbed()
        assert list(self.life.table)[: len(once)] == list(once)
        assert all(self.life.table[number] == one for number, one in once.items())


class SeriesLife(Lives):
    """A series of a host that may fall silent, or report without it, with its clock off."""

    asked: ClassVar[list[dict[str, Any]]] = [
        {"kind": "threshold", "series": "cpu", "above": 10},
        {"kind": "threshold", "series": "cpu", "above": 10, "for_s": 20, "clear_below": 5, "clear_for_s": 20},
        {"kind": "absence", "series": "cpu", "for_s": 60},
        {"kind": "change", "series": "cpu", "window_s": 60, "by": 50},
        {"kind": "threshold", "series": "cpu", "outside": [2, 15], "clear_above": 4},
    ]

    def reading(self, value: float) -> Signal:
        return Signal("series", 7, "series:web/cpu", self.seen_ms, value=value)

    @initialize(offset_ms=st.sampled_from([0, -3_600_000, 3_600_000]), interval_ms=st.sampled_from([INTERVAL_MS, 0]))
    def begins(self, offset_ms: int, interval_ms: int) -> None:
        self.life = Life(rules_of(*self.asked))
        self.offset_ms, self.interval_ms = offset_ms, interval_ms
        self.seen_ms = self.life.now_ms + offset_ms

    @rule(after=SPANS, value=st.integers(0, 20))
    def the_host_reports_the_series(self, after: int, value: float) -> None:
        self.life.now_ms += after
        self.seen_ms = self.life.now_ms + self.offset_ms
        self.life.append(self.reading(value))

    @rule(
        values=st.lists(st.integers(0, 20), min_size=5, max_size=12), every=st.sampled_from([10_000, 60_000, 300_000])
    )
    def it_does_so_for_a_while(self, values: list[int], every: int) -> None:
        for value in values:
            self.the_host_reports_the_series(every, value)
        self.life.read()

    @rule(after=SPANS)
    def the_host_reports_without_it(self, after: int) -> None:
        self.life.now_ms += after
        self.seen_ms = self.life.now_ms + self.offset_ms

    @rule(after=SPANS)
    def time_passes(self, after: int) -> None:
        self.life.now_ms += after

    @rule(after=SPANS, reporting=st.booleans(), value=st.none() | st.integers(0, 20), twice=st.booleans())
    def it_is_quiet_for_a_while(self, after: int, reporting: bool, value: int | None, twice: bool) -> None:
        """All is read, then nothing comes, and it is asked why; a value may come before the answer is in the log."""
        self.life.read()
        self.life.now_ms += after
        if reporting:
            self.seen_ms = self.life.now_ms + self.offset_ms
        word = self.ask()
        if value is not None:
            self.the_host_reports_the_series(1_000, value)
        for _ in range(1 + twice if word is not None else 0):
            assert word is not None
            self.life.append(word)

    @rule(lost=st.booleans(), twice=st.booleans())
    def the_timer_goes_off(self, lost: bool, twice: bool) -> None:
        word = self.ask()
        if word is not None and not lost:
            for _ in range(1 + twice):
                self.life.append(word)

    def ask(self) -> Signal | None:
        newest = self.life.now_ms if self.interval_ms == 0 else self.seen_ms
        return self.life.ask(Standing(self.seen_ms, self.interval_ms, newest))

    @invariant()
    def whoever_neither_waits_nor_flaps_is_open_exactly_while_the_last_value_is_beyond_the_limit(self) -> None:
        newest = max((signal for _, signal in self.life.log[: self.life.read_to] if is_reading(signal)),
                     key=lambda signal: signal.at, default=None)  # fmt: skip
        state = self.life.state.rules.get(1)
        if newest is None or state is None or state.flapping:
            return
        gone = any("gone" in one.detail for one in self.life.table.values())
        assert (state.state == "firing") == (newest.value > 10) or gone

    @invariant()
    def only_what_nothing_was_heard_of_is_missing_or_unknown(self) -> None:
        for number, one in self.life.table.items():
            cause = self.life.causes[number]
            if self.life.log[cause][1].kind != "timer" or one.state not in {"firing", "unknown"}:
                continue
            heard = [(logged, signal.at) for logged, signal in self.life.log[:cause] if is_reading(signal)]
            newest = max(at for _, at in heard)
            since = self.life.log[cause][1].at - min(logged for logged, at in heard if at == newest)
            assert since >= (60_000 if (one.rule, one.state) == (3, "firing") else 30_000)

    def teardown(self) -> None:
        """The host is well again for long enough: everything ends, whatever there was."""
        if not hasattr(self, "life"):
            return
        for _ in range(3 * CALM_MS // 60_000):
            for _ in range(6):
                self.the_host_reports_the_series(INTERVAL_MS, 4.5)
        self.life.read()
        assert self.life.open_alerts() == set(), "stuck"
        self.life.check()
        assert self.life.table == self.life.undisturbed()


class MonitorLife(Lives):
    """A monitor whose state is told when it changes: what flaps must end by a timer."""

    @initialize()
    def begins(self) -> None:
        self.life = Life(
            rules_of({"kind": "outage"}, {"kind": "outage", "partial": True}, {"kind": "outage", "monitor": 4})
        )

    @rule(
        after=st.sampled_from([1, 1_000, 60_000, FLAP_MS // 4, FLAP_MS, 2 * CALM_MS]),
        state=st.sampled_from(["up", "down", "partial", "degraded", "paused", "unknown"]),
        quiet=st.sampled_from([{}, {}, {"maintenance": 1}, {"suppressed_by": 9}]),
    )
    def its_state_is_told(self, after: int, state: str, quiet: dict[str, Any]) -> None:
        self.life.now_ms += after
        detail = {"monitor": 3, "failing": "a", **quiet}
        self.life.append(Signal("monitor", 7, "monitor:3", self.life.now_ms, state, detail=detail))

    @rule(times=st.integers(4, 9), every=st.sampled_from([20_000, 300_000, FLAP_MS]))
    def it_goes_up_and_down(self, times: int, every: int) -> None:
        for _ in range(times):
            self.its_state_is_told(every, "down", {})
            self.its_state_is_told(every, "up", {})
        self.life.read()

    @rule(after=SPANS, lost=st.booleans(), twice=st.booleans())
    def the_timer_goes_off(self, after: int, lost: bool, twice: bool) -> None:
        self.life.now_ms += after
        word = self.life.ask(None)
        if word is not None and not lost:
            for _ in range(1 + twice):
                self.life.append(word)

    def teardown(self) -> None:
        """It is up for long enough, which is told once."""
        if not hasattr(self, "life"):
            return
        self.its_state_is_told(1_000, "up", {})
        self.life.read()
        self.the_timer_goes_off(2 * CALM_MS, lost=False, twice=False)
        self.life.read()
        assert self.life.open_alerts() == set(), "stuck"
        assert not [one for one in self.life.table.values() if one.rule == 3]
        assert self.life.table == self.life.undisturbed()


TestSeriesLife = SeriesLife.TestCase
TestSeriesLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestMonitorLife = MonitorLife.TestCase
TestMonitorLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
