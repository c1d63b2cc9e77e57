"""A round: a collector that raises or hangs costs only itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from structlog.testing import capture_logs

from agent.collectors import Collector, Group
from agent.rounds import Rounds, in_thread
from vedette.clock import FakeClock, SystemClock

Call = Callable[[], list[Group]]


class Fake:
    """Yields one value, or raises; counts how often it was asked."""

    def __init__(self, name: str, error: BaseException | None = None) -> None:
        self.name = name
        self.error = error
        self.asked: list[float] = []

    def collect(self, at: float) -> list[Group]:
        self.asked.append(at)
        if self.error is not None:
            raise self.error
        return [Group({self.name: float(len(self.asked))})]


class Hanging(Fake):
    """Does not return before `free` is set."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.free = threading.Event()

    def collect(self, at: float) -> list[Group]:
        assert self.free.wait(10)
        return super().collect(at)


def at_once(call: Call) -> Future[list[Group]]:
    """Runs `call` where it stands, as a thread would."""
    future: Future[list[Group]] = Future()
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - like the real one
        future.set_exception(error)
    return future


def names(rounds: Rounds) -> list[str]:
    return [name for group in asyncio.run(rounds.collect()) for name in group.values]


def rounds_of(*collectors: Collector) -> Rounds:
    return Rounds(collectors, FakeClock(), limit_s=10.0, start=at_once)


def test_groups_come_in_the_order_of_the_collectors() -> None:
    assert names(rounds_of(Fake("a"), Fake("b"), Fake("c"))) == ["a", "b", "c"]


def test_all_collectors_are_told_the_same_time() -> None:
    one, two = Fake("a"), Fake("b")
    names(rounds_of(one, two))
    assert one.asked == two.asked == [0.0]


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), MemoryError()])
def test_a_collector_that_raises_costs_only_its_own_groups(error: Exception) -> None:
    rounds = rounds_of(Fake("a"), Fake("bad", error), Fake("c"))
    with capture_logs() as logs:
        assert names(rounds) == ["a", "c"]
    assert [(entry["event"], entry["collector"]) for entry in logs] == [("collector_failed", "bad")]
    assert rounds.errors == 1


def test_a_collector_that_raised_is_asked_again_in_the_next_round() -> None:
    bad = Fake("bad", OSError("for now"))
    rounds = rounds_of(bad)
    names(rounds)
    bad.error = None
    assert names(rounds) == ["bad"]
    assert rounds.errors == 1


def test_a_collector_that_hangs_costs_only_its_own_groups_until_it_returns() -> None:
    started: list[Future[list[Group]]] = []

    def start(call: Call) -> Future[list[Group]]:
        if len(started) == 1:  # the second one, in the first round
            started.append(Future())
            return started[-1]
        started.append(at_once(call))
        return started[-1]

    clock = FakeClock()
    slow = Fake("slow")
    rounds = Rounds([Fake("a"), slow, Fake("c")], clock, limit_s=10.0, start=start)
    assert names(rounds) == ["a", "c"]
    assert clock.monotonic() == 10.0
    assert names(rounds) == ["a", "c"]
    assert clock.monotonic() == 10.0, "the second round does not wait for it again"
    assert (rounds.errors, slow.asked) == (2, [])
    started[1].set_result([Group({"late": 1.0})])
    assert names(rounds) == ["a", "slow", "c"], "what came too late is not reported as new"
    assert rounds.errors == 2


def test_a_round_may_be_given_less_time() -> None:
    clock = FakeClock()
    rounds = Rounds([Fake("a")], clock, limit_s=10.0, start=lambda call: Future())
    assert asyncio.run(rounds.collect(1.0)) == []
    assert clock.monotonic() == 1.0


def test_real_threads_hang_alone_and_do_not_keep_the_process_alive() -> None:
    hanging = Hanging("slow")
    rounds = Rounds([Fake("a"), hanging, Fake("c", OSError())], SystemClock(), limit_s=0.05)
    try:
        assert names(rounds) == ["a"]
        assert names(rounds) == ["a"]
        assert rounds.errors == 4
        assert all(thread.daemon for thread in threading.enumerate() if thread.name == "collector")
    finally:
        hanging.free.set()


def test_a_thread_that_cannot_be_started_is_a_failed_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert isinstance(in_thread(list).exception(), RuntimeError)


def test_a_thread_s_answer_reaches_the_round() -> None:
    assert in_thread(lambda: [Group({"a": 1.0})]).result(10) == [Group({"a": 1.0})]
