"""Series of one host come together by window, whatever reports they come in, and however these are split."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.expressions.test_grouping import question
from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.events.signals import Signal
from vedette.expressions.grouping import MOST_READINGS, MOST_SERIES
from vedette.windows.joining import Finding, Joined
from vedette.windows.rollup import RollupConfig, RollupShard

ASKED = question("a / b > 2", within_s=30)
PER = question("a / b > 2", per=["x"])
FEW = question('count({__name__=~"a|b"}) < 4', within_s=30)
S10 = 10_000


def shut(window: int) -> bool:
    return True


def ajar(window: int) -> bool:
    return False


def look(joined: Joined, window: int, closed: Callable[[int], bool] = ajar, **values: float) -> list[Finding]:
    joined.take(window, {name: (window + 3_000, value) for name, value in values.items()})
    return list(joined.look(ASKED, closed))


def test_a_window_is_looked_at_when_all_has_come_that_is_expected() -> None:
    joined = Joined()
    assert look(joined, 0, a=9) == [], "nothing is known yet of what else comes"
    (first,) = look(joined, 0, shut, b=3)
    assert (first.holds, first.value, first.at, first.readings) == (True, 3.0, 3_000, "a 9, b 3")
    assert look(joined, S10, a=4) == []
    (second,) = look(joined, S10, b=4)
    assert (second.holds, second.value) == (False, 1.0)


def test_what_does_not_come_is_waited_for_until_the_window_is_closed_and_then_its_last_value_counts() -> None:
    joined = Joined()
    look(joined, 0, shut, a=9, b=3)
    assert look(joined, S10, a=1) == []
    assert look(joined, 2 * S10, a=30) == []
    found = look(joined, 3 * S10, lambda window: window <= 2 * S10, a=60)
    assert [(one.at, one.value) for one in found] == [(13_000, 1 / 3), (23_000, 10.0)]
    (last,) = joined.look(ASKED, shut)
    assert last.value == 20.0
    (gone,) = look(joined, 4 * S10, a=90)
    assert (gone.holds, gone.why) == (None, "there is no value of b"), "it came more than 30 s ago"


def test_an_older_window_than_was_looked_at_changes_nothing() -> None:
    joined = Joined()
    look(joined, S10, shut, a=9, b=3)
    assert look(joined, 0, shut, a=1, b=1) == []
    assert look(joined, S10, a=3) == [], "new values are not mixed with older ones of the window"
    assert look(joined, S10, b=1)[0].value == 3.0, "the same window is looked at again"
    assert look(joined, S10, shut, a=4)[0].value == 4.0


def test_after_a_silence_a_window_waits_until_it_is_closed() -> None:
    joined = Joined()
    look(joined, 0, shut, a=9, b=3)
    assert look(joined, 4 * S10, a=9) == []
    (found,) = look(joined, 4 * S10, shut, b=3)
    assert found.holds is True


def test_that_nothing_is_known_is_news_once_after_it_was_known() -> None:
    joined, news = Joined(), []
    for window, values in enumerate([{"a": 1.0}, {"a": 9.0, "b": 3.0}, {"a": 1.0, "b": 0.0}, {"a": 1.0, "b": 0.0}]):
        joined.take(window * S10, {name: (window * S10, value) for name, value in values.items()})
        for finding in joined.look(ASKED, shut):
            if joined.is_news(finding):
                signal = finding.signal(7, "web", ASKED)
                news.append((signal.at, signal.state, signal.detail))
    assert news == [
        (10_000, "true", {"readings": "a 9, b 3"}),
        (20_000, "unknown", {"why": "division by zero in a / b"}),
    ]


def test_a_combination_whose_series_have_gone_is_told_once_and_forgotten() -> None:
    pods, joined, news = question("cpu > 0.5", per=["pod"], within_s=30), Joined(), []
    for window in range(50):
        at = window * S10
        joined.take(at, {f'cpu{{pod="{window}"}}': (at, 1.0)})
        news += [finding for finding in joined.look(pods, shut) if joined.is_news(finding)]
        assert len(joined.told) <= 4
    ends = [(one.labels, one.at, one.why) for one in news if one.holds is None]
    why = "no series with these labels came for 30 s"
    assert ends == [((("pod", str(pod)),), (pod + 4) * S10, why) for pod in range(46)]


def test_more_series_than_can_be_joined_are_not_joined() -> None:
    many = question("sum(a) > 2")
    joined = Joined()
    joined.take(0, {f'a{{n="{n}"}}': (0, 1.0) for n in range(MOST_SERIES)})
    assert [one.holds for one in joined.look(many, shut)] == [True]
    joined.take(S10, {f'a{{n="{n}"}}': (S10, 1.0) for n in range(MOST_SERIES + 1)})
    (found,) = joined.look(many, ajar)
    assert (found.holds, found.why) == (None, f"it is about more than {MOST_SERIES} series of the source")


def test_more_values_than_can_be_read_are_not_read_and_what_was_known_is_no_more() -> None:
    every = question('g > 1 and count({__name__!="g"}) > 0', per=["m"])
    joined, found = Joined(), []
    for window, many in enumerate((1, MOST_READINGS // 100)):
        names = [f'g{{m="{n}"}}' for n in range(100)] + [f"s{n}" for n in range(many)]
        joined.take(window * S10, dict.fromkeys(names, (window * S10, 2.0)))
        found.append([one for one in joined.look(every, shut) if joined.is_news(one)])
    assert [(len(some), {one.holds for one in some}) for some in found] == [(100, {True}), (100, {None})]
    assert {one.why.partition(" values")[0] for one in found[1]} == {f"it reads more than {MOST_READINGS}"}


Step = tuple[str, int, float]
"""Layout, when it came after the window's begin (ms), value."""
CONFIG = RollupConfig(flush_ms=0)
LAYOUTS = {"one": ["a", 'a{x="1"}', "c"], "other": ["b", 'b{x="1"}'], "more": ["b", "a"]}


