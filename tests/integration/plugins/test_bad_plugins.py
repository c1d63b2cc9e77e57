"""Plugins that misbehave, as real processes: bounded, told in their state, and nothing left of them."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path

import pytest

from agent.plugins.outcome import Outcome
from tests.integration.plugins.house import Bench, in_house, marked, outcome_of
from tests.integration.plugins.servers import wait_until
from tests.patience import PATIENCE_S


def test_a_plugin_that_hangs_is_ended_at_its_time(tmp_path: Path) -> None:
    began = time.monotonic()
    outcome = outcome_of(tmp_path, "time.sleep(600)", timeout_s=0.5)
    assert outcome.state == "timeout"
    assert "longer than 0.5 s" in (outcome.error or "")
    assert time.monotonic() - began < 20


def test_one_that_hangs_in_a_loop_and_ignores_signals_is_ended_too(tmp_path: Path) -> None:
    body = """
    import signal
    for number in range(1, 32):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True: pass
    """
    assert outcome_of(tmp_path, body, timeout_s=0.5).state == "timeout"


def test_what_a_plugin_has_started_ends_with_it(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    outcome = outcome_of(tmp_path, f"subprocess.run(['sh', '-c', 'sleep 600; :', '{mark}'])", timeout_s=1.0)
    assert outcome.state == "timeout"
    wait_until(lambda: not marked(mark))


@pytest.mark.parametrize("after", ["", "time.sleep(600)"])
def test_a_daemon_that_leaves_its_group_and_its_parent_is_found(tmp_path: Path, after: str) -> None:
    """It forks twice and has a session of its own, so that no group or parent leads to it any more."""
    mark = uuid.uuid4().hex
    body = f"""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp('sh', ['sh', '-c', 'sleep 600; :', '{mark}'])
        os._exit(0)
    os.wait()
    {after}
    """

    async def use(bench: Bench) -> Outcome:
        outcome = await bench.instance(body, timeout_s=2.0).run()
        deadline = time.monotonic() + PATIENCE_S
        while marked(mark):  # while the launcher lives
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        return outcome

    assert in_house(tmp_path, use).state == ("timeout" if after else "ok")


def test_a_fork_bomb_is_ended_when_it_has_too_many_processes(tmp_path: Path) -> None:
    body = "for _ in range(200): subprocess.Popen(['sleep', '600'])\ntime.sleep(600)"
    outcome = outcome_of(tmp_path, body, timeout_s=60.0)
    assert outcome.state == "failing"
    assert "more than 64 processes" in (outcome.error or "")


def test_megabytes_of_prints_end_the_run(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "while True: print('x' * 100000)", timeout_s=60.0)
    assert outcome.state == "failing"
    assert "printed more than 1048576 bytes" in (outcome.error or "")
    assert len(outcome.error or "") <= 2000


def test_prints_within_bounds_are_no_fault_and_no_values(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, 'print(\'{"values": [["x", "1", "gauge", {}]]}\')\nself.report(\'y\', 1)')
    assert outcome.state == "ok"
    assert outcome.values == {'tried.y{instance="tried"}': 1.0}
    assert "values" in outcome.noise


def test_a_large_answer_ends_the_run(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "self.alert('x', 'y' * 3_000_000)", timeout_s=60.0)
    assert outcome.state == "failing"
    assert "answered more than" in (outcome.error or "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("os._exit(77)", "with code 77"),
        ("sys.exit(3)", "SystemExit: 3"),
        ("os.kill(os.getpid(), 11)", "by signal 11"),
        ("os.write(3, b'garbage'); os._exit(0)", "without a good answer"),
        ("os.close(3)", "without a good answer"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("self.option('none')", "KeyError"),
        ("self.remember('x', object())", "not JSON serializable"),
        ("sys.setrecursionlimit(10**6)\nf = lambda: f()\nf()", ""),
    ],
)
def test_garbage_at_the_end_is_told(tmp_path: Path, body: str, told: str) -> None:
    outcome = outcome_of(tmp_path, f"self.report('x', 1)\n{body}")
    assert outcome.state == "failing"
    assert told in (outcome.error or "")
    assert outcome.values == {}


def test_a_plugin_that_takes_memory_gets_no_more_than_its_share(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "self.kept = bytearray(500 << 20)", memory_mb=64)
    assert outcome.state == "failing"
    assert "memory" in (outcome.error or "")


def test_memory_that_many_processes_take_together_counts_too(tmp_path: Path) -> None:
    grown = "x = bytearray(40 << 20); x[::4096] = b'y' * len(x[::4096]); import time; time.sleep(600)"
    body = f"for _ in range(4): subprocess.Popen(['python3', '-c', {grown!r}])\ntime.sleep(600)"
    outcome = outcome_of(tmp_path, body, memory_mb=100, timeout_s=60.0)
    assert outcome.state == "failing"
    assert "held more than 100 MB" in (outcome.error or "")


def test_nan_and_bad_names_are_refused_one_by_one(tmp_path: Path) -> None:
    body = """
    self.report('a', float('nan'))
    self.report('b', float('inf'))
    self.report('bad name', 1)
    self.report('good', 1)
    """
    outcome = outcome_of(tmp_path, body)
    assert outcome.state == "ok"
    assert outcome.values == {'tried.good{instance="tried"}': 1.0}
    for told in ("a: a finite number", "b: a finite number", "bad name: "):
        assert told in (outcome.error or "")


def test_a_series_bomb_is_held_and_says_so(tmp_path: Path) -> None:
    async def use(bench: Bench) -> tuple[list[str], int]:
        instance = bench.instance("for n in range(10): self.report(f'x{time.time_ns()}', n)", max_series=10)
        states = [(await instance.run()).state for _ in range(6)]
        assert "named more than 40 series in a day" in (instance.state.error or "")
        return states, len({name for group, _ in bench.delivered for name in group.values if "tried.x" in name})

    states, series = in_house(tmp_path, use)
    assert states == ["ok"] * 4 + ["disabled"] * 2
    assert series == 40


def test_many_series_in_one_run_are_cut(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "for n in range(100_000): self.report(f'x{n}', n)", max_series=10)
    assert len(outcome.values) == 10
    assert "only 10 series are taken" in (outcome.error or "")


def test_secrets_that_a_plugin_writes_everywhere_are_masked(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2-s3cret\n")
    body = """
    secret = self.option('password')
    assert secret == 'hunter2-s3cret', secret
    print(secret)
    print(secret, file=sys.stderr)
    self.report('x', 1, where=secret)
    self.report(secret.replace('-', '_'), 2)
    self.alert('it is ' + secret, secret)
    self.error(secret, secret)
    """
    outcome = outcome_of(tmp_path, body, options={"password": f"${{file:{tmp_path}/pw}}"})
    told = repr((outcome.values, outcome.alerts, outcome.error, outcome.noise))
    assert "hunter2-s3cret" not in told
    assert outcome.alerts == [("it is ***", "***")]
    assert outcome.noise == "***\n***"
    failing = outcome_of(
        tmp_path, "raise ValueError(self.option('text'))", options={"text": f"${{file:{tmp_path}/pw}}"}
    )
    assert failing.state == "failing"
    assert "hunter2" not in (failing.error or "")


def test_the_environment_and_the_descriptors_of_the_agent_stay_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEDETTE_TOKEN", "vdt_secret")
    body = """
    self.alert(','.join(sorted(os.environ)), ','.join(sorted(os.listdir('/proc/self/fd'), key=int)))
    self.report('nice', os.nice(0))
    self.report('leader', os.getpid() == os.getpgrp() == os.getsid(0))
    self.report('input', len(sys.stdin.read()))
    """
    outcome = outcome_of(tmp_path, body)
    [(names, descriptors)] = outcome.alerts
    assert "VEDETTE" not in names
    assert "PATH" in names
    assert descriptors == "0,1,2,3,4", "4 is the listing itself"
    values = {name.partition("{")[0]: value for name, value in outcome.values.items()}
    assert values.pop("tried.nice") >= 10
    assert values == {"tried.leader": 1.0, "tried.input": 0.0}
