"""The outbox: notifications that wait to be delivered, claimed by workers for the length of a lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vedette.store.pool import Store

_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Notification:
    """A claimed notification: its identity is the idempotency key; `attempts` counts this one too. `age_s` is the time
    since the first attempt, or since the first after its channel was enabled again."""

    id: int
    channel: int
    kind: str
    config: dict[str, Any]
    body: dict[str, Any]
    attempts: int
    age_s: float


def claim(
    store: Store, limit: int, lease_s: float, *, per_channel: int | None = None, busy: Mapping[int, int] | None = None
) -> list[Notification]:
    """Up to `limit` notifications that are due, each given to one worker for `lease_s`; after that, to whoever asks.

    Of one alert and channel only the oldest that is pending is given out, so that its order is kept. A channel gets
    at most `per_channel`, less what it has in `busy`. One claim looks at the first `_LOOKED_AT` that are due in
    channels with free places: whoever gets something asks again, and sees what stood behind channels now full.
    """
    most = limit if per_channel is None else per_channel
    taken = {} if busy is None else busy
    rows = store.rows(
        "WITH busy AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS b (channel_id, places)),"
        " seen AS (SELECT n.id, n.channel_id, n.next_attempt_at, n.position FROM notifications n"
        " WHERE n.state = 'pending' AND n.next_attempt_at <= now() AND NOT n.gathers AND n.carrier IS NULL"
        " AND (n.claimed_until IS NULL OR n.claimed_until <= now())"
        " AND NOT EXISTS (SELECT 1 FROM notifications e WHERE e.alert_id = n.alert_id AND e.channel_id = n.channel_id"
        " AND e.position < n.position AND e.state = 'pending')"
        " AND EXISTS (SELECT 1 FROM channels c WHERE c.id = n.channel_id AND c.disabled_reason IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM busy WHERE busy.channel_id = n.channel_id AND busy.places >= %s)"
        " ORDER BY n.next_attempt_at, n.position LIMIT %s),"
        " ranked AS (SELECT *, row_number() OVER (PARTITION BY channel_id ORDER BY next_attempt_at, position) AS rank"
        " FROM seen),"
        " chosen AS (SELECT ranked.id FROM ranked LEFT JOIN busy USING (channel_id)"
        " WHERE rank <= %s - coalesce(places, 0) ORDER BY next_attempt_at, position LIMIT %s),"
        # Another worker may have claimed, gathered, even delivered it since we looked: asked again once it is locked.
        " due AS (SELECT n.id FROM notifications n WHERE n.id IN (SELECT id FROM chosen) AND n.state = 'pending'"
        " AND n.next_attempt_at <= now() AND (n.claimed_until IS NULL OR n.claimed_until <= now())"
        " AND NOT n.gathers AND n.carrier IS NULL FOR UPDATE OF n SKIP LOCKED)"
        " UPDATE notifications n SET claimed_until = now() + make_interval(secs => %s), attempts = n.attempts + 1,"
        " first_attempt_at = coalesce(n.first_attempt_at, now())"
        " FROM due, channels c WHERE n.id = due.id AND c.id = n.channel_id"
        " RETURNING n.id, n.channel_id, c.kind, c.config, n.body, n.attempts,"
        " extract(epoch FROM now() - n.first_attempt_at)::float8 AS age_s,"
        # Known for sure only now: an end is due when nothing of its alert waits before it any more.
        " CASE WHEN n.body->>'event' = 'end' THEN ARRAY(SELECT s.alert_id::text FROM notifications e"
        " JOIN notifications s ON s.alert_id = e.alert_id AND s.channel_id = e.channel_id"
        " WHERE (e.id = n.id OR e.carrier = n.id) AND s.state = 'failed' AND s.body->>'event' = 'start')"
        " ELSE '{}' END AS unheard",
        list(taken.keys()),
        list(taken.values()),
        most,
        max(limit, _LOOKED_AT),
        most,
        limit,
        lease_s,
    )
    return [
        Notification(
            row["id"],
            row["channel_id"],
            row["kind"],
            row["config"],
            _telling(row["body"], row["unheard"]),
            row["attempts"],
            row["age_s"],
        )
        for row in rows
    ]


def _telling(body: dict[str, Any], unheard: Sequence[str]) -> dict[str, Any]:
    """The body of an end, which says of which alerts the start was given up."""
    if not unheard:
        return body
    missed = {"start_given_up": True}
    told = {**body, "alert": {**body["alert"], **(missed if body["alert"]["id"] in unheard else {})}}
    if "alerts" in body:
        told["alerts"] = [{**one, **(missed if one["id"] in unheard else {})} for one in body["alerts"]]
    return told


def delivered(store: Store, notification: int, answer: str) -> None:
    """Note a success, also of what the same message told."""
    store.execute(
        "UPDATE notifications SET state = 'delivered', delivered_at = now(), claimed_until = NULL, last_answer = %s"
        " WHERE id = %s OR carrier = %s",
        answer,
        notification,
        notification,
    )


def retry(store: Store, notification: int, answer: str, wait_s: float, attempt: int) -> None:
    """Note that attempt number `attempt` failed and may be repeated in `wait_s`.

    Nothing happens if another worker has claimed it meanwhile, because the lease was over: the claim is now that one's.
    """
    store.execute(
        "UPDATE notifications SET claimed_until = NULL, last_answer = %s,"
        " next_attempt_at = now() + make_interval(secs => %s) WHERE id = %s AND state = 'pending' AND attempts = %s",
        answer,
        wait_s,
        notification,
        attempt,
    )


def failed(store: Store, notification: int, answer: str) -> None:
    """Give a notification up, with what its message would have told, unless it was delivered meanwhile."""
    store.execute(
        "UPDATE notifications SET state = 'failed', claimed_until = NULL, last_answer = %s"
        " WHERE (id = %s OR carrier = %s) AND state = 'pending'",
        answer,
        notification,
        notification,
    )


def disable_channel(store: Store, channel: int, reason: str) -> None:
    """Stop using a channel that can never work as it is; the reason is shown with it."""
    store.execute("UPDATE channels SET disabled_reason = %s WHERE id = %s", reason, channel)
