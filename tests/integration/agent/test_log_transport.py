"""An agent that writes to Kafka itself: with few rights, without brokers at first, and without losing a report."""

from __future__ import annotations

import secrets
from pathlib import Path

from kafka.admin import ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern, ResourceType

from tests.e2e.installation import eventually
from tests.integration.setup.starting import Starting
from tests.servers.guarded import PASSWORD, STRANGER, Guarded
from vedette.events.codec import decode_packed
from vedette.events.topics import SAMPLES
from vedette.log import Log, open_log
from vedette.settings import LogSettings


def settings(guarded: Guarded) -> LogSettings:
    return LogSettings.load(log_url=f"kafka://{guarded.plain}", kafka_prefix=f"test-{secrets.token_hex(6)}.")


def agent(folder: Path, address: str, prefix: str, **more: str) -> Starting:
    return Starting(
        folder,
        "agent",
        "--transport",
        "log",
        VEDETTE_LOG_URL=f"kafka://{address}",
        VEDETTE_KAFKA_PREFIX=prefix,
        VEDETTE_KAFKA_DELIVERY_S="2",
        VEDETTE_SOURCE="web-1",
        VEDETTE_INTERVAL_S="1",
        VEDETTE_SPOOL=str(folder / "spool"),
        **more,
    )


def as_stranger() -> dict[str, str]:
    return {
        "VEDETTE_KAFKA_SECURITY": "sasl_plaintext",
        "VEDETTE_KAFKA_SASL": "PLAIN",
        "VEDETTE_KAFKA_USERNAME": STRANGER,
        "VEDETTE_KAFKA_PASSWORD": PASSWORD,
    }


def reports(log: Log) -> list[tuple[int, int]]:
    """Epoch and number of each report in the log, with repetitions."""
    found = [
        decode_packed(record.value)
        for partition in range(log.partitions(SAMPLES.name))
        for record in log.read(SAMPLES.name, partition, 0, 100_000)
    ]
    return sorted((packed.epoch, packed.seq) for packed in found if packed.source == "web-1")


def complete(found: list[tuple[int, int]]) -> bool:
    """Whether the numbers are consecutive from 1."""
    numbers = [seq for _, seq in dict.fromkeys(found)]
    return numbers == list(range(1, len(numbers) + 1))


def may_write(guarded: Guarded, topic: str) -> None:
    """Let the stranger write to this topic, and to no other."""
    admin = KafkaAdminClient(bootstrap_servers=[guarded.plain])
    try:
        right = ACL(
            principal=f"User:{STRANGER}",
            host="*",
            operation=ACLOperation.WRITE,
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=ResourcePattern(ResourceType.TOPIC, topic),
        )
        admin.create_acls([right])
    finally:
        admin.close()


def test_an_agent_needs_only_the_right_to_write_to_its_topic_and_waits_until_it_has_it(
    guarded_kafka: Guarded, tmp_path: Path
) -> None:
    own = settings(guarded_kafka)
    log = open_log(own)
    try:
        with agent(tmp_path, guarded_kafka.sasl, own.kafka_prefix, **as_stranger()) as process:
            process.says("report_failed", "the log refuses", SAMPLES.name)
            may_write(guarded_kafka, own.kafka_prefix + SAMPLES.name)
            eventually("reports are in the log", lambda: len(reports(log)) >= 5)
            process.process.terminate()
            assert process.ended() == 0
            assert "report_dropped" not in process.words()
            assert complete(reports(log)), reports(log)
    finally:
        log.close()


def test_reports_wait_in_the_spool_while_no_broker_is_there(guarded_kafka: Guarded, tmp_path: Path) -> None:
    own = settings(guarded_kafka)
    open_log(own).close()
    guarded_kafka.server.kill()
    try:
        process = agent(tmp_path, guarded_kafka.plain, own.kafka_prefix)
        with process:
            process.says("log_away", guarded_kafka.plain, "Connection refused")
            process.says("report_failed")
            guarded_kafka.server.start()
            guarded_kafka.server.wait()
            log = open_log(own)
            try:
                eventually("reports are in the log", lambda: len(reports(log)) >= 10)
                assert complete(reports(log)), reports(log)
            finally:
                log.close()
    finally:
        guarded_kafka.server.start()
        guarded_kafka.server.wait()
