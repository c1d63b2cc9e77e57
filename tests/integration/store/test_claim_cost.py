"""What a claim reads: of a great backlog only what it gives out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.alerting.test_backlog import backlog
from tests.integration.store.decisions import add_channels
from vedette.store.outbox import claim
from vedette.store.pool import Store


def rows_read(plan: dict[str, Any]) -> Iterator[float]:
    """How many rows each node has looked at of the table of notifications."""
    if plan.get("Relation Name") == "notifications":
        looked_at = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield looked_at * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from rows_read(below)


def test_a_claim_reads_little_more_than_it_gives_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    full, _, free = add_channels(store, "full", "idle", "free")
    backlog(store, free)
    plans: list[dict[str, Any]] = []
    ask = Store.rows

    def explained(self: Store, query: str, *values: Any) -> list[dict[str, Any]]:
        (row,) = ask(self, f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values)
        plans.append(row["QUERY PLAN"][0]["Plan"])
        return []

    with monkeypatch.context() as patch:
        patch.setattr(Store, "rows", explained)
        claim(store, 50, 60.0, per_channel=4, busy={full: 4, free: 2}, spare=10)
    (plan,) = plans
    assert plan["Actual Rows"] == 2
    assert max(rows_read(plan)) <= 20
