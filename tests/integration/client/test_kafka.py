"""The recorder over a real Kafka: through a gateway to its log, while a broker goes away, and out of forked workers."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installation import eventually
from tests.integration.agent.test_log_transport import may_write, settings
from tests.integration.flows.process import PREFIX, FlowProcess
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from tests.integration.gateway.test_recorded_load import packed
from tests.patience import PATIENCE_S
from tests.servers.guarded import PASSWORD, STRANGER, USER, Guarded
from vedette.events.codec import decode_reject
from vedette.events.features import decode_batch
from vedette.events.model_metrics import holds_rows
from vedette.events.recorded import Recorded, encode_recorded
from vedette.events.topics import FEATURES, RECORDED, REJECTS
from vedette.log import Log, Message
from vedette.store.model_metrics import windows
from vedette_client import KafkaTransport, Recorder

# kafka-python leaves sockets of attempts to reach a broker that is away to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROOT = Path(__file__).parents[3]
MINUTE = 60_000
QUICK: dict[str, Any] = {"tick_s": 0.005, "batch_age_s": 0.01}


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Such sockets are collected here, after all else is closed, and not amid a test that knows nothing of them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def gateway(guarded_kafka: Guarded, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway whose log is topics of this test's own, and which reads what is recorded there."""
    own = settings(guarded_kafka)
    monkeypatch.setenv(PREFIX, own.kafka_prefix)
    with Gateway(dsn, tmp_path / "gateway", log_url=own.log_url, log_max_pending_mb=1) as running:
        register(running, "churn", window_s=60)
        yield running


def transport(guarded: Guarded, gateway: Gateway, user: str = USER) -> KafkaTransport:
    return KafkaTransport(
        guarded.sasl,
        gateway.ours.tokens["ingest"],
        topic=gateway.settings.kafka_prefix + RECORDED.name,
        timeout_s=5,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username=user,
        sasl_plain_password=PASSWORD,
    )


def everything(log: Log, topic: str) -> list[bytes]:
    return [one.value for number in range(log.partitions(topic)) for one in log.read(topic, number, 0, 10_000)]


def ages(log: Log) -> set[float]:
    """The values that came into the log, each once however often."""
    import numpy as np

    batches = [decode_batch(value) for value in everything(log, FEATURES.name)]
    return {
        float(age) for batch in batches if holds_rows(batch) for age in np.frombuffer(batch.columns[0].data, np.float64)
    }


def test_rows_are_counted_in_the_models_windows_though_the_broker_goes_away(
    guarded_kafka: Guarded, gateway: Gateway, dsn: str, tmp_path: Path
) -> None:
    start = time.time_ns() // 1_000_000 // MINUTE * MINUTE - 30 * MINUTE
    model = int(gateway.get("/v1/models").json()["models"][0]["id"])

    def counts() -> list[int]:
        rows = windows(gateway.store, model, 0, start + 60 * MINUTE, version="3", metric="cost", limit=100)
        return sorted(row["count"] for row in rows)

    recorder = Recorder(model="churn", version="3", transport=transport(guarded_kafka, gateway), **QUICK)
    with FlowProcess("drift", gateway.settings.log_url, dsn, tmp_path) as flow, recorder:
        for number in range(20):
            recorder.record({"age": number})
            recorder.record_metric("cost", number, ts=start + number)
        assert recorder.flush(PATIENCE_S)
        guarded_kafka.server.kill()
        try:
            for number in range(20, 50):
                recorder.record({"age": number})
                recorder.record_metric("cost", number, ts=start + MINUTE + number)
            eventually("the recorder waits", lambda: recorder.last_error)
        finally:
            guarded_kafka.server.start()
            guarded_kafka.server.wait()
        assert recorder.flush(PATIENCE_S)
        assert (recorder.counters.sent, recorder.counters.waiting) == (100, 0)
        eventually("every row is in the log", lambda: ages(gateway.log) == set(map(float, range(50))))
        recorder.record_metric("cost", 1, ts=start + 10 * MINUTE)  # so that the windows before are over
        flow.wait_until(lambda: {20, 30} <= set(counts()))
    assert everything(gateway.log, REJECTS.name) == []


