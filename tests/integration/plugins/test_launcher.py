"""The launcher: nothing runs without it, nothing outlives it, and its end costs one run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from agent.plugins.instance import Instance
from agent.plugins.launcher.client import Launcher, LauncherLost
from tests.integration.plugins.house import Bench, alive, in_house, marked
from tests.integration.plugins.servers import wait_until
from tests.integration.plugins.waiting import until

ROOT = Path(__file__).parents[3]
FOREVER = "subprocess.run(['sh', '-c', 'sleep 600; :', '{mark}'])"


def test_there_is_no_process_before_the_first_run_and_none_after_the_end(tmp_path: Path) -> None:
    async def use(bench: Bench) -> int:
        assert bench.launcher.pid is None
        await bench.instance("").run()
        assert bench.launcher.pid is not None
        return bench.launcher.pid

    assert alive(in_house(tmp_path, use)) == []


def test_runs_go_on_beside_one_that_hangs(tmp_path: Path) -> None:
    async def use(bench: Bench) -> None:
        slow = asyncio.ensure_future(bench.instance("time.sleep(600)", "slow", timeout_s=60).run())
        quick = bench.instance("self.report('x', 1)", "quick")
        for _ in range(5):
            assert (await quick.run()).state == "ok"
        assert not slow.done()
        slow.cancel()

    in_house(tmp_path, use)


def test_a_run_that_is_cancelled_is_ended(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex

    async def use(bench: Bench) -> None:
        running = asyncio.ensure_future(bench.instance(FOREVER.format(mark=mark), timeout_s=60).run())
        await until(lambda: bool(marked(mark)))
        running.cancel()
        await until(lambda: not marked(mark))

    in_house(tmp_path, use)


def test_nothing_that_a_plugin_has_started_outlives_the_launcher_s_end(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex

    async def use(bench: Bench) -> None:
        running = asyncio.ensure_future(bench.instance(FOREVER.format(mark=mark), timeout_s=60).run())
        await until(lambda: bool(marked(mark)))
        bench.launcher.close()
        assert (await running).state == "failing"
        await until(lambda: not marked(mark))

    in_house(tmp_path, use)


def test_when_the_launcher_is_killed_its_runs_end_and_the_next_run_starts_another(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex

    async def use(bench: Bench) -> None:
        running = asyncio.ensure_future(bench.instance(FOREVER.format(mark=mark), "slow", timeout_s=60).run())
        await until(lambda: bool(marked(mark)))
        first = bench.launcher.pid
        os.kill(first or 0, signal.SIGKILL)
        outcome = await running
        assert outcome.state == "failing"
        assert "has ended" in (outcome.error or "")
        assert (await bench.instance("self.report('x', 1)", "quick").run()).state == "ok"
        assert bench.launcher.pid != first

    in_house(tmp_path, use)


def test_when_the_agent_is_killed_everything_it_started_ends(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    program = (
        "import asyncio, sys; from pathlib import Path; from tests.integration.plugins.house import *\n"
        f"in_house(Path({str(tmp_path)!r}), lambda b: b.instance({FOREVER.format(mark=mark)!r}, timeout_s=100).run())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as agent:
        wait_until(lambda: bool(marked(mark)))
        agent.kill()
    wait_until(lambda: not marked(mark))


def test_a_launcher_that_does_not_answer_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.plugins.launcher.client.BURIAL_S", 0.2)

    async def use(bench: Bench) -> None:
        instance = bench.instance("self.report('x', 1)", timeout_s=0.5)
        assert (await bench.instance("", "first").run()).state == "ok"
        os.kill(bench.launcher.pid or 0, signal.SIGSTOP)
        outcome = await instance.run()
        assert outcome.state == "failing"
        again = Instance(bench.instance(timeout_s=20.0).spec, bench.house)
        assert (await again.run()).state == "ok"

    in_house(tmp_path, use)


def test_an_order_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/does/not/exist")

    async def use() -> None:
        with pytest.raises(LauncherLost, match="plugins cannot be started"):
            await Launcher().run({}, timeout_s=1, memory_mb=64)

    asyncio.run(use())


def test_our_own_plugins_are_loaded_once_and_cost_less_from_then_on(tmp_path: Path) -> None:
    async def use(bench: Bench) -> tuple[list[str], list[str]]:
        instance = bench.instance(None, "page", plugin="page", kind="json", options={"command": ["echo", '{"a": 1}']})
        return (await instance.run()).modules, (await instance.run()).modules

    first, second = in_house(tmp_path, use)
    assert "vedette_plugin.http" in first
    assert "vedette_plugin.http" not in second
