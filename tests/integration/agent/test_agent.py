"""The agent as a process: nothing is lost and nothing reordered, whatever happens around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.agent.gateway import Gateway, free_port
from tests.patience import PATIENCE_S
from vedette.events.codec import decode_packed
from vedette.events.samples import SampleBatch
from vedette.events.topics import SAMPLES
from vedette.log import open_log
from vedette.settings import LogSettings

_AGENT = "from agent.main import main; from vedette.settings import AgentSettings; main(AgentSettings.load())"
WAIT_S = PATIENCE_S


@contextmanager
def agent(spool: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A running agent that reports each second; killed at the end if it still runs."""
    given = {"spool": str(spool), "source": "web-1", "interval_s": "1", "token": "vdt_x", "log_format": "json"}
    variables = {f"VEDETTE_{name.upper()}": value for name, value in (given | settings).items()}
    with subprocess.Popen(
        [sys.executable, "-c", _AGENT], env=os.environ | variables, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], event: str) -> str:
    """Read the agent's log up to an event of this name."""
    assert process.stderr is not None
    for line in process.stderr:
        if f'"event": "{event}"' in line:
            return line
    raise AssertionError(f"the agent ended without {event}")


def by_epoch(batches: list[SampleBatch]) -> dict[int, list[int]]:
    """The numbers of each epoch in the order they came, each once.

    A signal may cut a request off before its answer; it is then sent again, and dropped by the rollup as here.
    """
    found: dict[int, dict[int, None]] = {}
    for batch in batches:
        found.setdefault(batch.epoch, {})[batch.seq] = None
    return {epoch: list(numbers) for epoch, numbers in found.items()}


def test_while_the_gateway_is_away_nothing_is_lost_and_nothing_reordered(tmp_path: Path) -> None:
    port = free_port()
    with agent(tmp_path, url=f"http://127.0.0.1:{port}") as process:
        wait_for(process, "report_failed")
        wait_for(process, "report_failed")
        with Gateway(port, wanted=60) as gateway:
            assert gateway.enough.wait(WAIT_S)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0
    [numbers] = by_epoch(gateway.batches).values()
    assert numbers == list(range(1, len(numbers) + 1))
    times = {batch.seq: batch.ts for batch in gateway.batches}
    assert [times[seq] for seq in numbers] == sorted(times.values())
    assert {batch.source for batch in gateway.batches} == {"web-1"}
    names = {name.partition("{")[0] for batch in gateway.batches for name in batch.values}
    assert {"cpu.used_ratio", "memory.total_bytes", "process.count", "agent.cpu_ratio"} <= names


def test_after_kill_9_the_next_agent_sends_what_was_spooled_first_and_under_a_new_epoch(tmp_path: Path) -> None:
    with agent(tmp_path, url=f"http://127.0.0.1:{free_port()}") as process:
        wait_for(process, "report_failed")
        wait_for(process, "report_failed")
        process.kill()
        process.wait(WAIT_S)
    with Gateway(wanted=60) as gateway, agent(tmp_path, url=gateway.url) as process:
        assert gateway.enough.wait(WAIT_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    epochs = by_epoch(gateway.batches)
    assert len(epochs) == 2
    assert sorted(epochs) == list(epochs), "the older epoch went first"
    for numbers in epochs.values():
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_makes_a_last_report_and_an_orderly_end(tmp_path: Path, number: signal.Signals) -> None:
    with Gateway() as gateway, agent(tmp_path, url=gateway.url, interval_s="3600") as process:
        assert gateway.enough.wait(WAIT_S)
        process.send_signal(number)
        wait_for(process, "agent_stopped")
        assert process.wait(WAIT_S) == 0
    assert len({batch.ts for batch in gateway.batches}) == 2


def test_with_the_gateway_away_the_agent_still_ends_within_seconds_and_keeps_its_reports(tmp_path: Path) -> None:
    with agent(tmp_path, url=f"http://127.0.0.1:{free_port()}", interval_s="3600") as process:
        wait_for(process, "report_failed")
        process.send_signal(signal.SIGTERM)
        assert '"waiting": 0' not in wait_for(process, "agent_stopped")
        assert process.wait(5) == 0


def test_a_second_agent_on_the_same_spool_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with Gateway() as gateway, agent(tmp_path, url=gateway.url) as first:
        wait_for(first, "agent_started")
        with agent(tmp_path, url=gateway.url) as second:
            _, errors = second.communicate(timeout=WAIT_S)
            assert second.returncode != 0
            assert "VEDETTE_SPOOL" in errors
        assert first.poll() is None
        assert gateway.enough.wait(WAIT_S)


def test_over_the_log_transport_the_reports_are_in_the_log_packed_and_in_order(tmp_path: Path) -> None:
    url = f"embedded://{tmp_path}/log/events.db"
    with agent(tmp_path / "spool", transport="log", log_url=url, account="7", interval_s="3600") as process:
        wait_for(process, "agent_started")
        process.send_signal(signal.SIGTERM)
        assert '"waiting": 0' in wait_for(process, "agent_stopped")
        assert process.wait(WAIT_S) == 0
    log = open_log(LogSettings.load(log_url=url))
    records = [r for part in range(log.partitions(SAMPLES.name)) for r in log.read(SAMPLES.name, part, 0, 10_000)]
    log.close()
    batches = [decode_packed(record.value) for record in records]
    assert {(batch.account, batch.source) for batch in batches} == {(7, "web-1")}
    assert [batch.seq for batch in batches] == list(range(1, len(batches) + 1))
