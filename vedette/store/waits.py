"""What waits before it is an alert, as it is stored: begun once, ended once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.store.pool import Store


def write_waits(store: Store, begun: Sequence[tuple[Any, ...]], ended: Sequence[tuple[int, int, str]]) -> int:
    """Those that have begun (identity, account, the rule's name, subject, severity, title, state, number, reason, since
    when (ms UTC), rule), and the ends of others: identity, when and how. Those of rules that are no more are left out;
    what is known already stays as it is. How many changed."""
    changed = 0
    with store.transaction() as connection, connection.cursor() as cursor:
        if begun:
            cursor.executemany(
                "INSERT INTO alert_waits (id, account_id, rule_name, subject, severity, title, state, value, why,"
                " since, rule_id) SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), id FROM rules"
                " WHERE id = %s FOR KEY SHARE ON CONFLICT DO NOTHING",
                begun,
            )
            changed += cursor.rowcount
        if ended:
            cursor.executemany(
                "UPDATE alert_waits SET ended_at = greatest(since, to_timestamp(%s / 1000.0)), outcome = %s"
                " WHERE id = %s AND ended_at IS NULL",
                [(at_ms, outcome, identity) for identity, at_ms, outcome in ended],
            )
            changed += cursor.rowcount
    return changed


def waits_of_account(store: Store, account: int, state: str | None, *, ended: bool, limit: int) -> list[dict[str, Any]]:
    """The newest of an account, of one state or both; with `ended`, also those that are over."""
    return store.rows(
        "SELECT id::text, rule_id AS rule, rule_name, subject, severity, title, state, value, nullif(why, '') AS why,"
        " (extract(epoch FROM since) * 1000)::bigint AS since_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms, outcome FROM alert_waits"
        " WHERE account_id = %s AND (%s::text IS NULL OR state = %s) AND (%s OR ended_at IS NULL)"
        " ORDER BY since DESC, id LIMIT %s",
        account,
        state,
        state,
        ended,
        limit,
    )
