"""The event log that flows of one test read and write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.integration.flows.process import PREFIX
from tests.servers.topics import own_topics
from vedette.log import Log, open_log
from vedette.settings import LogSettings


@pytest.fixture
def log_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The embedded log; for tests on TimescaleDB topics of their own in Kafka, so that they run as many machines do."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is None or callspec.params.get("postgres") != "timescale":
        yield f"embedded://{tmp_path}/log/events.db"
        return
    address: str = request.getfixturevalue("kafka_server")
    with own_topics(address) as prefix:
        monkeypatch.setenv(PREFIX, prefix)
        yield f"kafka://{address}"


@pytest.fixture
def log(log_url: str) -> Iterator[Log]:
    opened = open_log(LogSettings.load(log_url=log_url))
    with structlog.testing.capture_logs():
        yield opened
    opened.close()
