"""A flow that is killed goes on at stored offsets: what was read before is not read again."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from deploy.testbed.server import free_ports
from tests.integration.flows.draining import put
from tests.integration.flows.ledger import Ledger
from tests.integration.flows.process import FlowProcess
from vedette.events.topics import SAMPLES
from vedette.log import Log
from vedette.store.pool import Store

BEFORE, SINCE = 400, 20


def messages_read(port: int) -> int:
    """How many messages the flow has read since its start."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    return sum(int(float(n)) for n in re.findall(r"^vedette_flow_messages_total{.*} (\S+)$", text, re.MULTILINE))


def test_after_kill_9_nothing_before_the_last_snapshot_is_read_again(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger, (port,) = Ledger(), free_ports(1)
    with FlowProcess("rollup", log_url, dsn, tmp_path, VEDETTE_METRICS_PORT=str(port)) as flow:
        put(log, SAMPLES.name, *ledger.next(BEFORE))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        assert messages_read(port) == BEFORE * len(ledger.sources)
        assert flow.terminate() == 0  # so that a snapshot holds all of this
        flow.start()
        put(log, SAMPLES.name, *ledger.next(SINCE))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        flow.kill()
        flow.start()
        put(log, SAMPLES.name, *ledger.next(SINCE))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        assert SINCE * len(ledger.sources) <= messages_read(port) <= 2 * SINCE * len(ledger.sources)
    ledger.assert_kept(store)