def test_rows_wait_until_the_user_may_write_to_the_topic(guarded_kafka: Guarded, gateway: Gateway) -> None:
    with Recorder(model="churn", transport=transport(guarded_kafka, gateway, STRANGER), **QUICK) as recorder:
        recorder.record({"age": 1})
        eventually("it is told", lambda: recorder.last_error)
        assert "TopicAuthorizationFailedError" in str(recorder.last_error)
        assert recorder.counters.waiting == 1
        may_write(guarded_kafka, gateway.settings.kafka_prefix + RECORDED.name)
        assert recorder.flush(PATIENCE_S)
        assert recorder.counters.sent == 1
    eventually("the row is in the log", lambda: ages(gateway.log) == {1.0})


def test_what_the_gateway_refuses_is_in_its_rejects(guarded_kafka: Guarded, gateway: Gateway) -> None:
    with Recorder(model="unknown", transport=transport(guarded_kafka, gateway), **QUICK) as recorder:
        recorder.record({"age": 1})
        assert recorder.flush(PATIENCE_S)
    (reject,) = eventually("it is rejected", lambda: everything(gateway.log, REJECTS.name))
    assert "model: 'unknown' is not allowed" in decode_reject(reject).reason
    assert gateway.ours.tokens["ingest"].encode() not in reject


def test_bodies_that_unpack_to_more_than_the_log_lets_wait_go_on_once_each(
    guarded_kafka: Guarded, gateway: Gateway
) -> None:
    now, key = time.time_ns() // 1_000_000, b"churn"
    body, kind = packed(now, rows=500, columns=400), "application/vnd.apache.arrow.stream"
    for seq in range(1, 9):
        value = encode_recorded(Recorded(gateway.ours.tokens["ingest"], "features", body, kind, "packed", seq))
        gateway.log.produce(RECORDED.name, [Message(key, value)]).result(PATIENCE_S)

    def taken() -> bool:
        rows = gateway.store.rows("SELECT sum(next_offset)::int AS taken FROM recorded_positions")
        return rows[0]["taken"] == 8

    eventually("all are taken", taken)
    number = next(number for number, bounds in enumerate(gateway.log.bounds(FEATURES.name)) if bounds.end)
    seqs: list[int] = []
    while records := gateway.log.read(FEATURES.name, number, len(seqs), 100):
        seqs += [decode_batch(record.value).seq for record in records]
    assert (seqs, everything(gateway.log, REJECTS.name)) == (list(range(1, 9)), [])


WORKERS = """
import os, sys
from vedette_client import KafkaTransport, Recorder

address, token, topic, encoding = sys.argv[1:]
transport = KafkaTransport(address, token, topic=topic, timeout_s=60)
rec = Recorder(model="churn", transport=transport, encoding=encoding)
rec.record({"age": 100.0})
assert rec.flush(150), rec.last_error  # so that the workers inherit a producer with open connections
children = []
for worker in range(3):
    child = os.fork()
    if child == 0:
        for row in range(10):
            rec.record({"age": float(worker * 10 + row)})
        sys.exit()  # a worker ends as any program does, and its exit hook sends what waits
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
rec.record({"age": 101.0})
assert rec.flush(150), rec.last_error
assert rec.last_error is None, rec.last_error  # the parent's connections are as they were
"""


@pytest.mark.parametrize("encoding", ["json", "arrow"])
def test_workers_of_a_preloading_server_each_send_their_own_rows(
    guarded_kafka: Guarded, gateway: Gateway, encoding: str
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "client")}
    topic, token = gateway.settings.kafka_prefix + RECORDED.name, gateway.ours.tokens["ingest"]
    command = [sys.executable, "-c", WORKERS, guarded_kafka.plain, token, topic, encoding]
    done = subprocess.run(command, env=environment, timeout=PATIENCE_S, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = {*map(float, range(30)), 100.0, 101.0}
    eventually("every row is in the log", lambda: ages(gateway.log) == wanted)
    batches = [decode_batch(value) for value in everything(gateway.log, FEATURES.name)]
    assert sum(len(batch.ts) // 8 for batch in batches) == len(wanted)
    assert len({batch.epoch for batch in batches}) == 4
