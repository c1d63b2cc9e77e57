"""Runs of reports: each time at which one is due is taken once, and put into the outbox in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from vedette.events.names import hash64
from vedette.notifying.report import DAY_MS, LATEST_MS, ReportSpec
from vedette.store.pool import Connection, Jsonb, Store
from vedette.store.report_definitions import report_of, spec_of

SHOWN = 30
_MISSED = 10
GRACE_MS = 90_000
"""So long after its time a report is made, so that alerts that began before are in the tables."""
AGAIN_S = 60.0
"""After so long a report that could not be made is tried again."""
Body = dict[str, Any]
Make = Callable[[Connection, int, ReportSpec, int, int, Sequence[int]], Body]
"""Makes what a report says, of: connection, account, definition, when it is due and when it is made (ms UTC), and
earlier times that were left out."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A report that was due: whether it was made, else why not."""

    report: int
    due_ms: int
    skipped: str | None = None


def run_due(store: Store, make: Make) -> Ran | None:
    """Take one report that is due, and put it into the outbox, or note why it is left out; None if none is due.

    Whoever is killed meanwhile has done nothing: the row of the report is locked until all of it is committed, and the
    next worker takes it. Several workers never take the same. A report is made `GRACE_MS` after it was
    due. It is left out if it was due `LATEST_MS` ago, or if its next time has come too. Whatever `make` raises is
    raised, and the report is taken again in `AGAIN_S`. Blocks for
    as long as `make` takes.
    """
    report = None
    try:
        with store.transaction() as connection:
            row = connection.execute(
                "SELECT id, account_id, name, config, (extract(epoch FROM next_at) * 1000)::bigint AS next_ms,"
                " (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms FROM reports"
                " WHERE next_at <= clock_timestamp() - make_interval(secs => %s / 1000.0)"
                " AND (wait_until IS NULL OR wait_until <= clock_timestamp())"
                " ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED",
                (GRACE_MS,),
            ).fetchone()
            if row is None:
                return None
            report = row["id"]
            return _run(connection, make, row)
    except Exception:
        if report is not None:  # it must not keep others from being made
            store.execute(
                "UPDATE reports SET wait_until = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
                AGAIN_S,
                report,
            )
        raise


def _run(connection: Connection, make: Make, row: dict[str, Any]) -> Ran:
    report, due_ms, now_ms = row["id"], row["next_ms"], row["now_ms"]
    spec: ReportSpec | None = None
    try:
        spec = spec_of({"name": row["name"], **row["config"]})
    except ValidationError as error:
        if now_ms - due_ms <= LATEST_MS:
            raise
        first = error.errors()[0]
        following: int | None = now_ms + DAY_MS
        reason: str | None = f"its definition does not hold: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    else:
        following = spec.next_ms(due_ms)
        reason = _left_out(due_ms, following, now_ms)
    if spec is not None and reason is None:
        _put(connection, make, report, row["account_id"], spec, due_ms, now_ms)
    else:
        connection.execute(
            "INSERT INTO report_runs (id, report_id, due_at, state, reason)"
            " VALUES (%s, %s, to_timestamp(%s / 1000.0), 'skipped', %s) ON CONFLICT DO NOTHING",
            (run_id(report, due_ms), report, due_ms, reason),
        )
    connection.execute(
        "UPDATE reports SET next_at = to_timestamp(%s / 1000.0), wait_until = NULL WHERE id = %s", (following, report)
    )
    return Ran(report, due_ms, reason)


def _left_out(due_ms: int, following_ms: int | None, now_ms: int) -> str | None:
    if now_ms - due_ms > LATEST_MS:
        return f"it could not be made, or nobody was there to send it, for {LATEST_MS // 3_600_000} hours"
    if following_ms is not None and following_ms <= now_ms:
        return "nobody was there to send it before the next was due"
    return None


def run_now(store: Store, make: Make, account: int, report: int, author: str, now_ms: int) -> dict[str, Any]:
    """Send a report at once, as if it were due now; its own times stay. What was put into the outbox."""
    spec = spec_of(report_of(store, account, report))
    with store.transaction() as connection:
        _put(connection, make, report, account, spec, now_ms, now_ms, by_hand=author)
    (run,) = runs_of(store, report, run_id(report, now_ms))
    return run