def reports(life: list[list[Step]]) -> list[PackedSamples]:
    """Windows of 10 s in their order, each with reports in the order of their times."""
    packer, found, seq = Packer(), [], 0
    for window, steps in enumerate(life):
        for layout, after, value in sorted(steps, key=lambda step: step[1]):
            seq += 1
            values = {name: value + at for at, name in enumerate(LAYOUTS[layout])}
            ts = 1_700_000_000_000 + window * S10 + after
            batch = SampleBatch("web", 1, seq, ts, values, interval_ms=S10)
            found.append(packer.pack(batch, 7))
    closing = SampleBatch("web", 1, seq + 1, 1_700_000_000_000 + (len(life) + 2) * S10, {"z": 0.0}, interval_ms=S10)
    return [*found, packer.pack(closing, 7)]


def run(messages: list[PackedSamples], flushes: list[bool], restarts: bool) -> list[Signal]:
    shard, found = RollupShard(CONFIG), list[Signal]()
    for message, flush in zip(messages, flushes, strict=True):
        shard.fold([(message.ts, message)])
        if flush:
            found += shard.flush(message.ts, None, lambda account: [ASKED, PER, FEW]).signals
        if flush and restarts:
            shard = pickle.loads(pickle.dumps(shard))
            shard.resume(CONFIG, message.ts)
    end = shard.flush(1_700_001_000_000, None, lambda account: [ASKED, PER, FEW], last=True)
    return [one for one in [*found, *end.signals] if one.kind == "expression"]


def test_what_is_asked_no_more_after_a_restart_is_forgotten() -> None:
    *messages, _ = reports([[("one", 1_000, 9.0), ("other", 1_500, 2.0)], [("one", 1_000, 9.0)]])
    shard = RollupShard(CONFIG)
    shard.fold([(one.ts, one) for one in messages])
    shard.flush(messages[-1].ts, None, lambda account: [FEW])
    shard = pickle.loads(pickle.dumps(shard))
    shard.resume(CONFIG, messages[-1].ts)
    packer, found = Packer(), list[Signal]()
    for seq, asked in ((8, []), (9, [FEW])):
        ts = messages[-1].ts + seq * S10
        message = packer.pack(SampleBatch("web", 1, seq, ts, {"a": 1.0}, interval_ms=S10), 7)
        shard.fold([(ts, message)])
        found += shard.flush(ts, None, lambda account, asked=asked: asked).signals
    assert not [one for one in found if one.kind == "expression"], "windows of another time say nothing"


def by_window(signals: list[Signal]) -> dict[tuple[str, int], tuple[str, float]]:
    """The last word on each window. That nothing is known is not said of what never was."""
    return {(one.subject, one.at // S10): (one.state, one.value) for one in signals if one.state != "unknown"}


steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(LAYOUTS)), st.sampled_from([1_000, 1_500, 4_000]), st.sampled_from([0.0, 2.0, 9.0])
    ),
    max_size=3,
    unique_by=lambda step: step[0],
)


flushing = st.lists(st.booleans(), min_size=25, max_size=25)


@given(st.lists(steps, min_size=1, max_size=8), flushing, st.booleans())
def test_flushes_and_restarts_between_reports_change_nothing(
    life: list[list[Step]], flushes: list[bool], restarts: bool
) -> None:
    messages = reports(life)
    whole = by_window(run(messages, [False] * len(messages), restarts=False))
    split = by_window(run(messages, flushes[: len(messages)], restarts))
    assert {key for key in whole if key in split} == set(whole)
    assert whole == {key: split[key] for key in whole}


after = st.sampled_from([1_000, 1_500, 4_000])
together = st.lists(st.one_of(st.none(), st.tuples(after, after, st.sampled_from([0.0, 2.0, 9.0]))), max_size=8)
"""Of two reports in each window, when they come and a value; None is a silence."""


@given(together, flushing, st.booleans())
def test_where_the_same_series_come_in_each_window_all_that_is_said_is_the_same(
    life: list[tuple[int, int, float] | None], flushes: list[bool], restarts: bool
) -> None:
    told = [[] if one is None else [("one", one[0], 9.0), ("other", one[1], one[2])] for one in life]
    messages = reports(told)
    whole, split = (run(messages, some, restarts) for some in ([False] * len(messages), flushes[: len(messages)]))
    assert said(whole) == said(split)


def said(signals: list[Signal]) -> list[tuple[str, int, str, float | None]]:
    return sorted((one.subject, one.at, one.state, one.value) for one in signals)
