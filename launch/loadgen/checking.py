"""Checking: every part of the store and the archive beside a ledger, at once or until they agree."""

from __future__ import annotations

import time
from collections.abc import Callable

from launch.loadgen.archived import compare_archive
from launch.loadgen.finding import Finding
from launch.loadgen.ledger import Ledger
from launch.loadgen.tables import compare_tables
from launch.loadgen.tiers import compare_tiers
from vedette.archive.objects import Objects
from vedette.errors import Unavailable
from vedette.store.pool import Store

_PAUSE_S = 0.5


def compare(store: Store, objects: Objects | None, ledger: Ledger) -> list[Finding]:
    """A finding for each tier, each table of checks, and each kind of the archive (if there is one)."""
    findings = compare_tiers(store, ledger) + compare_tables(store, ledger)
    return findings + (compare_archive(store, objects, ledger) if objects is not None else [])


def compare_within(
    store: Store,
    objects: Objects | None,
    ledger: Ledger,
    wait_s: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Finding]:
    """The findings once all are good, or those after `wait_s`.

    Rows of unfinished hours and days come only when their sources have been quiet for `VEDETTE_IDLE_S`.
    """
    deadline = monotonic() + wait_s
    while True:
        try:
            findings = compare(store, objects, ledger)
        except Unavailable:
            if monotonic() >= deadline:
                raise
        else:
            if monotonic() >= deadline or all(finding.good for finding in findings):
                return findings
        sleep(_PAUSE_S)
