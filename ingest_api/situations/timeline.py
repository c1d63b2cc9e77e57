"""The timeline of a situation: alerts, deeds, messages, votes about outages, silences, maintenance and releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest_api.situations.changes import MARKERS_BEFORE_MS
from ingest_api.situations.kindred import Kindred
from vedette.errors import InvalidInput
from vedette.maintenance import windows_in
from vedette.notifying.labels import matches
from vedette.situations.situation import Situation
from vedette.store import maintenance, markers, situation_facts
from vedette.store.pool import Store
from vedette.windows.maintenance import held_until

FIRST, LAST = 300, 500
"""Steps that are told; of a long timeline the middle is left out, but for what people did."""
_LOOKS = 200
_MOST_SILENCED = 500
"""Alerts that silences are asked about."""
_FOUND = frozenset({"firing", "notice"})
_STARTS = {"firing": "start", "notice": "notice", "resolved": "end"}


def timeline(
    store: Store,
    account: int,
    situation: Situation,
    near: Kindred,
    outages: Sequence[dict[str, Any]],
    now_ms: int,
) -> tuple[list[dict[str, Any]], int]:
    """Steps in the order of time, and how many of the middle are left out.

    Each has `at_ms`, `what` and `title`; and `by`, `text`, `alert`, where there is such.
    """
    until = situation.ended_ms if situation.ended_ms is not None else now_ms
    alerts, fewer = _alerts(store, situation)
    messages, unsaid = _messages(store, situation)
    steps = [
        *alerts,
        *messages,
        *(step for outage in outages for step in _votes(outage)),
        *_silences(store, account, situation, until),
        *_maintenance(store, account, near, situation.started_ms, until),
        *_markers(store, account, near, situation.started_ms, until),
    ]
    steps.sort(key=lambda step: step["at_ms"])
    left_out = fewer + unsaid
    if len(steps) <= FIRST + LAST:
        return steps, left_out
    # What people did is few, and matters: all of it stays.
    middle = [step for step in steps[FIRST:-LAST] if step["by"] is not None]
    kept = [*steps[:FIRST], *middle, *steps[-LAST:]]
    return kept, left_out + len(steps) - len(kept)


def _step(at_ms: int, what: str, title: str, **more: Any) -> dict[str, Any]:
    return {"at_ms": at_ms, "what": what, "title": title, "by": None, "text": None, "alert": None, **more}


def _alerts(store: Store, situation: Situation) -> tuple[list[dict[str, Any]], int]:
    members = {alert.id: alert for alert in situation.alerts}
    steps = []
    rows, left_out = situation_facts.transitions(store, list(members))
    for row in rows:
        # What a rule says of its finding may have words of the same names.
        detail = {} if row["state"] in _FOUND else row["detail"]
        steps.append(
            _step(
                row["at_ms"], _STARTS.get(row["state"], row["state"]), members[row["alert"]].title,
                by=detail.get("by"),
                text=detail.get("text") or (f"to {detail['to']}" if detail.get("to") else None),
                alert=str(row["alert"]), severity=members[row["alert"]].severity,
            )
        )  # fmt: skip
    return steps, left_out


def _messages(store: Store, situation: Situation) -> tuple[list[dict[str, Any]], int]:
    rows, left_out = situation_facts.notifications(store, [alert.id for alert in situation.alerts])
    steps = [
        _step(
            row["at_ms"], "told" if row["state"] == "delivered" else f"message {row['state']}",
            f"{row['channel']}: {row['event']}", alert=str(row["alert"]), alerts=row["alerts"],
            channel=row["channel"], event=row["event"], text=None if row["state"] == "delivered" else row["answer"],
        )
        for row in rows
    ]  # fmt: skip
    return steps, left_out


def _votes(outage: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _step(
            step["at_ms"], "outage", outage["name"], vote=step["what"], location=step.get("location"),
            outcome=step.get("outcome"), text=step.get("error"), incident=outage["id"],
        )
        for step in outage["timeline"]
    ]  # fmt: skip


def _silences(store: Store, account: int, situation: Situation, until_ms: int) -> list[dict[str, Any]]:
    steps = []
    for row in situation_facts.silences(store, account, situation.started_ms, until_ms + 1):
        if any(_holds(row["selector"], alert.labels) for alert in situation.alerts[:_MOST_SILENCED]):
            more = {"by": row["author"], "text": row["reason"] or None, "until_ms": row["to_ms"]}
            steps.append(_step(max(row["from_ms"], situation.started_ms), "silence", row["selector"], **more))
    return steps


def _holds(selector: str, labels: Any) -> bool:
    try:
        return matches(selector, labels)
    except InvalidInput:  # of a newer version
        return False


def _maintenance(store: Store, account: int, near: Kindred, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """Windows that hold at any of some hundred moments of it, each once, since when it is seen to."""
    steps = []
    apart = max(60_000, (to_ms - from_ms) // _LOOKS)
    for definition in maintenance.windows_of(store, account):
        if definition["monitors"] and not near.monitors & set(definition["monitors"]):
            continue
        windows = windows_in(definition)
        for at_ms in range(from_ms, to_ms + 1, apart):
            if (until_ms := held_until(windows, at_ms)) is not None:
                steps.append(_step(at_ms, "maintenance", definition["name"], until_ms=until_ms))
                break
    return steps if near.monitors else []


def _markers(store: Store, account: int, near: Kindred, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    rows = markers.between(
        store, account, from_ms - MARKERS_BEFORE_MS, to_ms + 1, monitor=None, limit=situation_facts.MOST_ROWS
    )
    return [
        _step(row["at_ms"], "marker", row["name"], url=row["url"], marker=row["id"])
        for row in rows
        if not row["monitors"] or near.any_of(row["monitors"]) != "other"
    ]
