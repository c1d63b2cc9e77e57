"""What else changed in the account around a situation's beginning, the likeliest cause first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ingest_api.situations.endpoints import endpoint_changes
from ingest_api.situations.hosts import host_changes
from ingest_api.situations.kindred import Kindred
from vedette.situations.alert import Alert, alert_labels
from vedette.situations.score import SIZES, Kin, nearness_of, scored
from vedette.situations.situation import Situation
from vedette.store import around, markers
from vedette.store.pool import Store

MOST = 50
"""Changes that are told."""
_MINUTE_MS = 60_000
MARKERS_BEFORE_MS = 120 * _MINUTE_MS
BEFORE_MS = 30 * _MINUTE_MS
AFTER_MS = 10 * _MINUTE_MS
DRIFT_BEFORE_MS = 60 * _MINUTE_MS
_MADE = {
    "monitor": "/v1/monitors/{}", "rule": "/v1/rules", "model": "/v1/models/{}", "model version": "/v1/models/{}",
    "reference": "/v1/models/{}/references", "plugin code": "/v1/plugins/{}", "host": "/v1/sources/{}",
    "boot": "/v1/sources/{}",
}  # fmt: skip
_WORDS = {"boot": "the host {} was started", "host": "the host {} was enrolled", "plugin code": "plugin code: {}"}


def changes(
    store: Store, account: int, situation: Situation, near: Kindred, now_ms: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Up to `MOST` changes, by score, and what was looked at for them."""
    start = situation.started_ms
    series, hosts = host_changes(store, account, situation, near, now_ms)
    checked, endpoints = endpoint_changes(store, situation, near, now_ms)
    found = [
        *_markers(store, account, start, near),
        *_alerts(store, account, situation, near),
        *_outages(store, account, start, near),
        *_made(store, account, start, near),
        *_drift(store, account, start, near),
        *series,
        *checked,
    ]
    found.sort(key=lambda change: (-change["score"], change["kind"], change["title"]))
    looked_at = {
        "markers": {"from_ms": start - MARKERS_BEFORE_MS, "to_ms": start + AFTER_MS},
        "events": {"from_ms": start - BEFORE_MS, "to_ms": start + AFTER_MS},
        **hosts,
        **endpoints,
    }
    return found[:MOST], looked_at


def _change(
    kind: str,
    title: str,
    at_ms: int,
    start_ms: int,
    size: float,
    kin: Kin,
    link: str,
    *,
    until_ms: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """With `until_ms`, it happened at an unknown moment up to then: the one nearest to the start counts."""
    nearest = at_ms if until_ms is None else max(at_ms, min(until_ms, start_ms))
    score = scored(size, nearness_of(nearest, start_ms), kin)
    return {"kind": kind, "title": title, "at_ms": at_ms, **score, "link": link, "before": None, "after": None, **more}


def _markers(store: Store, account: int, start: int, near: Kindred) -> list[dict[str, Any]]:
    rows = markers.between(store, account, start - MARKERS_BEFORE_MS, start + AFTER_MS, monitor=None, limit=around.MOST)
    return [
        _change(
            "marker", row["name"], row["at_ms"], start, SIZES["marker"],
            near.any_of(row["monitors"]) if row["monitors"] else "akin",
            f"/v1/markers/{row['id']}/compare", id=row["id"], url=row["url"],
        )
        for row in rows
    ]  # fmt: skip


def _alerts(store: Store, account: int, situation: Situation, near: Kindred) -> list[dict[str, Any]]:
    start = situation.started_ms
    members = [alert.id for alert in situation.alerts]
    found = []
    for row in around.alerts_begun(store, account, start - BEFORE_MS, start + AFTER_MS, members):
        labels = alert_labels(row["rule"], row["subject"], row["severity"], row["roles"], row["location"])
        alert = Alert(
            row["id"], row["rule"], row["subject"], row["title"], row["severity"], "", row["at_ms"], None, labels
        )
        size = SIZES.get(f"alert:{alert.severity}", SIZES["alert:"])
        link = f"/v1/alerts/{alert.id}"
        found.append(
            _change("alert", alert.title, alert.started_ms, start, size, near.alert(alert), link, id=str(alert.id))
        )
    return found


def _outages(store: Store, account: int, start: int, near: Kindred) -> list[dict[str, Any]]:
    rows = around.outages_begun(store, account, start - BEFORE_MS, start + AFTER_MS, sorted(near.monitors))
    return [
        _change(
            "outage", f"{row['name']}: {row['error'] or row['cause']}", row["at_ms"], start,
            SIZES.get(f"outage:{row['severity']}", SIZES["outage:partial"]), near.monitor(row["monitor"]),
            f"/v1/incidents/{row['id']}", id=row["id"], monitor=row["monitor"], suppressed_by=row["suppressed_by"],
        )
        for row in rows
    ]  # fmt: skip


def _made(store: Store, account: int, start: int, near: Kindred) -> list[dict[str, Any]]:
    found = []
    for row in around.changes_made(store, account, start - MARKERS_BEFORE_MS, start + AFTER_MS):
        what, number = row["what"], row["id"]
        kin: Kin = "akin"
        if what == "monitor":
            kin = near.monitor(int(number))
        elif what in {"host", "boot"}:
            kin = near.host(number)
        elif what in {"model", "model version", "reference"}:
            kin = near.model(int(number))
        title = _WORDS.get(what, f"new {what}: {{}}").replace("{}", row["name"])
        link = _MADE[what].replace("{}", quote(number, safe=""))
        found.append(_change("change", title, row["at_ms"], start, SIZES["change"], kin, link, id=number, what=what))
    return found


def _drift(store: Store, account: int, start: int, near: Kindred) -> list[dict[str, Any]]:
    found = []
    for row in around.drift_begun(store, account, start, DRIFT_BEFORE_MS):
        after, before = row["after"] or {}, row["before"] or {}
        version = f" {row['version']}" if row["version"] else ""
        found.append(
            _change(
                "drift", f"{row['name']}{version}: {row['feature']} drifts", row["start_ms"], start, SIZES["drift"],
                near.model(row["model"]), f"/v1/models/{row['model']}/drift", until_ms=row["end_ms"], id=row["model"],
                feature=row["feature"],
                statistic=after.get("statistic"), threshold=after.get("threshold"),
                before=before.get("value"), after=after.get("value"),
            )
        )  # fmt: skip
    return found
