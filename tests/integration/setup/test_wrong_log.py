"""The log's settings are wrong, or its brokers away: each process says what, where, and what to do."""

from __future__ import annotations

import gc
import secrets
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from deploy.testbed.server import free_ports
from tests.integration.setup.starting import Starting
from tests.servers.databases import Databases
from tests.servers.guarded import PASSWORD, STRANGER, USER, Guarded
from tests.servers.topics import own_topics
from vedette.errors import ConfigurationError, LogUnavailable
from vedette.log import open_log
from vedette.settings import LogSettings

KNOWN = {"kafka_sasl": "PLAIN", "kafka_username": USER, "kafka_password": PASSWORD}
WRONG = {**KNOWN, "kafka_password": "not-the-password"}
CASES: dict[str, tuple[str, dict[str, str], str, str]] = {
    "a password is wanted": ("sasl", {}, "VEDETTE_KAFKA_SECURITY: 'plaintext'", "allowed: sasl_plaintext"),
    "no password is wanted": (
        "plain",
        {**KNOWN, "kafka_security": "sasl_plaintext"},
        "VEDETTE_KAFKA_SECURITY: 'sasl_plaintext'",
        "allowed: plaintext",
    ),
    "TLS is wanted": ("tls", {}, "VEDETTE_KAFKA_SECURITY: 'plaintext'", "allowed: ssl"),
    "no TLS is wanted": ("plain", {"kafka_security": "ssl"}, "VEDETTE_KAFKA_SECURITY: 'ssl'", "allowed: plaintext"),
    "TLS and a password are wanted": (
        "both",
        {**KNOWN, "kafka_security": "sasl_plaintext"},
        "VEDETTE_KAFKA_SECURITY: 'sasl_plaintext'",
        "allowed: sasl_ssl",
    ),
    "the certificate is not trusted": (
        "tls",
        {"kafka_security": "ssl"},
        "VEDETTE_KAFKA_CA_FILE: '<not set>'",
        "self-signed certificate",
    ),
    "the password is wrong": (
        "sasl",
        {**WRONG, "kafka_security": "sasl_plaintext"},
        f"VEDETTE_KAFKA_USERNAME: '{USER}'",
        "Invalid username or password",
    ),
    "the user is unknown": (
        "sasl",
        {**KNOWN, "kafka_username": "nobody", "kafka_security": "sasl_plaintext"},
        "VEDETTE_KAFKA_USERNAME: 'nobody'",
        "Invalid username or password",
    ),
    "the mechanism is another": (
        "sasl",
        {**KNOWN, "kafka_sasl": "SCRAM-SHA-512", "kafka_security": "sasl_plaintext"},
        "VEDETTE_KAFKA_SASL: 'SCRAM-SHA-512'",
        "PLAIN",
    ),
    "the user may do nothing": (
        "sasl",
        {**KNOWN, "kafka_username": STRANGER, "kafka_security": "sasl_plaintext"},
        "VEDETTE_LOG_URL: ",
        "brokers that let the user of VEDETTE_KAFKA_USERNAME create, describe, read and write",
    ),
}


def settings(guarded: Guarded, port: str, **values: str) -> LogSettings:
    prefix = f"test-{secrets.token_hex(6)}."
    return LogSettings.load(log_url=f"kafka://{getattr(guarded, port)}", kafka_prefix=prefix, **values)


@pytest.mark.parametrize("case", CASES)
def test_wrong_settings_are_named_with_what_is_right(case: str, guarded_kafka: Guarded) -> None:
    port, values, named, right = CASES[case]
    with pytest.raises(ConfigurationError) as caught:
        open_log(settings(guarded_kafka, port, **values))
    assert named in str(caught.value)
    assert right in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert WRONG["kafka_password"] not in str(caught.value)


@pytest.mark.parametrize(
    ("port", "security"), [("plain", "plaintext"), ("sasl", "sasl_plaintext"), ("tls", "ssl"), ("both", "sasl_ssl")]
)
def test_right_settings_open_the_log(port: str, security: str, guarded_kafka: Guarded) -> None:
    own = {"kafka_ca_file": str(guarded_kafka.ca)} if security.endswith("ssl") else {}
    log = open_log(settings(guarded_kafka, port, kafka_security=security, **KNOWN, **own))
    assert log.partitions("vedette.samples") == 4
    log.close()


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1:{free}", "Connection refused"), ("nowhere.invalid:9092", "no such host name")]
)
def test_brokers_that_cannot_be_reached_are_named_with_the_reason(host: str, why: str) -> None:
    address = host.format(free=free_ports(1)[0])
    with pytest.raises(LogUnavailable, match=why) as caught:
        open_log(LogSettings.load(log_url=f"kafka://{address}"))
    assert address in str(caught.value)


