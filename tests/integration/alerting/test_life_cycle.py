"""The life of alerts, model-checked: whatever happens in whatever order, nobody hears twice, too late or nothing.

The flow's state machines, timers and rule book, the outbox, and alert workers, all real, over a real database: signals
in any order, late and again; timers; maintenance and suppression; what people do; silences; changes of rules and
routes; a flow that dies before or after it has recorded, and reads again; workers that die between sending and the note
of it, and two at once; receivers that are busy, hang, and lose their answers. `settled.py` says what must hold.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.integration.alerting.alerting_life import CHANGES, RULES, Life, give_a_clock
from tests.integration.alerting.hearers import MOODS, Mood, Mortal, loop
from tests.integration.alerting.settled import Ledger
from vedette.errors import NotFound
from vedette.events.signals import Signal
from vedette.store import monitors
from vedette.store.pool import Store

HOSTS, MONITORS = st.sampled_from("ab"), st.sampled_from([1, 2])
SPANS = st.sampled_from([1, 5, 25, 70, 700, 2000])
QUIET: tuple[dict[str, Any], ...] = ({}, {}, {}, {"maintenance": 1}, {"suppressed_by": 9})
SELECTORS = st.sampled_from(['{source="a"}', '{subject=~"monitor:.*"}', '{severity="critical"}', '{subject=~".+"}'])
MOODY, LOTS = st.lists(st.sampled_from(MOODS), max_size=4), 1_000_000
DEEDS = st.sampled_from(["acknowledge", "acknowledge", "unacknowledge", "snooze", "resolve", "comment", "assign"])


class Lives(RuleBasedStateMachine):
    """One account's alerts, from signals to receivers."""

    store: Store
    loop: asyncio.EventLoop
    heard = 0

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(self.store)
        self.ledger = Ledger(self.life)
        self.everybody: list[Mortal] = []
        self.workers = [self.hire(), self.hire()]

    def hire(self) -> Mortal:
        self.everybody.append(Mortal(self.store, self.life.clock, self.life.hearers))
        return self.everybody[-1]

    @initialize(grouped=st.booleans())
    def messages_wait_for_others_or_do_not(self, grouped: bool) -> None:
        self.life.route(grouped=grouped)

    def begin(self) -> None:
        """Each step takes a moment."""
        self.life.pass_time(0.001)

    def say(self, kind: Any, subject: str, state: str = "", value: float = 0.0, **detail: Any) -> None:
        self.begin()
        self.life.say(Signal(kind, self.life.account, subject, self.life.clock.now_ms(), state, value, detail))

    def hear_of(self, host: str) -> None:
        self.store.execute("UPDATE sources SET last_seen = now() WHERE name = %s", host)

    @rule(host=HOSTS, state=st.sampled_from(["silent", "silent", "active"]), read=st.booleans())
    def a_host_falls_silent_or_is_back(self, host: str, state: str, read: bool) -> None:
        self.say("host", f"source:{host}", state)
        self.read(LOTS if read else 0)

    @rule(
        number=MONITORS,
        state=st.sampled_from(["up", "down", "down", "degraded", "partial", "paused", "unknown"]),
        quiet=st.sampled_from(QUIET),
        read=st.booleans(),
    )
    def a_monitor_s_state_is_told(self, number: int, state: str, quiet: dict[str, Any], read: bool) -> None:
        self.say("monitor", f"monitor:{number}", state, monitor=number, failing="x", **quiet)
        self.read(LOTS if read else 0)

    @rule(
        values=st.lists(st.sampled_from([1, 7, 12, 20]), min_size=1, max_size=4),
        every=st.sampled_from([10, 25]),
        read=st.booleans(),
    )
    def a_series_is_reported(self, values: list[int], every: int, read: bool) -> None:
        for value in values:
            self.life.pass_time(every)
            self.hear_of("a")
            self.say("series", "series:a/cpu", value=value)
        self.read(LOTS if read else 0)

    @rule(host=HOSTS, silence=st.sampled_from([0, 1, 20]))
    def an_alert_begins_and_ends_in_silence_or_after_it(self, host: str, silence: int) -> None:
        self.somebody_silences(f'{{source="{host}"}}', 0, 10)
        self.an_alert_comes_and_goes(host, [], "comment", max(1, 60 * silence), [], [], 0)

    @rule(host=HOSTS, before=MOODY, deed=DEEDS, then=SPANS, between=MOODY, after=MOODY, which=st.integers(0, 1))
    def an_alert_comes_and_goes(
        self, host: str, before: list[Mood], deed: str, then: int, between: list[Mood], after: list[Mood], which: int
    ) -> None:
        """While receivers are in these moods: as it begins, after somebody has done something, and as it ends."""
        self.a_host_falls_silent_or_is_back(host, "silent", True)
        self.wait_and_work(0, before)
        if self.life.firing():
            self.somebody_does_something(0, deed)
        for _ in range(2):
            self.life.pass_time(then)
            self.wait_and_work(which, between)
        self.a_host_falls_silent_or_is_back(host, "active", True)
        self.wait_and_work(which, after)

    def wait_and_work(self, which: int, moods: list[Mood]) -> None:
        self.life.pass_time(25)
        self.a_worker_works(which, moods)

    @rule()
    def a_host_reports_without_its_series(self) -> None:
        self.begin()
        self.hear_of("a")

    @rule(title=st.sampled_from(["backup done", "disk replaced"]))
    def a_plugin_says_something(self, title: str) -> None:
        self.say("notice", "plugin:a/p", title=title, body="", said_ms=self.life.clock.now_ms())

    @precondition(lambda self: self.life.log)
    @rule(data=st.data())
    def a_producer_says_something_again(self, data: st.DataObject) -> None:
        self.begin()
        _, again = data.draw(st.sampled_from(self.life.log))
        self.life.log.append((self.life.clock.now_ms(), again))

    @rule(times=st.integers(2, 5), then=st.sampled_from(["down", "up"]))
    def a_monitor_goes_up_and_down(self, times: int, then: str) -> None:
        for _ in range(times):
            self.a_monitor_s_state_is_told(1, "down", {}, False)
            self.a_monitor_s_state_is_told(1, "up", {}, False)
        self.a_monitor_s_state_is_told(1, then, {}, True)

    def read(self, count: int) -> None:
        self.begin()
        self.life.read(count)
        self.ledger.look()

    @rule(count=st.sampled_from([1, 3, LOTS]))
    def the_flow_reads_on(self, count: int) -> None:
        self.read(count)

    @rule()
    def the_flow_writes_a_snapshot(self) -> None:
        self.life.snapshot()

    @rule(count=st.sampled_from([1, LOTS]), dies=st.sampled_from(["before", "after"]), back=st.integers(0, 2))
    def the_flow_is_killed_beside_recording(self, count: int, dies: str, back: int) -> None:
        self.begin()
        decided = self.life.decide(count)
        if dies == "after":
            self.life.record(decided)
            self.ledger.look()
        self.life.crash(back)

    @rule(how=st.sampled_from(["said", "said", "lost", "twice", "late"]))
    def timers_go_off(self, how: str) -> None:
        self.begin()
        for word in self.life.ask():
            for _ in range({"said": 1, "twice": 2}.get(how, 0)):
                self.life.say(word)
            if how == "late":
                self.life.flying.append(word)

    @precondition(lambda self: self.life.flying)
    @rule()
    def a_timer_s_word_comes_late(self) -> None:
        self.begin()
        self.life.say(self.life.flying.pop(0))

    @rule(seconds=SPANS)
    def time_passes(self, seconds: int) -> None:
        self.life.pass_time(seconds)
        self.ledger.look()

    @rule(selector=SELECTORS, begins=st.sampled_from([0, 0, 30]), minutes=st.sampled_from([1, 1, 20]))
    def somebody_silences(self, selector: str, begins: int, minutes: int) -> None:
        self.begin()
        self.ledger.silence(selector, begins * 1000, minutes * 60_000)

    @precondition(lambda self: self.ledger.holding())
    @rule(which=st.integers(0, 3))
    def a_silence_is_ended(self, which: int) -> None:
        self.begin()
        some = self.ledger.holding()
        self.ledger.end(some[which % len(some)])

    @precondition(lambda self: self.life.firing())
    @rule(which=st.integers(0, 9), deed=DEEDS)
    def somebody_does_something(self, which: int, deed: str) -> None:
        self.begin()
        some = [int(one["id"]) for one in self.life.firing()]
        self.ledger.do(deed, some[which % len(some)])

    @rule(change=st.sampled_from(CHANGES), back=st.booleans())
    def a_rule_is_changed(self, change: tuple[int, dict[str, Any]], back: bool) -> None:
        self.begin()
        place, more = change
        if place in self.life.rules:
            self.life.changed = True
            self.life.change_rule(place, {} if back else more)

    @rule(back=st.booleans())
    def a_rule_is_changed_and_the_flow_killed_that_had_just_raised_its_alert(self, back: bool) -> None:
        self.a_series_is_reported([12, 12, 12], 25, True)
        self.a_rule_is_changed(CHANGES[5], back)
        self.life.crash()

    @rule(place=st.integers(0, len(RULES) - 1))
    def a_rule_is_removed_or_made_anew(self, place: int) -> None:
        self.begin()
        self.life.changed = True
        if place in self.life.rules:
            self.life.remove_rule(place)
        else:
            self.life.make_rule(place)

    @rule(only=st.sampled_from(["", '{severity="critical"}']), grouped=st.booleans())
    def the_route_is_changed(self, only: str, grouped: bool) -> None:
        self.begin()
        self.life.route(only=only, grouped=grouped)

    @rule()
    def a_monitor_is_removed(self) -> None:
        self.begin()
        try:
            monitors.remove(self.store, self.life.account, 2)
        except NotFound:
            return
        self.life.changed = True

    @rule(which=st.integers(0, 1), moods=MOODY)
    def a_worker_works(self, which: int, moods: list[Mood]) -> None:
        self.begin()
        self.loop.run_until_complete(self.workers[which].work(moods, 3))
        self.bury()

    @rule(which=st.integers(0, 1))
    def a_worker_is_killed(self, which: int) -> None:
        self.workers[which].kill()
        self.bury()

    def bury(self) -> None:
        """Others take the places of workers that are dead; what the dead had under way may still arrive."""
        self.ledger.look()
        self.workers = [self.hire() if one.dead else one for one in self.workers]

    @precondition(lambda self: self.life.hearers.hanging)
    @rule(which=st.integers(0, 5), arrives=st.booleans())
    def a_request_that_hung_arrives_or_is_cut_off(self, which: int, arrives: bool) -> None:
        self.begin()
        self.let_go(which % len(self.life.hearers.hanging), arrives)

    def let_go(self, which: int, arrives: bool) -> None:
        self.life.hearers.hanging.pop(which).set_result(arrives)
        for worker in self.everybody:
            self.loop.run_until_complete(worker.settle())

    @invariant()
    def nothing_is_doubled_or_out_of_order(self) -> None:
        self.ledger.check_order()

    def teardown(self) -> None:
        while self.life.hearers.hanging:
            self.let_go(0, len(self.life.hearers.hanging) % 2 == 0)
        self.ledger.settle(lambda: self.loop.run_until_complete(self.workers[0].work([], 20)))
        Lives.heard += sum(map(len, self.life.hearers.books.values()))
        for worker in self.everybody:
            self.loop.run_until_complete(worker.end())


def test_whatever_happens_each_hears_once_in_order_and_nothing_is_stuck(store: Store, dsn: str) -> None:
    give_a_clock(store)
    Lives.store = Store(dsn, pool_size=4)  # with the database's own clock
    with loop() as Lives.loop:
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=int(os.environ.get("VEDETTE_TEST_LIVES", "45")),  # see also `--hypothesis-seed`
                stateful_step_count=40,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
    Lives.store.close()
    assert Lives.heard > 0  # there were lives that something could be wrong about