def run_id(report: int, due_ms: int) -> int:
    """The identity of a report at one of its times: it is made once."""
    return hash64("report", report, due_ms)


def _put(
    connection: Connection,
    make: Make,
    report: int,
    account: int,
    spec: ReportSpec,
    due_ms: int,
    now_ms: int,
    *,
    by_hand: str | None = None,
) -> None:
    run = run_id(report, due_ms)
    made = connection.execute(
        "INSERT INTO report_runs (id, report_id, due_at, by_hand, state)"
        " VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, 'made') ON CONFLICT DO NOTHING",
        (run, report, due_ms, by_hand),
    ).rowcount
    if not made:  # the clock was put back: this time was there before
        return
    said = make(connection, account, spec, due_ms, now_ms, _missed(connection, report, due_ms))
    _drop_older(connection, report, due_ms)
    for channel in spec.channels:
        identity = hash64("notification", run, channel)
        body = {"id": str(identity), "event": "report", "at_ms": now_ms, "report": {"id": str(run), **said}}
        # A channel that was removed since is nobody to be told.
        connection.execute(
            "INSERT INTO notifications (id, run_id, channel_id, body) SELECT %s, %s, id, %s FROM channels"
            " WHERE id = %s AND account_id = %s FOR KEY SHARE ON CONFLICT DO NOTHING",
            (identity, run, Jsonb(body), channel, account),
        )


def _drop_older(connection: Connection, report: int, due_ms: int) -> None:
    """What waits for channels that are disabled: once they are enabled again, the newest is enough."""
    connection.execute(
        "UPDATE notifications n SET state = 'dropped', last_answer = 'a later one was made'"
        " FROM report_runs r, channels c"
        " WHERE r.id = n.run_id AND r.report_id = %s AND r.due_at < to_timestamp(%s / 1000.0) AND n.state = 'pending'"
        " AND c.id = n.channel_id AND c.disabled_reason IS NOT NULL",
        (report, due_ms),
    )


def _missed(connection: Connection, report: int, due_ms: int) -> list[int]:
    """Times that were left out since the last one that was made as it was due, the first of them first."""
    rows = connection.execute(
        "SELECT (extract(epoch FROM due_at) * 1000)::bigint AS due_ms FROM report_runs r WHERE report_id = %s"
        " AND state = 'skipped' AND due_at < to_timestamp(%s / 1000.0) AND NOT EXISTS (SELECT 1 FROM report_runs o"
        " WHERE o.report_id = r.report_id AND o.state = 'made' AND o.by_hand IS NULL AND o.due_at > r.due_at"
        " AND o.due_at < to_timestamp(%s / 1000.0)) ORDER BY due_at DESC LIMIT %s",
        (report, due_ms, due_ms, _MISSED),
    ).fetchall()
    return [row["due_ms"] for row in reversed(rows)]


def runs_of(store: Store, report: int, run: int | None = None) -> list[dict[str, Any]]:
    """The last runs of a report, or one of them, the newest first, each with what became of its notifications."""
    return store.rows(
        "SELECT r.id::text, (extract(epoch FROM r.due_at) * 1000)::bigint AS due_ms, r.by_hand, r.state, r.reason,"
        " (extract(epoch FROM r.created_at) * 1000)::bigint AS made_ms,"
        " coalesce((SELECT jsonb_agg(jsonb_build_object('channel', c.name, 'state', n.state, 'attempts', n.attempts,"
        " 'answer', n.last_answer, 'delivered_ms', (extract(epoch FROM n.delivered_at) * 1000)::bigint)"
        " ORDER BY n.position) FROM notifications n JOIN channels c ON c.id = n.channel_id"
        " WHERE n.run_id = r.id), '[]') AS notifications"
        " FROM report_runs r WHERE r.report_id = %s AND (%s::bigint IS NULL OR r.id = %s)"
        " ORDER BY r.due_at DESC, r.id LIMIT %s",
        report,
        run,
        run,
        SHOWN,
    )
