"""Two gateways read what clients write to Kafka: one is killed amid it, the other goes on, and nothing is lost."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

from deploy.testbed.server import free_ports
from tests.e2e.installation import eventually
from tests.integration.gateway.server import add_tenant
from tests.integration.setup.starting import Starting
from tests.servers.topics import own_topics
from vedette.events.features import decode_batch
from vedette.events.topics import FEATURES, RECORDED, REJECTS
from vedette.log import Log, open_log
from vedette.settings import LogSettings
from vedette.store import models
from vedette.store.pool import Store
from vedette_client import KafkaTransport
from vedette_client.message import JSON, Message

EACH = 600
"""Messages of each model."""


def message(seq: int, model: str) -> Message:
    body = b'{"model":"%s","names":["cost"],"values":[%d]}' % (model.encode(), seq)
    return Message("metrics", JSON, model, None, 1, body, "epoch", seq)


def arrived(log: Log) -> list[tuple[int, int]]:
    """Model and number of each message, with repetitions."""
    batches = [
        decode_batch(record.value)
        for partition in range(log.partitions(FEATURES.name))
        for record in log.read(FEATURES.name, partition, 0, 100_000)
    ]
    return [(batch.model, batch.seq) for batch in batches]


def gateway(folder: Path, stack: ExitStack, port: int, **settings: str) -> Starting:
    folder.mkdir()
    more = {"VEDETTE_PORT": str(port), "VEDETTE_KEY_DIR": str(folder / "keys")}
    return stack.enter_context(Starting(folder, "gateway", **more, **settings))


def test_a_gateway_that_is_killed_loses_nothing_and_another_goes_on(
    kafka_server: str, dsn: str, store: Store, tmp_path: Path
) -> None:
    token, account = (tenant := add_tenant(store, "ours")).tokens["ingest"], tenant.account
    names = {name: models.add(store, account, name, {}) for name in ("churn", "price", secrets.token_hex(4))}
    with own_topics(kafka_server) as prefix, ExitStack() as stack:
        url = f"kafka://{kafka_server}"
        log = open_log(LogSettings.load(log_url=url, kafka_prefix=prefix))
        stack.callback(log.close)
        ports = free_ports(2)
        shared = {"VEDETTE_LOG_URL": url, "VEDETTE_KAFKA_PREFIX": prefix, "VEDETTE_DSN": dsn}
        first = gateway(tmp_path / "first", stack, ports[0], **shared)
        transport = KafkaTransport(kafka_server, token, topic=prefix + RECORDED.name, timeout_s=60)
        stack.callback(transport.close)
        transport.send(message(1, "churn"))
        eventually("the first gateway reads", lambda: arrived(log))
        second = gateway(tmp_path / "second", stack, ports[1], **shared)
        wanted = {(names["churn"], 1)}
        for seq in range(2, EACH):
            for name, model in names.items():
                transport.send(message(seq, name))
                wanted.add((model, seq))
            if seq == EACH // 3:
                first.process.kill()
        eventually("everything has arrived", lambda: set(arrived(log)) == wanted)
        assert second.process.poll() is None, second.words()
        repeated = len(arrived(log)) - len(wanted)
        assert repeated <= 200 * log.partitions(RECORDED.name), "a batch of each partition may come again, and no more"
        assert all(bounds.end == 0 for bounds in log.bounds(REJECTS.name))
        assert token not in first.words() + second.words()
