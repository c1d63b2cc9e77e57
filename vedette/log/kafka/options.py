"""Options: what every Kafka client of a process shares, from the settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from vedette.errors import ConfigurationError
from vedette.settings import LogSettings

_EXAMPLE = "kafka://host:9092, or several: kafka://host1:9092,host2:9092"


def brokers(url: str) -> list[str]:
    """The bootstrap addresses in a `kafka://` URL; a `ConfigurationError` for one that is none."""
    parts = urlsplit(url)
    found = parts.netloc.split(",")
    if parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise ConfigurationError("VEDETTE_LOG_URL", url, f"{_EXAMPLE}; the user has a variable of its own")
    for address in found:
        host, colon, port = address.rpartition(":")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ConfigurationError("VEDETTE_LOG_URL", url, _EXAMPLE)
    return found


def client_options(settings: LogSettings) -> dict[str, Any]:
    """Addresses, security and time-outs; a `ConfigurationError` where settings contradict each other."""
    options: dict[str, Any] = {
        "bootstrap_servers": brokers(settings.log_url),
        "client_id": "vedette",
        "security_protocol": settings.kafka_security.upper(),
        "request_timeout_ms": 10_000,
        "reconnect_backoff_max_ms": 1_000,
        "bootstrap_timeout_ms": 5_000,
    }
    if settings.kafka_security.endswith("ssl"):
        options["ssl_cafile"] = _file("VEDETTE_KAFKA_CA_FILE", settings.kafka_ca_file)
        options["ssl_certfile"] = _file("VEDETTE_KAFKA_CERT_FILE", settings.kafka_cert_file)
        options["ssl_keyfile"] = _file("VEDETTE_KAFKA_KEY_FILE", settings.kafka_key_file)
    if settings.kafka_security.startswith("sasl"):
        if not settings.kafka_username or settings.kafka_password is None:
            given = settings.kafka_username or "<not set>"
            raise ConfigurationError(
                "VEDETTE_KAFKA_USERNAME", given, f"a user and a password with {settings.kafka_security}"
            )
        options["sasl_mechanism"] = settings.kafka_sasl
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def _file(variable: str, path: Any) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise ConfigurationError(variable, str(path), "a file that is there")
    return str(path)
