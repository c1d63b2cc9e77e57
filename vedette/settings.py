"""Configuration: one class per process, read from `VEDETTE_…` variables and checked at start.

A secret may come from a file instead: `VEDETTE_DSN_FILE=/run/secrets/dsn` stands for `VEDETTE_DSN`.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from vedette.errors import ConfigurationError

PREFIX = "VEDETTE_"


class _FileSource(PydanticBaseSettingsSource):
    """Values whose variable has the suffix `_FILE`: the named file's content, stripped."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        name = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(name)
        if path is None:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise ConfigurationError(name, path, f"a readable file ({error.strerror})") from error

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found


class Settings(BaseSettings):
    """What every process reads."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", validate_default=True)

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    metrics_port: int = Field(default=0, ge=0, le=65535, description="0: do not serve metrics")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then variables, then the files that variables name."""
        return init_settings, env_settings, _FileSource(settings_cls)

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read and check the settings; a `ConfigurationError` names the first bad variable."""
        try:
            return cls(**{name: value for name, value in values.items() if value is not None})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            given = "<not set>" if first["type"] == "missing" else cls._shown(first)
            # A chained exception would show the input again.
            raise ConfigurationError(name, given, first["msg"]) from None

    @classmethod
    def _shown(cls, error: ErrorDetails) -> Any:
        field = cls.model_fields.get(str(error["loc"][0])) if error["loc"] else None
        return "***" if field is not None and "SecretStr" in repr(field.annotation) else error["input"]


def _url(value: str, schemes: tuple[str, ...]) -> str:
    if urlsplit(value).scheme not in schemes:
        raise ValueError("a URL that starts with " + " or ".join(f"{scheme}://" for scheme in schemes))
    return value


class LogSettings(Settings):
    """Where the event log is: `embedded:///folder/events.db` or `kafka://host:9092,host2:9092`."""

    log_url: str
    log_partitions: int = Field(default=4, ge=1, le=256, description="of a topic that does not exist yet")
    log_max_pending_mb: int = Field(default=64, ge=1, description="what may wait for its commit")
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="before each topic's name")
    kafka_compression: Literal["none", "lz4", "zstd"] = "lz4"
    kafka_replication: int = Field(default=0, ge=0, le=9, description="0: 3, or as many as there are brokers")
    kafka_delivery_s: float = Field(default=30.0, ge=1, description="an event not acknowledged by then has failed")

    @field_validator("log_url")
    @classmethod
    def _log_scheme(cls, value: str) -> str:
        return _url(value, ("embedded", "kafka"))


class TableSettings(Settings):
    """How long tables keep their rows, and how TimescaleDB cuts and keeps them. Read by migrate and retention.

    Who reads old rows or makes them again must know the same: gateway and rebuild.

    A chunk is what is dropped, locked and planned as a whole. It should be a small part of what is kept, so that little
    stays too long; the newest chunk with its indexes should fit in memory, since that is where all writes go; and
    there should be tens of chunks, not thousands, since planning a query looks at each. Hence the widths below.
    """

    timescaledb: Literal["auto", "off"] = Field(default="auto", description="auto: used where the server offers it")
    keep_10s_days: int = Field(default=2, ge=0, description="0: for ever; so for all that follow")
    keep_1m_days: int = Field(default=30, ge=0)
    keep_1h_days: int = Field(default=400, ge=0)
    keep_1d_days: int = Field(default=0, ge=0)
    keep_results_days: int = Field(default=7, ge=0, description="single check results")
    keep_signals_days: int = Field(default=30, ge=0, description="what backtests of rules look at, but of series")
    keep_alerts_days: int = Field(default=400, ge=0, description="counted from their end")
    keep_attempts_days: int = Field(default=90, ge=0, description="each attempt at a notification, with its answer")
    chunk_10s_hours: int = Field(default=6, ge=1, le=87_600)
    chunk_1m_hours: int = Field(default=24, ge=1, le=87_600)
    chunk_1h_hours: int = Field(default=30 * 24, ge=1, le=87_600)
    chunk_1d_hours: int = Field(default=365 * 24, ge=1, le=87_600)
    chunk_results_hours: int = Field(default=24, ge=1, le=87_600)
    columnstore: bool = Field(default=True, description="compress old chunks, where TimescaleDB's licence has it")
    columnstore_after_days: int = Field(default=7, ge=1, description="best not below max_past_s: late rows cost more")
    convert_max_mb: int = Field(default=1024, ge=0, description="largest plain table that migrate turns into chunks")


class StoreSettings(Settings):
    """Where PostgreSQL is. The DSN holds a password, so it is a secret."""

    dsn: SecretStr
    pool_size: int = Field(default=8, ge=1, le=200)
    statement_s: float = Field(default=60.0, ge=1, description="longest work on one connection; then it is tried anew")

    @field_validator("dsn")
    @classmethod
    def _dsn_scheme(cls, value: SecretStr) -> SecretStr:
        _url(value.get_secret_value(), ("postgresql", "postgres"))
        return value


class ArchiveSettings(Settings):
    """Where the archive is: `file:///folder`, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`."""

    archive_url: str | None = Field(default=None, description="without one nothing is archived, nor read from there")
    archive_endpoint: str | None = Field(default=None, description="http(s)://… of a server other than the cloud's own")
    archive_region: str | None = None
    archive_access_key: SecretStr | None = Field(default=None, description="Azure: the storage account's name")
    archive_secret_key: SecretStr | None = Field(default=None, description="Google: the key file's path, or its JSON")

    @field_validator("archive_url")
    @classmethod
    def _archive_scheme(cls, value: str | None) -> str | None:
        return None if value is None else _url(value, ("file", "s3", "gs", "az"))

    @field_validator("archive_endpoint")
    @classmethod
    def _archive_http(cls, value: str | None) -> str | None:
        return None if value is None else _url(value, ("http", "https")).rstrip("/")


class ArchiveQuerySettings(ArchiveSettings):
    """What queries may take from the archive."""

    archive_query_mb: int = Field(default=1024, ge=1, description="reports that one query may read, unpacked")
    archive_query_s: float = Field(default=30.0, gt=0, description="how long one query may read")
    archive_cache_mb: int = Field(default=64, ge=0, description="rows out of the archive that are kept in memory")


class ReceiverSettings(Settings):
    """What whoever delivers notifications knows: where they may go, and where the page is."""

    allow_private: bool = Field(
        default=False, description="notifications to loopback and private addresses; for probes checks too"
    )
    public_url: str | None = Field(default=None, description="the page's address, for links in notifications")

    @field_validator("public_url")
    @classmethod
    def _page(cls, value: str | None) -> str | None:
        return None if value is None else _url(value, ("http", "https")).rstrip("/")


class GatewaySettings(LogSettings, StoreSettings, ArchiveQuerySettings, ReceiverSettings):
    """The HTTP gateway."""

    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    key_dir: Path = Path(".vedette/keys")
    body_limit_mb: int = Field(default=8, ge=1, le=256, description="compressed request body")
    max_future_s: int = Field(default=300, ge=0)
    max_past_s: int = Field(default=7 * 86_400, ge=60)
    secure_cookies: bool = False


class FlowSettings(LogSettings, StoreSettings):
    """A dataflow process."""

    recovery_dir: Path = Path(".vedette/recovery")
    recovery_partitions: int = Field(default=4, ge=1, le=256, description="files of a folder that is made anew")
    epoch_s: float = Field(default=2.0, gt=0, le=60, description="snapshot interval")
    workers: int = Field(default=1, ge=1, le=64, description="threads of each process")
    processes: int = Field(default=1, ge=1, le=64, description="on this machine, as one cluster")
    cluster_addresses: str | None = Field(default=None, description="host:port,… of all processes, on several machines")
    cluster_process: int | None = Field(default=None, ge=0, description="which of them; else as the host name ends")
    cluster_bond: str | None = Field(default=None, description="host:port; else the port before the first address's")
    shards: int = Field(default=16, ge=1, le=4096)
    lateness_s: float = Field(default=5.0, ge=0, description="how far a source's events may be out of order")
    flush_s: float = Field(default=1.0, gt=0, description="longest time a changed window waits for its row")
    settle_s: float = Field(default=10.0, gt=0, description="quiet after which a source's minutes get their row")
    idle_s: float = Field(default=900.0, gt=0, description="quiet after which its hours and days get their row")
    silent_after: float = Field(default=3.0, ge=1.5, description="missed intervals that make a host silent")
    silent_min_s: float = Field(default=10.0, gt=0)


class ArchiveFlowSettings(FlowSettings, ArchiveSettings):
    """The archive's dataflow."""

    archive_flush_mb: int = Field(default=32, ge=1, description="what one partition holds in memory at most")
    archive_flush_events: int = Field(default=200_000, ge=1, description="the same, counted")
    archive_flush_s: float = Field(default=60.0, gt=0, description="longest time an event waits for its object")
    archive_settle_s: float = Field(default=900.0, gt=0, description="quiet after which an hour becomes one object")
    archive_grace_s: float = Field(default=3600.0, gt=0, description="how long replaced objects stay for their readers")
    archive_days: int = Field(default=400, ge=0, description="how long events are kept; 0: for ever")
    archive_tidy_s: float = Field(default=60.0, gt=0, description="how often it is tidied up")


class AlertWorkerSettings(StoreSettings, ReceiverSettings):
    """The worker that delivers notifications."""

    poll_s: float = Field(default=0.2, gt=0)
    lease_s: float = Field(default=30.0, gt=0, description="after this a dead worker's claim is free again")
    timeout_s: float = Field(default=10.0, gt=0)


class SenderSettings(Settings):
    """What an agent and a probe share: where to report to, and the spool."""

    transport: Literal["http", "log"] = "http"
    url: str = "http://127.0.0.1:8420"
    token: SecretStr | None = None
    log_url: str | None = None
    account: int = Field(default=1, ge=1, description="only with --transport log")
    spool: Path = Path(".vedette/spool")
    spool_max_mb: int = Field(default=64, ge=1)
    spool_max_age_s: int = Field(default=7 * 86_400, ge=60)

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        return _url(value, ("http", "https")).rstrip("/")


class AgentSettings(SenderSettings):
    """The host agent."""

    source: str = Field(default_factory=socket.gethostname, min_length=1, max_length=200)
    interval_s: float = Field(default=60.0, ge=1, le=3600)
    host_root: Path = Field(default=Path("/"), description="where a container sees the host's root, as /host")
    plugins: Path = Field(default=Path(".vedette/plugins.d"), description="folder of the plugins' TOML files")
    plugin_key: str | None = Field(default=None, description="the account's public key; else as given at enrolment")


class ProbeSettings(SenderSettings):
    """The probe worker."""

    location: str = Field(default="local", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    concurrency: int = Field(default=500, ge=1, le=20_000)
    reload_s: float = Field(default=5.0, gt=0, description="how often the monitors are asked for")
    shard: str = Field(default="1/1", description="2/5: the second of five parts of this location's monitors")
    allow_private: bool = Field(default=False, description="checks of loopback, private and link-local addresses")
    dns_cache_s: float = Field(
        default=30.0, ge=0, le=3600, description="longest time that a name's addresses are kept; 0: not at all"
    )
    tls_engine: Literal["auto", "openssl"] = Field(
        default="auto", description="auto: rustls for servers that it suits, where it was built; else OpenSSL for all"
    )
    exporter_port: int = Field(default=0, ge=0, le=65_535, description="port of GET /probe for Prometheus; 0: none")
    exporter_host: str = Field(default="127.0.0.1", description="the address at which that port is open")
    exporter_modules: Path | None = Field(default=None, description="a blackbox.yml with more modules for it")
    references: str | None = Field(
        default=None,
        description="host:port,… that tell whether the probe has a network; else the gateway and the name servers",
    )
