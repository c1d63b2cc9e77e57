"""The agent with plugins, as a process: what they report arrives once, and they cost nothing while there are none."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.integration.agent.gateway import Gateway, free_port
from tests.integration.agent.test_agent import WAIT_S, agent, wait_for
from tests.integration.plugins.house import BEGINNING, alive
from tests.integration.plugins.servers import wait_until
from vedette.events.samples import SampleBatch

BODY = """        runs = self.memory("runs", 0) + 1
        self.remember("runs", runs)
        self.counter("runs", runs)
"""


def installed(folder: Path) -> str:
    plugins = folder / "plugins.d"
    plugins.mkdir()
    (plugins / "counting.py").write_text(BEGINNING + BODY)
    (plugins / "counting.toml").write_text("interval_s = 1")
    (plugins / "hanging.py").write_text(BEGINNING + "        time.sleep(600)\n")
    (plugins / "hanging.toml").write_text("interval_s = 1\ntimeout_s = 0.5")
    return str(plugins)


def kept(spool: Path) -> bytes:
    """What the counting plugin remembers."""
    path = spool / "plugins" / "counting.json"
    return path.read_bytes() if path.exists() else b""


def of(batches: list[SampleBatch], series: str) -> list[SampleBatch]:
    """The batches with a series, each once."""
    return list({(b.epoch, b.seq): b for b in batches if series in b.values}.values())


def test_a_plugin_s_runs_arrive_once_each_in_order_also_across_kill_9(tmp_path: Path) -> None:
    plugins, spool = installed(tmp_path), tmp_path / "spool"
    name = 'counting.runs{instance="counting"}'
    with agent(spool, url=f"http://127.0.0.1:{free_port()}", plugins=plugins) as process:
        wait_until(lambda: b'"runs":3' in kept(spool))
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(WAIT_S)
    with Gateway() as gateway, agent(spool, url=gateway.url, plugins=plugins) as process:
        wait_until(lambda: len({batch.epoch for batch in of(list(gateway.batches), name)}) == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    assert alive(*(child.pid for child in children)) == []
    batches = of(gateway.batches, name)
    runs = [batch.values[name] for batch in batches]
    assert len({batch.epoch for batch in batches}) == 2
    # A run that was spooled just before the kill may be remembered or not: then its number comes again, a counter's
    # standstill, never a gap.
    assert runs == sorted(runs)
    assert set(runs) == set(map(float, range(1, int(max(runs)) + 1)))
    assert {batch.kinds[name] for batch in batches} == {"counter"}
    for epoch in {batch.epoch for batch in gateway.batches}:
        numbers = sorted({batch.seq for batch in gateway.batches if batch.epoch == epoch})
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        times = {batch.seq: batch.ts for batch in gateway.batches if batch.epoch == epoch}
        assert [times[seq] for seq in numbers] == sorted(times.values())


def test_a_plugin_that_hangs_is_told_and_the_host_s_own_values_go_on(tmp_path: Path) -> None:
    with (
        Gateway(wanted=80) as gateway,
        agent(tmp_path / "spool", url=gateway.url, plugins=installed(tmp_path)) as process,
    ):
        line = wait_for(process, "plugin_state")
        assert gateway.enough.wait(WAIT_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    assert '"timeout"' in line
    ups = of(gateway.batches, 'plugin.up{plugin="hanging"}')
    assert {batch.values['plugin.up{plugin="hanging"}'] for batch in ups} == {0.0}
    assert {batch.interval_ms for batch in ups} == {1000}
    assert len(of(gateway.batches, "cpu.used_ratio")) >= 3


def test_without_plugins_nothing_of_them_is_loaded() -> None:
    program = (
        "import sys; import launch.main; from agent.main import main; from agent.plugins.opening import Plugins\n"
        "print([name for name in sys.modules"
        " if name.startswith(('agent.plugins.', 'cryptography', 'nacl', 'tomllib'))])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "['agent.plugins.opening']"


def test_the_agent_itself_never_loads_a_plugin_or_the_library_for_signatures() -> None:
    program = (
        "import sys; import agent.plugins.book\n"
        "print([name for name in sys.modules if name.startswith(('agent.plugins.native.', 'agent.plugins.kinds.',"
        " 'vedette_plugin', 'cryptography', 'nacl'))])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
