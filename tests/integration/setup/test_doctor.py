"""`vedette doctor` on an installation of several machines: each wrong or missing part of log and database is found."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from deploy.testbed.server import free_ports
from tests.integration.setup.starting import Starting
from tests.servers.databases import Databases
from tests.servers.guarded import STRANGER, USER, Guarded
from tests.servers.topics import own_topics
from vedette.log import open_log
from vedette.settings import LogSettings


def visit(folder: Path, **settings: str) -> dict[str, str]:
    """What the doctor says, by part; the first character of each is ✓ or ✗."""
    away = {"VEDETTE_URL": f"http://127.0.0.1:{free_ports(1)[0]}", "VEDETTE_TOKEN": "vdt_none"}
    with Starting(folder, "doctor", **away, **settings) as doctor:
        assert doctor.ended() == 1  # no gateway is there
        lines = [line for line in doctor.words().splitlines() if line[:1] in {"✓", "✗"}]
    return {line[2:].partition(": ")[0]: line for line in lines}


def test_topics_that_are_missing_are_named_and_not_made(kafka_server: str, tmp_path: Path) -> None:
    prefix = f"test-{secrets.token_hex(6)}."
    log = {"VEDETTE_LOG_URL": f"kafka://{kafka_server}", "VEDETTE_KAFKA_PREFIX": prefix}
    for _ in range(2):
        said = visit(tmp_path, **log)["log"]
        assert said.startswith(f"✗ log: Kafka at {kafka_server} lacks {prefix}vedette.alerts, ")
        assert "VEDETTE_LOG_PARTITIONS=4" in said


def test_one_missing_topic_and_another_number_of_partitions_are_told(kafka_server: str, tmp_path: Path) -> None:
    with own_topics(kafka_server) as prefix:
        settings = LogSettings.load(log_url=f"kafka://{kafka_server}", kafka_prefix=prefix, log_partitions=2)
        open_log(settings).close()
        log = {"VEDETTE_LOG_URL": f"kafka://{kafka_server}", "VEDETTE_KAFKA_PREFIX": prefix}
        said = visit(tmp_path, **log)["log"]
        assert said.startswith("✓ log: Kafka")
        assert "its topics have 2 partitions (VEDETTE_LOG_PARTITIONS=4 is for new topics)" in said
        admin = KafkaAdminClient(bootstrap_servers=kafka_server.split(","))
        admin.delete_topics([f"{prefix}vedette.checks"])
        admin.close()
        assert f"lacks {prefix}vedette.checks, or hides" in visit(tmp_path, **log)["log"]


@pytest.mark.parametrize(
    ("port", "settings", "said"),
    [
        ("sasl", {}, "VEDETTE_KAFKA_SECURITY: 'plaintext' is not allowed; allowed: sasl_plaintext"),
        ("tls", {}, "VEDETTE_KAFKA_SECURITY: 'plaintext' is not allowed; allowed: ssl"),
        ("plain", {"VEDETTE_KAFKA_SECURITY": "ssl"}, "VEDETTE_KAFKA_SECURITY: 'ssl' is not allowed"),
        ("sasl", {"VEDETTE_KAFKA_USERNAME": USER}, f"VEDETTE_KAFKA_USERNAME: '{USER}' is not allowed"),
        ("sasl", {"VEDETTE_KAFKA_USERNAME": STRANGER}, f"VEDETTE_KAFKA_USERNAME: '{STRANGER}' is not allowed"),
    ],
)
def test_a_kafka_that_refuses_is_told_with_the_variable(
    port: str, settings: dict[str, str], said: str, guarded_kafka: Guarded, tmp_path: Path
) -> None:
    if "VEDETTE_KAFKA_USERNAME" in settings:
        secure = {"VEDETTE_KAFKA_SECURITY": "sasl_plaintext", "VEDETTE_KAFKA_SASL": "PLAIN"}
        settings = {**settings, **secure, "VEDETTE_KAFKA_PASSWORD": "a-wrong-one"}
    found = visit(tmp_path, VEDETTE_LOG_URL=f"kafka://{getattr(guarded_kafka, port)}", **settings)
    assert found["log"].startswith(f"✗ log: {said}")
    assert "a-wrong-one" not in found["log"]


def test_brokers_and_databases_that_are_away_or_wrong_are_told(postgres: Databases, tmp_path: Path) -> None:
    kafka, database = (f"127.0.0.1:{port}" for port in free_ports(2))
    dsn = f"postgresql://vedette:not-shown@{database}/vedette"
    found = visit(tmp_path, VEDETTE_LOG_URL=f"kafka://{kafka}", VEDETTE_DSN=dsn)
    assert found["log"].startswith(f"✗ log: Kafka does not answer; {kafka}: Connection refused")
    assert found["database"].startswith("✗ database: ")
    assert database in found["database"]
    assert "not-shown" not in "".join(found.values())
    assert found["data folder"].startswith("✓ data folder: none here")
    missing = visit(tmp_path, VEDETTE_DSN=postgres.address("is_not_there"))
    assert "is_not_there" in missing["database"]
    assert missing["log"].startswith("✓ log: not looked at; set VEDETTE_LOG_URL")
