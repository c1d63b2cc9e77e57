"""What rules about anomalies have learned: claimed by one worker at a time, replaced as a whole, read by flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class DueRule:
    """A rule that is to be learned; `mark` is that of its settings."""

    id: int
    account: int
    name: str
    config: dict[str, Any]
    mark: str


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of a rule: levels and spreads are little-endian float64, `minutes` are those that a window has."""

    subject: str
    levels: bytes
    spreads: bytes
    minutes: float
    is_counter: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as a whole: the threshold of all its series, the weeks that it is from, and how many series are learned,
    are not ready, or were left out."""

    threshold: float
    weeks: int
    series: int
    unready: int
    left_out: int


def claim(store: Store, lease_s: float) -> DueRule | None:
    """A rule that was never learned, is due, or has other settings now; nobody else gets it for `lease_s`."""
    with store.transaction() as connection:
        row = connection.execute(
            "SELECT r.id, r.account_id, r.name, r.config, anomaly_mark(r.config) AS mark FROM rules r"
            " LEFT JOIN anomaly_rules a ON a.rule_id = r.id WHERE r.kind = 'anomaly'"
            " AND (a.rule_id IS NULL OR a.due_at <= now() OR a.mark <> anomaly_mark(r.config))"
            " ORDER BY a.due_at NULLS FIRST, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED"
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            "INSERT INTO anomaly_rules (rule_id, mark, due_at) VALUES (%s, %s, now() + make_interval(secs => %s))"
            " ON CONFLICT (rule_id) DO UPDATE SET due_at = excluded.due_at, mark = excluded.mark, learned_at ="
            " CASE WHEN anomaly_rules.mark = excluded.mark THEN anomaly_rules.learned_at END",
            (row["id"], row["mark"], lease_s),
        )
    return DueRule(row["id"], row["account_id"], row["name"], row["config"], row["mark"])


def write(store: Store, due: DueRule, whole: RuleRow, series: Sequence[SeriesRow], again_s: float) -> bool:
    """Replace what the rule knows, and have it learned again after `again_s`; False if it is gone or has other settings
    now."""
    with store.transaction() as connection:
        row = connection.execute(
            "SELECT 1 AS one FROM rules r WHERE r.id = %s AND r.kind = 'anomaly' AND anomaly_mark(r.config) = %s"
            " FOR SHARE",
            (due.id, due.mark),
        ).fetchone()
        if row is None:
            return False
        connection.execute("DELETE FROM anomaly_series WHERE rule_id = %s", (due.id,))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO anomaly_series VALUES (%s, %s, %s, %s, %s, %s)",
                [(due.id, one.subject, one.levels, one.spreads, one.minutes, one.is_counter) for one in series],
            )
        connection.execute(
            "UPDATE anomaly_rules SET learned_at = clock_timestamp(), due_at = now() + make_interval(secs => %s),"
            " threshold = %s, weeks = %s, series = %s, unready = %s, left_out = %s WHERE rule_id = %s",
            (again_s, whole.threshold, whole.weeks, whole.series, whole.unready, whole.left_out, due.id),
        )
    return True


def versions(store: Store) -> dict[int, tuple[int, float]]:
    """Of each rule that has learned anything when that was (microseconds UTC), and its threshold. Those whose settings
    were changed since have none."""
    rows = store.rows(
        "SELECT a.rule_id, (extract(epoch FROM a.learned_at) * 1000000)::bigint AS at, a.threshold"
        " FROM anomaly_rules a JOIN rules r ON r.id = a.rule_id"
        " WHERE a.learned_at IS NOT NULL AND a.series > 0 AND a.mark = anomaly_mark(r.config)"
    )
    return {row["rule_id"]: (row["at"], row["threshold"]) for row in rows}


def series_of(store: Store, rule: int) -> list[SeriesRow]:
    """What it has learned of each series."""
    rows = store.rows(
        "SELECT subject, levels, spreads, minutes, is_counter FROM anomaly_series WHERE rule_id = %s", rule
    )
    return [
        SeriesRow(row["subject"], bytes(row["levels"]), bytes(row["spreads"]), row["minutes"], row["is_counter"])
        for row in rows
    ]


def check_sums(
    store: Store, monitors: Sequence[int], from_ms: int, to_ms: int, window_ms: int
) -> list[tuple[int, str, int, float, int, int, int, float, int]]:
    """Of each window with checks: monitor, location, number since `from_ms`; Apdex scores and how many; failed checks
    and how many there were; milliseconds of those that did not fail and how many. From minutes."""
    return store.tuples(
        "SELECT monitor_id, location,"
        " ((extract(epoch FROM bucket) * 1000)::bigint - %s) / %s AS at, sum(satisfied + tolerating / 2.0)::float8,"
        " sum(satisfied + tolerating + frustrated)::bigint, sum(down)::bigint, sum(up + degraded + down)::bigint,"
        " sum(sum_ms), sum(up + degraded)::bigint FROM check_rollup_1m WHERE monitor_id = ANY(%s)"
        " AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0) GROUP BY 1, 2, 3",
        from_ms,
        window_ms,
        list(monitors),
        from_ms,
        to_ms,
    )


def standings(store: Store, account: int) -> dict[int, dict[str, Any]]:
    """How the account's rules about anomalies stand, by rule: `learned_ms` is null while they learn."""
    rows = store.rows(
        "SELECT r.id, (extract(epoch FROM a.learned_at) * 1000)::bigint AS learned_ms, a.threshold, a.weeks, a.series,"
        " a.unready, a.left_out FROM rules r LEFT JOIN anomaly_rules a ON a.rule_id = r.id"
        " AND a.mark = anomaly_mark(r.config) WHERE r.account_id = %s AND r.kind = 'anomaly' ORDER BY r.id",
        account,
    )
    return {row.pop("id"): row for row in rows}
