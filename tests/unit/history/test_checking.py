"""Archived checks folded again: what the flow counts, and nothing else."""

from __future__ import annotations

from vedette.events.checks import CheckRecord, Outcome
from vedette.history.checking import fold_checks

T0 = 1_700_000_000_000 - 1_700_000_000_000 % 3_600_000


def check(second: int, outcome: Outcome, attempt: int = 1) -> CheckRecord:
    at = T0 + second * 1000
    return CheckRecord(1, "a", at, at, outcome, total_ms=10.0, attempt=attempt)


def test_re_checks_are_left_out_as_the_flow_leaves_them_out() -> None:
    tiers = fold_checks([check(0, "up"), check(30, "down"), check(30, "down", 2), check(90, "up", 2)])
    counts = {name: [(row.bucket_ms, row.up, row.down, row.frustrated) for row in rows] for name, rows in tiers.items()}
    day = T0 - T0 % 86_400_000
    assert counts == {"1m": [(T0, 1, 1, 1)], "1h": [(T0, 1, 1, 1)], "1d": [(day, 1, 1, 1)]}
