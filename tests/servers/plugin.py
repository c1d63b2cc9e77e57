"""The fixtures of the real servers, and the summary's words about those that were missing."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

import pytest

from deploy.testbed.bed import Bed
from tests.servers.buckets import S3
from tests.servers.sources import Missing, Sources, may_install

_REASON = re.compile(r"no (\w+) server here: ")


@pytest.fixture(scope="session")
def sources() -> Iterator[Sources]:
    """Where this session's servers come from."""
    found = Sources()
    yield found
    found.close()


@pytest.fixture(scope="session")
def kafka_server(sources: Sources) -> str:
    """Bootstrap address (`host:port`, several with commas) of a real Kafka. Others use it too: name your own topics."""
    return find(sources, "kafka")["VEDETTE_TEST_KAFKA"]


@pytest.fixture(scope="session")
def timescale_server(sources: Sources) -> str:
    """Address of a real TimescaleDB's superuser. Others use it too: make your own databases."""
    return find(sources, "timescale")["VEDETTE_TEST_TIMESCALE"]


@pytest.fixture(scope="session")
def s3_server(sources: Sources) -> Iterator[S3]:
    """A real S3 server; `bucket()` makes a bucket of your own."""
    endpoint, key, secret = find(sources, "s3").values()
    server = S3(endpoint, key, secret)
    yield server
    server.close()


@pytest.fixture(scope="session")
def testbed(sources: Sources) -> Bed:
    """The session's testbed, for tests that kill its servers and start them again."""
    try:
        return sources.bed
    except Missing as missing:
        _without("testbed", missing)


@pytest.fixture(scope="session")
def native_testbed() -> None:
    """For tests that make a testbed of their own: they run where one may be installed."""
    try:
        may_install()
    except Missing as missing:
        _without("testbed", missing)


def find(sources: Sources, kind: str) -> dict[str, str]:
    """The variables that name a server; in CI the test fails without one, elsewhere it is skipped."""
    try:
        return sources.find(kind)
    except Missing as missing:
        _without(kind, missing)


def _without(kind: str, missing: Missing) -> NoReturn:
    reason = f"no {kind} server here: {missing}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which servers were missing, and how many tests did not run for that."""
    missed: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and (match := _REASON.search(report.longrepr[2])):
            missed[match[1]] += 1
    if missed:
        terminalreporter.section("real servers were missing", sep="!", red=True, bold=True)
        for kind, tests in sorted(missed.items()):
            terminalreporter.write_line(f"{kind}: {tests} test(s) did not run", red=True)
        terminalreporter.write_line("What brings them: deploy/testbed/README.md")
