"""The event log: a port, its adapters, and the one place that knows which of them runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from vedette.errors import ConfigurationError, LogUnavailable
from vedette.events.topics import TOPICS
from vedette.log.port import Bounds, Log, Message, Record
from vedette.settings import LogSettings
from vedette.telemetry import get_logger

__all__ = ["Bounds", "Log", "Message", "Record", "await_log", "is_shared", "look", "open_log"]

_FIRST_S, _LONGEST_S = 0.5, 5.0


def open_log(settings: LogSettings, *, every_topic: bool = True) -> Log:
    """The log that the settings name, opened; its topics exist afterwards.

    `LogUnavailable` if it does not answer within seconds, `ConfigurationError` if it never will. With `every_topic`
    false, topics that Kafka hides from this user may be missing: who only writes to one needs no right to the others.
    """
    url = urlsplit(settings.log_url)
    if url.scheme == "kafka":
        kafka: Log = _kafka(settings).KafkaLog(settings, every_topic=every_topic)
        return kafka
    if url.scheme != "embedded" or not url.path:
        allowed = "embedded:///path/of/the/file.db or kafka://host:9092"
        raise ConfigurationError("VEDETTE_LOG_URL", settings.log_url, allowed)
    from vedette.log.embedded import EmbeddedLog

    return EmbeddedLog(
        Path(url.path),
        partitions=settings.log_partitions,
        max_pending_bytes=settings.log_max_pending_mb << 20,
    )


def await_log(settings: LogSettings, *, sleep: Callable[[float], object] = time.sleep) -> Log:
    """The log that the settings name, waited for while it does not answer, with back-off and a word for each try.

    For services that cannot work without it. `ConfigurationError` if waiting is of no use.
    """
    wait = _FIRST_S
    while True:
        try:
            return open_log(settings)
        except LogUnavailable as error:
            get_logger("log").warning("log_away", error=str(error), wait_s=wait)
        sleep(random.uniform(wait / 2, wait))  # noqa: S311 - spreads the tries, guards nothing
        wait = min(_LONGEST_S, wait * 2)


def look(settings: LogSettings) -> dict[str, int]:
    """How many partitions each topic has that is there. Makes nothing; raises as `open_log` does."""
    if is_shared(settings):
        found: dict[str, int] = _kafka(settings).look(settings)
        return found
    log = open_log(settings)
    try:
        return {name: log.partitions(name) for name in TOPICS}
    finally:
        log.close()


def is_shared(settings: LogSettings) -> bool:
    """Whether others than processes of this machine can reach the log that the settings name."""
    return urlsplit(settings.log_url).scheme == "kafka"


def _kafka(settings: LogSettings) -> ModuleType:
    try:
        from vedette.log import kafka
    except ModuleNotFoundError as error:
        allowed = f"embedded:///…, or an installation with the extra `kafka` ({error.name} is not here)"
        raise ConfigurationError("VEDETTE_LOG_URL", settings.log_url, allowed) from error
    return kafka
