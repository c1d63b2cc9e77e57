"""The supervisor: starts in order, waits until all serve, restarts, stops everything."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch.up.child import ChildSpec
from launch.up.supervisor import Supervisor
from vedette.clock import FakeClock
from vedette.errors import Unavailable

FOREVER = "import signal; print('up', flush=True); signal.pause()"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def supervisor(clock: FakeClock, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """Its waits move the fake clock instead of taking time."""
    found = Supervisor(clock, said.append)
    wait = found._stopping.wait

    def pass_time(seconds: float) -> bool:
        clock.advance(seconds)
        return wait(0)

    monkeypatch.setattr(found._stopping, "wait", pass_time)
    yield found
    found.stop()


def spec(folder: Path, name: str, program: str = FOREVER, ready: Callable[[], bool] = lambda: True) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", program], {}, folder / f"{name}.log", ready=ready)


def test_children_start_and_all_are_stopped(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(spec(tmp_path, "gateway"), spec(tmp_path, "agent"))
    supervisor.wait_ready(1)
    assert [child.alive for child in supervisor.children] == [True, True]
    supervisor.stop()
    assert [child.alive for child in supervisor.children] == [False, False]
    assert supervisor.stopping()


def test_waiting_ends_when_every_child_serves(supervisor: Supervisor, tmp_path: Path, clock: FakeClock) -> None:
    answers = iter([False, False, True])
    supervisor.start(spec(tmp_path, "gateway", ready=lambda: next(answers)))
    supervisor.wait_ready(10)
    assert clock.monotonic() == pytest.approx(0.2)


def test_a_child_that_never_serves_is_named_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(spec(tmp_path, "gateway", "print('no such table', flush=True)", ready=lambda: False))
    process = supervisor.children[0].process
    assert process is not None
    process.wait(30)
    with pytest.raises(Unavailable, match=r"(?s)gateway does not start.*no such table"):
        supervisor.wait_ready(0.1)


def test_waiting_ends_at_once_when_a_stop_is_asked_for(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(spec(tmp_path, "gateway", ready=lambda: False))
    supervisor._on_signal(signal.SIGTERM, None)
    supervisor.wait_ready(1e9)


def test_a_child_that_dies_is_started_again_and_it_is_said(
    supervisor: Supervisor, tmp_path: Path, said: list[str], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.start(spec(tmp_path, "probe"))
    child = supervisor.children[0]
    first = child.process
    assert first is not None
    first.kill()
    first.wait(30)
    monkeypatch.setattr(supervisor, "_say", lambda news: (said.append(news), len(said) == 2 and supervisor.stop()))
    supervisor.run()
    assert said == ["probe ended (signal SIGKILL); it starts again in 0.2 s", "probe runs again"]
    assert child.process is not first


def test_the_database_goes_last_and_the_senders_go_first(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("postgres", "gateway", "flow-rollup", "agent", "probe"):
        supervisor.start(spec(tmp_path, name))
    order: list[str] = []
    for child in supervisor.children:
        end = child.end
        monkeypatch.setattr(
            child, "end", lambda timeout, name=child.spec.name, end=end: (order.append(name), end(timeout))
        )
    supervisor.stop()
    assert set(order[:2]) == {"agent", "probe"}
    assert order[-1] == "postgres"
    assert len(order) == 5


def test_signals_ask_for_a_stop(supervisor: Supervisor) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        supervisor.take_signals()
        assert not supervisor.stopping()
        signal.raise_signal(signal.SIGTERM)
        assert supervisor.stopping()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert threading.current_thread() is threading.main_thread()
