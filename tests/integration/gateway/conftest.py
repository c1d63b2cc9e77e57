"""Gateways: one that the tests of a module share, and fresh ones for tests that break something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway.rows import HOUR, Sender
from tests.integration.gateway.server import Gateway, Tail
from tests.servers.databases import Databases
from vedette.events.topics import CHECKS, SAMPLES


@pytest.fixture(scope="module")
def dsn_of_module(postgres: Databases) -> Iterator[str]:
    """A fresh, migrated database of this module's own."""
    fresh = postgres.fresh()
    yield fresh
    postgres.drop(fresh)


@pytest.fixture(scope="module")
def gateway(dsn_of_module: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that the tests of one module share; they keep apart by names."""
    with Gateway(dsn_of_module, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def fresh(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of this test's own."""
    with Gateway(dsn, tmp_path) as running:
        yield running


@pytest.fixture
def samples(gateway: Gateway) -> Tail:
    """The samples that this test brings into the log."""
    return Tail(gateway.log, SAMPLES.name)


@pytest.fixture
def checks(gateway: Gateway) -> Tail:
    """The check results that this test brings into the log."""
    return Tail(gateway.log, CHECKS.name)


@pytest.fixture
def site(fresh: Gateway) -> Gateway:
    """A gateway whose account has two hosts."""
    for name in ("web-1", "web-2"):
        Sender(fresh, name).write("1m", {HOUR: [1.0]})
    return fresh
