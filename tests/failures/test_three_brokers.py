"""Of three brokers one may die under load, and then another: nothing is lost, nothing doubled."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.testbed.bed import Bed, default_cache
from tests.e2e.installation import eventually
from tests.failures.load import under_load
from tests.failures.site import LONG, OUT_S, Site

HUNG_S = 120.0 if LONG else 25.0
"""Longer than clients and brokers give each other."""
pytestmark = [pytest.mark.failures, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


@pytest.fixture(scope="module")
def site(native_testbed: None) -> Iterator[Site]:
    """Three brokers, and the flow of the rollup as two processes."""
    with tempfile.TemporaryDirectory(prefix="vedette-failures-") as name:
        folder = Path(name)
        bed = Bed(folder / "bed", default_cache())
        try:
            bed.up(brokers=3)
            site = Site(bed, folder, clusters=("rollup",))
            try:
                site.start(("rollup", "endpoints", "archive"))
                yield site
            finally:
                site.close()
        finally:
            bed.down()


@pytest.mark.parametrize("broker", ["kafka-1", "kafka-2"])
def test_one_of_three_brokers_is_killed_and_comes_back(site: Site, broker: str) -> None:
    with under_load(site):
        site.bed.kill(broker)
        time.sleep(OUT_S)
        site.bed.start(broker)


def test_all_brokers_hang_and_go_on(site: Site) -> None:
    """Nobody answers and nothing is closed, as on a machine that swaps: what runs waits, and then goes on."""
    with under_load(site):
        with site.bed.paused("kafka-1", "kafka-2", "kafka-3"):
            time.sleep(HUNG_S)
        eventually("the gateway is ready", site.ready)


def test_nobody_has_died_unasked(site: Site) -> None:
    assert site.keeper.died == [], "\n".join(site.keeper.last_words)
