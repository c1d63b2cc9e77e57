"""A known load on a site while something is done to it, and the assertion that nothing of it was lost or doubled."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from launch.loadgen.checking import compare_within
from launch.loadgen.ledger import Ledger, LedgerWriter, read_ledger
from launch.loadgen.plan import Plan
from launch.loadgen.sending import Load, Progress
from tests.failures.site import LONG, Site
from tests.patience import PATIENCE_S
from vedette.monitors import MonitorSpec
from vedette.store import monitors

_STEPS_PER_S, _INTERVAL_MS, _DAY_MS = 20, 4_000, 86_400_000
_BEFORE_S, _AFTER_S = (5.0, 10.0) if LONG else (1.0, 1.0)
_FEWEST = 1_000
"""Samples of a load that says anything."""
_numbers = itertools.count(1)


def _plan(site: Site, seed: int) -> Plan:
    """Sixteen hours of the sources' time at most, which begin just before a midnight: no tier is left out."""
    now = time.time_ns() // 1_000_000
    earlier = now - 20 * 3_600_000
    start_ms = earlier - earlier % _DAY_MS - 120_000
    chosen = tuple(
        monitors.add(
            site.store, site.account, MonitorSpec(name=f"load {seed} {n}", url="http://127.0.0.1/", paused=True)
        )
        for n in range(2)
    )
    return Plan(seed, start_ms, _INTERVAL_MS, 12, 6, 14_000, 3, 8, chosen, 2)


@contextlib.contextmanager
def under_load(site: Site) -> Iterator[Progress]:
    """Load before, while and after the block runs; at the end all of it is acknowledged, and the site holds it all."""
    seed = next(_numbers)
    path = site.folder / f"ledger-{seed}"
    plan = _plan(site, seed)
    load = Load(plan, site.url, site.token, LedgerWriter(path, plan), _STEPS_PER_S)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run)
        try:
            time.sleep(_BEFORE_S)  # the load's length, not a wait for something
            yield load.progress
            time.sleep(_AFTER_S)
            # On a busy machine it takes longer until the load has meant something.
            deadline = time.monotonic() + PATIENCE_S
            while load.progress.samples <= _FEWEST and time.monotonic() < deadline:
                time.sleep(0.05)
            load.stop()
            assert running.result(PATIENCE_S)
        finally:
            load.give_up()
    assert load.progress.samples > _FEWEST
    agrees(site, read_ledger(path))


def agrees(site: Site, ledger: Ledger) -> None:
    """Every tier, every table of checks and the archive hold what the ledger says."""
    findings = compare_within(site.store, site.objects(), ledger, PATIENCE_S)
    assert all(finding.good for finding in findings), "\n".join(finding.describe() for finding in findings)
    assert {finding.part for finding in findings if finding.right} >= {
        *("tier 10s", "tier 1m", "tier 1h", "tier 1d"),
        *(
            "check_results",
            "check_rollup_1m",
            "check_rollup_1h",
            "check_rollup_1d",
            "archive samples",
            "archive checks",
        ),
    }
