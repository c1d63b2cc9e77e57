"""A child: started again with back-off, stopped in time. Time is an argument, so no test waits for it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from launch.up.child import FIRST_WAIT_S, LONGEST_WAIT_S, STEADY_S, Child, ChildSpec


def child(folder: Path, program: str, **fields: object) -> Child:
    command = [sys.executable, "-c", program]
    return Child(ChildSpec("worker", command, {}, folder / "out" / "worker.log", **fields))  # type: ignore[arg-type]


FOREVER = "import time; print('ready', flush=True); time.sleep(600)"


def ended(started: Child) -> Child:
    assert started.process is not None
    started.process.wait(30)
    return started


def test_a_child_that_runs_is_left_alone(tmp_path: Path) -> None:
    running = child(tmp_path, FOREVER)
    running.start(0)
    try:
        assert running.alive
        assert running.watch(1000) is None
        assert running.restarts == 0
    finally:
        running.ask_to_stop()
        running.end(30)
    assert not running.alive


def test_a_child_that_was_never_started_has_nothing_to_watch_or_stop(tmp_path: Path) -> None:
    idle = child(tmp_path, FOREVER)
    assert idle.watch(0) is None
    assert not idle.alive
    idle.ask_to_stop()
    idle.end(0)


def test_a_child_that_dies_starts_again_after_its_wait_and_not_before(tmp_path: Path) -> None:
    dying = child(tmp_path, "raise SystemExit(3)")
    dying.start(0)
    assert ended(dying).watch(1.0) == f"worker ended (exit code 3); it starts again in {FIRST_WAIT_S:g} s"
    assert dying.watch(1.0 + FIRST_WAIT_S - 0.01) is None
    assert dying.watch(1.0 + FIRST_WAIT_S) == "worker runs again"
    assert dying.restarts == 1
    ended(dying)


def test_waits_double_up_to_the_longest(tmp_path: Path) -> None:
    dying, now, waits = child(tmp_path, "raise SystemExit(1)"), 0.0, []
    dying.spec.command[:] = ["/bin/false"]
    dying.start(now)
    for _ in range(8):
        news = ended(dying).watch(now)
        assert news is not None
        waits.append(float(news.split()[-2]))
        now += waits[-1]
        dying.watch(now)
    ended(dying)
    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_WAIT_S, LONGEST_WAIT_S])


def test_a_steady_run_makes_the_next_death_a_first_one(tmp_path: Path) -> None:
    dying, now = child(tmp_path, ""), 0.0
    dying.spec.command[:] = ["/bin/false"]
    dying.start(now)
    for steady, wait in ((0.0, 0.2), (STEADY_S - 0.1, 0.4), (STEADY_S, 0.2), (0.0, 0.4)):
        now += steady
        assert f"in {wait:g} s" in (ended(dying).watch(now) or "")
        now += wait
        dying.watch(now)
    ended(dying)


@pytest.mark.parametrize(("number", "name"), [(signal.SIGKILL, "SIGKILL"), (40, "signal 40")])
def test_a_death_by_a_signal_is_named(tmp_path: Path, number: int, name: str) -> None:
    dying = child(tmp_path, f"import os; os.kill(os.getpid(), {int(number)})")
    dying.start(0)
    assert name in (ended(dying).watch(1) or "")


def test_a_program_that_cannot_be_started_again_is_tried_later(tmp_path: Path) -> None:
    dying = child(tmp_path, "raise SystemExit(1)")
    dying.start(0)
    ended(dying).watch(0)
    program = dying.spec.command[0]
    dying.spec.command[0] = str(tmp_path / "gone")
    assert "cannot start" in (dying.watch(100) or "")
    dying.spec.command[0] = program
    assert dying.watch(100) is None
    assert dying.watch(200) == "worker runs again"
    ended(dying)


def test_output_is_appended_and_its_end_can_be_read(tmp_path: Path) -> None:
    talking = child(tmp_path, "import sys; print('first'); sys.stderr.write('second\\n')")
    assert talking.last_words() == ""
    for _ in range(2):
        talking.start(0)
        ended(talking)
    assert sorted(talking.last_words().split()) == ["first", "first", "second", "second"]


def test_last_words_are_short(tmp_path: Path) -> None:
    talking = child(tmp_path, "print('x' * 5000 + 'end')")
    talking.start(0)
    ended(talking)
    assert len(talking.last_words()) == 2000
    assert talking.last_words().endswith("end\n")


def test_a_child_is_asked_to_end_by_its_own_signal(tmp_path: Path) -> None:
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, lambda *a: sys.exit(7));"
        "print('ready', flush=True); signal.pause()"
    )
    polite = child(tmp_path, program, stop_signal=signal.SIGINT)
    polite.start(0)
    while "ready" not in polite.last_words():
        assert polite.alive
    polite.ask_to_stop()
    polite.end(30)
    assert polite.process is not None
    assert polite.process.returncode == 7


def test_a_child_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    program = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('ready', flush=True)\nwhile True: signal.pause()"
    )
    stubborn = child(tmp_path, program)
    stubborn.start(0)
    while "ready" not in stubborn.last_words():
        assert stubborn.alive
    stubborn.ask_to_stop()
    stubborn.end(0.05)
    assert stubborn.process is not None
    assert stubborn.process.returncode == -signal.SIGKILL


def test_a_child_gets_its_variables_and_a_session_of_its_own(tmp_path: Path) -> None:
    asking = child(tmp_path, "import os; print(os.environ['VEDETTE_X'], os.getsid(0), os.environ['PATH'] != '')")
    asking.spec.env["VEDETTE_X"] = "here"
    asking.start(0)
    ended(asking)
    word, session, path = asking.last_words().split()
    assert (word, path) == ("here", "True")
    assert int(session) != os.getsid(0)
