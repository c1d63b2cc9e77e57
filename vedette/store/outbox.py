"""The outbox: notifications that wait to be delivered, claimed by workers for the length of a lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vedette.store.pool import Jsonb, Store

_MOST_SHOWN = 500
"""Characters of an answer that are kept."""
_NOTED = (
    "WITH noted AS (UPDATE notification_attempts SET outcome = %s, answer = %s, took_ms = %s WHERE notification_id = %s"
    " AND attempt = coalesce(%s::int, (SELECT attempts FROM notifications WHERE id = %s)))"
)
Failure = Literal["refused", "permanent", "given_up"]
"""Why one is tried no more: its receiver will never take it, its channel cannot work, or its time is over."""


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
    store: Store,
    limit: int,
    lease_s: float,
    *,
    per_channel: int | None = None,
    busy: Mapping[int, int] | None = None,
    spare: int = 0,
) -> list[Notification]:
    """Up to `limit` notifications that are due, each given to one worker for `lease_s`; after that, to whoever asks.

    Of one alert and channel only the oldest that is pending is given out, so that its order is kept. A channel gets
    at most `per_channel`, less what it has in `busy`; those that have the least come first, so that none waits for the
    thousands of another, and the last `spare` places are for channels that have none.
    """
    most = limit if per_channel is None else per_channel
    taken = {} if busy is None else busy
    rows = store.rows(
        "WITH busy AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS b (channel_id, places)),"
        # Each channel's first by an index of its own: what waits behind them, however much, is not looked at. (Hence a
        # limit that the planner knows, and an array: of what it takes for thousands it would read the whole outbox.)
        " seen AS (SELECT f.*, f.place + coalesce(b.places, 0) AS turn FROM channels c"
        " LEFT JOIN busy b ON b.channel_id = c.id CROSS JOIN LATERAL ("
        "SELECT n.id, n.next_attempt_at, n.position,"
        " row_number() OVER (ORDER BY n.next_attempt_at, n.position) AS place"
        " FROM notifications n WHERE n.channel_id = c.id"
        " AND n.state = 'pending' AND n.next_attempt_at <= now() AND NOT n.gathers AND n.carrier IS NULL"
        " AND (n.claimed_until IS NULL OR n.claimed_until <= now())"
        " AND NOT EXISTS (SELECT 1 FROM notifications e WHERE e.alert_id = n.alert_id AND e.channel_id = n.channel_id"
        " AND e.position < n.position AND e.state = 'pending')"
        " ORDER BY n.next_attempt_at, n.position LIMIT %s) f"
        " WHERE c.disabled_reason IS NULL AND coalesce(b.places, 0) < %s AND f.place + coalesce(b.places, 0) <= %s),"
        " ranked AS (SELECT *, row_number() OVER (ORDER BY turn, next_attempt_at, position) AS rank FROM seen),"
        " chosen AS (SELECT id FROM ranked WHERE rank <= CASE WHEN turn = 1 THEN %s ELSE %s END),"
        # Another worker may have claimed, gathered, even delivered it since we looked: asked again once it is locked.
        " due AS (SELECT n.id FROM notifications n WHERE n.id = ANY(ARRAY(SELECT id FROM chosen))"
        " AND n.state = 'pending' AND n.next_attempt_at <= now() AND NOT n.gathers AND n.carrier IS NULL"
        " AND (n.claimed_until IS NULL OR n.claimed_until <= now()) FOR UPDATE OF n SKIP LOCKED),"
        " claimed AS (UPDATE notifications n SET claimed_until = now() + make_interval(secs => %s),"
        " attempts = n.attempts + 1,"
        " first_attempt_at = coalesce(n.first_attempt_at, now())"
        " FROM due, channels c WHERE n.id = due.id AND c.id = n.channel_id"
        " RETURNING n.id, n.channel_id, c.kind, c.config, n.body, n.attempts,"
        " extract(epoch FROM now() - n.first_attempt_at)::float8 AS age_s,"
        # Known for sure only now: an end is due when nothing of its alert waits before it any more.
        " CASE WHEN n.body->>'event' = 'end' THEN ARRAY(SELECT s.alert_id::text FROM notifications e"
        " JOIN notifications s ON s.alert_id = e.alert_id AND s.channel_id = e.channel_id"
        " WHERE (e.id = n.id OR e.carrier = n.id) AND s.state = 'failed' AND s.body->>'event' = 'start')"
        " ELSE '{}' END AS unheard),"
        # Noted before anything is sent: of a worker that dies over it there is an attempt without an answer.
        " noted AS (INSERT INTO notification_attempts (notification_id, attempt) SELECT id, attempts FROM claimed"
        " ON CONFLICT DO NOTHING)"
        " SELECT * FROM claimed",
        list(taken.keys()),
        list(taken.values()),
        most,
        most,
        most,
        limit,
        limit - spare,
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


def delivered(
    store: Store, notification: int, answer: str, attempt: int | None = None, took_ms: int | None = None
) -> None:
    """Note a success, also of what the same message told.

    Here and below, what came of attempt number `attempt` (the last if not given) and how long it took are noted
    together with what that means for the notification, also if another worker has the claim by now.
    """
    store.execute(
        _NOTED  # noqa: S608 - constants
        + " UPDATE notifications SET state = 'delivered', delivered_at = now(), claimed_until = NULL,"
        " last_answer = %s, failure = NULL WHERE id = %s OR carrier = %s",
        *_noted("delivered", notification, answer, attempt, took_ms),
        _shortened(answer),
        notification,
        notification,
    )


def retry(
    store: Store, notification: int, answer: str, wait_s: float, attempt: int, took_ms: int | None = None
) -> None:
    """Note that attempt number `attempt` failed and may be repeated in `wait_s`.

    The notification stays as it is if another worker has claimed it meanwhile, because the lease was over: the claim is
    now that one's.
    """
    store.execute(
        _NOTED  # noqa: S608 - constants
        + " UPDATE notifications SET claimed_until = NULL, last_answer = %s,"
        " next_attempt_at = now() + make_interval(secs => %s) WHERE id = %s AND state = 'pending' AND attempts = %s",
        *_noted("retry", notification, answer, attempt, took_ms),
        _shortened(answer),
        wait_s,
        notification,
        attempt,
    )


def failed(
    store: Store,
    notification: int,
    answer: str,
    failure: Failure = "given_up",
    attempt: int | None = None,
    took_ms: int | None = None,
) -> None:
    """Give a notification up, with what its message would have told, unless it was delivered meanwhile."""
    store.execute(
        _NOTED  # noqa: S608 - constants
        + " UPDATE notifications SET state = 'failed', claimed_until = NULL, last_answer = %s, failure = %s"
        " WHERE (id = %s OR carrier = %s) AND state = 'pending'",
        *_noted(failure, notification, answer, attempt, took_ms),
        _shortened(answer),
        failure,
        notification,
        notification,
    )


def disable_channel(store: Store, channel: int, reason: str, config: dict[str, Any] | None = None) -> bool:
    """Stop using a channel that can never work as it is; the reason is shown with it. False if it has another
    configuration than this one by now, or is gone."""
    return bool(
        store.execute(
            "UPDATE channels SET disabled_reason = %s WHERE id = %s AND config = coalesce(%s, config)",
            reason,
            channel,
            None if config is None else Jsonb(config),
        )
    )


def _noted(
    outcome: str, notification: int, answer: str, attempt: int | None, took_ms: int | None
) -> tuple[object, ...]:
    return outcome, _shortened(answer), took_ms, notification, attempt, notification


def _shortened(answer: str) -> str:
    return answer[:_MOST_SHOWN]