# kafka-python leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_broker_of_several_is_enough(guarded_kafka: Guarded) -> None:
    away = f"127.0.0.1:{free_ports(1)[0]}"
    prefix = f"test-{secrets.token_hex(6)}."
    open_log(LogSettings.load(log_url=f"kafka://{away},{guarded_kafka.plain}", kafka_prefix=prefix)).close()
    gc.collect()


def variables(address: str, dsn: str, folder: Path, **more: str) -> dict[str, str]:
    return {
        "VEDETTE_LOG_URL": f"kafka://{address}",
        "VEDETTE_KAFKA_PREFIX": f"test-{secrets.token_hex(6)}.",
        "VEDETTE_DSN": dsn,
        "VEDETTE_PORT": str(free_ports(1)[0]),
        "VEDETTE_KEY_DIR": str(folder / "keys"),
        "VEDETTE_RECOVERY_DIR": str(folder / "recovery"),
        "VEDETTE_SPOOL": str(folder / "spool"),
        "VEDETTE_INTERVAL_S": "1",
        "VEDETTE_LOG_FORMAT": "json",
        **more,
    }


COMMANDS = [
    ("gateway",),
    ("flow", "rollup"),
    ("janitor",),
    ("agent", "--transport", "log"),
]
SECURE = {
    "VEDETTE_KAFKA_SECURITY": "sasl_plaintext",
    "VEDETTE_KAFKA_SASL": "PLAIN",
    "VEDETTE_KAFKA_USERNAME": USER,
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_process_with_a_wrong_password_ends_with_one_clear_line(
    command: tuple[str, ...], guarded_kafka: Guarded, dsn: str, tmp_path: Path
) -> None:
    wrong = {**SECURE, "VEDETTE_KAFKA_PASSWORD": WRONG["kafka_password"]}
    with Starting(tmp_path, *command, **variables(guarded_kafka.sasl, dsn, tmp_path, **wrong)) as process:
        assert process.ended() == 1
        assert f"error: VEDETTE_KAFKA_USERNAME: '{USER}' is not allowed" in process.words()
        assert "Traceback" not in process.words()
        assert WRONG["kafka_password"] not in process.words()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_process_waits_for_brokers_that_are_away_and_ends_when_it_is_told(
    command: tuple[str, ...], dsn: str, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with Starting(tmp_path, *command, **variables(address, dsn, tmp_path)) as process:
        process.says("log_away", address, "Connection refused")
        assert "Traceback" not in process.words()
        process.process.terminate()
        assert process.ended() in {0, -15}


def test_the_gateway_says_in_one_line_that_its_database_is_wrong(
    kafka_server: str, postgres: Databases, tmp_path: Path
) -> None:
    own = variables(kafka_server, postgres.address("is_not_there"), tmp_path)
    with Starting(tmp_path, "gateway", **own) as process:
        assert process.ended() == 1
        assert "is_not_there" in process.words()
        assert "Traceback" not in process.words()
        assert process.words().count("error: ") == 1


def test_a_topic_that_somebody_deleted_is_named_and_made_anew_at_the_next_start(kafka_server: str) -> None:
    with own_topics(kafka_server) as prefix:
        wanted = LogSettings.load(log_url=f"kafka://{kafka_server}", kafka_prefix=prefix)
        log = open_log(wanted)
        try:
            admin = KafkaAdminClient(bootstrap_servers=kafka_server.split(","))
            admin.delete_topics([f"{prefix}vedette.samples"])
            admin.close()
            with pytest.raises(LogUnavailable, match=f"the topic {prefix}vedette.samples is gone: restart"):
                log.bounds("vedette.samples")
            again = open_log(wanted)
            assert [bounds.end for bounds in again.bounds("vedette.samples")] == [0] * 4
            again.close()
        finally:
            log.close()
