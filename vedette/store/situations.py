"""Reading situations: the alerts of a time, and as many around it as belong to them.

Nothing of a situation is stored: it follows from the rows of its alerts, so it is never stale, and whatever was
recorded once is in exactly one. Dependencies, hosts of URLs and names are those of now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vedette.errors import NotFound
from vedette.situations.alert import Alert, Watched, alert_labels, host_of
from vedette.situations.links import LATELY_MS, REOPEN_MS
from vedette.situations.situation import Situation, situations
from vedette.store.pool import Store

MOST = 20_000
"""Alerts that are read for one answer: those nearest to the time that is asked for."""


class Found(NamedTuple):
    """Situations, the first first. `cut`: there were more than `MOST` alerts, so some may lack what was long before."""

    situations: list[Situation]
    monitors: dict[int, Watched]
    cut: bool


def between(store: Store, account: int, from_ms: int, to_ms: int, now_ms: int) -> Found:
    """Situations that go on at any time in from_ms ≤ t < to_ms."""
    return _whole(store, account, from_ms, to_ms, now_ms, lambda found: found.goes_on_in(from_ms, to_ms), to_ms)


def containing(store: Store, account: int, alert: int, now_ms: int) -> tuple[Situation, Found]:
    """The situation of an alert; `NotFound` if the account has no such alert."""
    row = store.row(
        "SELECT (extract(epoch FROM started_at) * 1000)::bigint AS at FROM alerts WHERE id = %s AND account_id = %s",
        alert,
        account,
    )
    if row is None:
        raise NotFound(f"situation {alert} does not exist")
    at = row["at"]
    found = _whole(store, account, at, at + 1, now_ms, lambda one: any(each.id == alert for each in one.alerts), at)
    if not found.situations:
        raise NotFound(f"situation {alert} does not exist")
    return found.situations[0], found


def _whole(
    store: Store, account: int, from_ms: int, to_ms: int, now_ms: int, wanted: Callable[[Situation], bool], near_ms: int
) -> Found:
    """Those that are `wanted`, with all of their alerts.

    What an alert is linked to begins at most `LATELY_MS` before it, or ended at most `REOPEN_MS` before it, or was
    open. So once nothing of what is wanted comes nearer to the bounds of what was read, nothing is missing.
    """
    monitors = watched(store, account)
    low, high = from_ms - LATELY_MS, to_ms + LATELY_MS
    while True:
        alerts = alerts_within(store, account, low, high, near_ms)
        found = [one for one in situations(alerts[:MOST], monitors) if wanted(one)]
        first = min((one.started_ms for one in found), default=from_ms) - LATELY_MS
        last = max((_reach(one, now_ms) for one in found), default=to_ms)
        cut = len(alerts) > MOST
        if cut or (first >= low and last <= high):
            return Found(found, monitors, cut)
        # At least doubled each time, so that a long chain is read a few times only.
        width = high - low
        low = min(first, low - width) if first < low else low
        high = max(last, high + width) if last > high else high


def _reach(situation: Situation, now_ms: int) -> int:
    ended = situation.ended_ms
    until = max(now_ms, situation.alerts[-1].started_ms) if ended is None else ended
    return until + REOPEN_MS + 1


def watched(store: Store, account: int) -> dict[int, Watched]:
    """The account's monitors, as far as they tell what depends on what."""
    rows = store.tuples(
        "SELECT id, name, (config->>'parent')::bigint, url FROM monitors WHERE account_id = %s", account
    )
    return {number: Watched(name, parent, host_of(url)) for number, name, parent, url in rows}


def alerts_within(store: Store, account: int, low_ms: int, high_ms: int, near_ms: int) -> list[Alert]:
    """Alerts that went on in the range; of more than `MOST` one more, those that began nearest to `near_ms`."""
    rows = store.tuples(
        "SELECT a.id, a.rule_name, a.subject, a.title, a.severity, a.state, a.started_ms, a.ended_ms,"
        " a.acknowledged_by, t.roles, t.location"
        " FROM (SELECT *, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE account_id = %s"
        " AND started_at < to_timestamp(%s / 1000.0) AND (ended_at IS NULL OR ended_at >= to_timestamp(%s / 1000.0))"
        " ORDER BY abs(extract(epoch FROM started_at) * 1000 - %s), id LIMIT %s) a LEFT JOIN LATERAL"
        " (SELECT detail->>'roles' AS roles, detail->>'location' AS location FROM alert_transitions"
        " WHERE alert_id = a.id AND state IN ('firing', 'notice') ORDER BY at, id LIMIT 1) t ON true",
        account,
        high_ms,
        low_ms,
        near_ms,
        MOST + 1,
    )
    return [
        Alert(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7],
              alert_labels(row[1], row[2], row[4], row[9], row[10]), row[8])
        for row in rows
    ]  # fmt: skip
