"""Attempts: what receivers have answered to each try at a notification."""

from __future__ import annotations

from typing import Any

from vedette.errors import NotFound
from vedette.store.pool import Store

LAST = 5
"""How many of a notification's attempts come with its alert."""
MOST = 1000
"""How many are told at all, the newest."""
_OF_ALERT = (
    "SELECT n.id::text, n.channel_id AS channel, c.name AS channel_name, n.body->>'event' AS event, n.state, n.failure,"
    " m.attempts, m.last_answer, (extract(epoch FROM n.created_at) * 1000)::bigint AS created_ms,"
    " (extract(epoch FROM n.delivered_at) * 1000)::bigint AS delivered_ms,"
    " CASE WHEN n.state = 'pending' THEN (extract(epoch FROM m.next_attempt_at) * 1000)::bigint END AS next_ms,"
    " coalesce((SELECT jsonb_agg(jsonb_build_object('attempt', attempt,"
    " 'at_ms', (extract(epoch FROM at) * 1000)::bigint, 'took_ms', took_ms,"
    # Without an answer an attempt is under way while its worker has the claim; after that nobody will tell.
    " 'outcome', coalesce(outcome, CASE WHEN attempt = m.attempts AND m.claimed_until > now() THEN 'under_way'"
    " ELSE 'unknown' END), 'answer', answer) ORDER BY attempt) FROM (SELECT * FROM notification_attempts"
    " WHERE notification_id = m.id ORDER BY attempt DESC LIMIT %s) t), '[]') AS attempt_log"
    " FROM notifications n JOIN channels c ON c.id = n.channel_id"
    # What goes with others is tried as they are: as the message of the first.
    " JOIN notifications m ON m.id = coalesce(n.carrier, n.id) WHERE n.alert_id = %s ORDER BY n.position"
)


def notifications_of(store: Store, alert: int, most: int = LAST) -> list[dict[str, Any]]:
    """What became of an alert's notifications, in their order, each with its last `most` attempts in theirs.

    `outcome` is `delivered`, `retry`, `refused`, `permanent`, `given_up`, `under_way`, or `unknown`: nobody noted what
    came of it, since its worker ended or the database was away.
    """
    return store.rows(_OF_ALERT, most, alert)


def told(store: Store, account: int, alert: int) -> list[dict[str, Any]]:
    """The same, with up to `MOST` attempts of each; `NotFound` if the account has no such alert."""
    if store.row("SELECT 1 FROM alerts WHERE id = %s AND account_id = %s", alert, account) is None:
        raise NotFound(f"alert {alert} does not exist")
    return notifications_of(store, alert, MOST)
