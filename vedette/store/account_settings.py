"""Account settings: what an account decides for itself, and the defaults of those that have decided nothing."""

from __future__ import annotations

from vedette.store.pool import Store

TREND_FALSE_ALARMS_PER_DAY = 0.2
"""False alarms about steps, over all monitors of an account: one in five days."""
ANOMALY_FALSE_ALARMS_PER_WEEK = 1.0
"""Those of an account's rules about anomalies together, as far as rules name no number of their own."""


def trend_false_alarms(store: Store, account: int) -> float:
    """How many false alarms about steps a day the account allows over all its monitors."""
    row = store.row("SELECT trend_false_alarms_per_day AS n FROM account_settings WHERE account_id = %s", account)
    return TREND_FALSE_ALARMS_PER_DAY if row is None else float(row["n"])


def allow_trend_false_alarms(store: Store, account: int, a_day: float) -> None:
    """Allow another number of them."""
    store.execute(
        "INSERT INTO account_settings (account_id, trend_false_alarms_per_day) VALUES (%s, %s)"
        " ON CONFLICT (account_id) DO UPDATE SET trend_false_alarms_per_day = excluded.trend_false_alarms_per_day",
        account,
        a_day,
    )


def anomaly_false_alarms(store: Store, account: int) -> float:
    """How many false alarms a week the account allows its rules about anomalies together."""
    row = store.row("SELECT anomaly_false_alarms_per_week AS n FROM account_settings WHERE account_id = %s", account)
    return ANOMALY_FALSE_ALARMS_PER_WEEK if row is None else float(row["n"])


def anomaly_share(store: Store, account: int, rule: str) -> float:
    """The part of that which the rule of that name has, or would have beside those that there are: all have the
    same."""
    row = store.row(
        "SELECT count(*)::int AS n FROM rules WHERE account_id = %s AND kind = 'anomaly' AND name <> %s"
        " AND config->>'false_alarms_per_week' IS NULL",
        account,
        rule,
    )
    return anomaly_false_alarms(store, account) / (1 + (0 if row is None else row["n"]))


def allow_anomaly_false_alarms(store: Store, account: int, a_week: float) -> None:
    """Allow another number of them: rules without a number of their own are learned anew."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO account_settings (account_id, trend_false_alarms_per_day, anomaly_false_alarms_per_week)"
            " VALUES (%s, %s, %s) ON CONFLICT (account_id) DO UPDATE"
            " SET anomaly_false_alarms_per_week = excluded.anomaly_false_alarms_per_week",
            (account, TREND_FALSE_ALARMS_PER_DAY, a_week),
        )
        connection.execute(
            "UPDATE anomaly_rules a SET due_at = now() FROM rules r WHERE r.id = a.rule_id AND r.account_id = %s"
            " AND r.config->>'false_alarms_per_week' IS NULL",
            (account,),
        )


def trend_budgets(store: Store) -> dict[int, tuple[int, float]]:
    """Of each account: how many monitors it has that are not paused, and its false alarms a day."""
    rows = store.rows(
        "SELECT a.id, count(m.id) FILTER (WHERE NOT m.paused)::int AS monitors, s.trend_false_alarms_per_day AS allowed"
        " FROM accounts a LEFT JOIN monitors m ON m.account_id = a.id"
        " LEFT JOIN account_settings s ON s.account_id = a.id GROUP BY a.id, s.trend_false_alarms_per_day"
    )
    return {
        row["id"]: (row["monitors"], TREND_FALSE_ALARMS_PER_DAY if row["allowed"] is None else row["allowed"])
        for row in rows
    }


def monitors_watched(store: Store, account: int) -> int:
    """How many monitors of the account are not paused."""
    row = store.row("SELECT count(*)::int AS n FROM monitors WHERE account_id = %s AND NOT paused", account)
    assert row is not None
    return int(row["n"])
