"""Monitors: definitions, state, history; and the list that a probe works from."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Response

from ingest_api import heartbeats as beats
from ingest_api.context import Context, context
from ingest_api.history import history, show_apdex
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.monitors import MonitorSpec, masked
from vedette.statistics.apdex import Apdex
from vedette.store import checks, heartbeats, monitors
from vedette.store.query import span

router = APIRouter(prefix="/v1", tags=["monitors"])
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_OLD_INTERVALS = 3
"""A state older than this many intervals says nothing about now."""
_USERINFO = re.compile(r"^([a-z]+://)[^/@]*@")
_SEVERITY = ("down", "degraded", "up")


def state_of(monitor: dict[str, Any], places: list[dict[str, Any]], now_ms: int) -> str:
    """The worst that any location has seen of late; `paused`, or `unknown` where nothing is fresh."""
    if monitor["paused"]:
        return "paused"
    oldest = now_ms - _OLD_INTERVALS * 1000 * monitor["interval_s"] - 1000 * monitor["timeout_s"]
    fresh = {place["outcome"] for place in places if place["at_ms"] >= oldest}
    return next((state for state in _SEVERITY if state in fresh), "unknown")


def _with_state(found: Context, account: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = found.clock.now_ms()
    states = monitors.states(found.store, account)
    totals = checks.totals(found.store, account, now - _DAY_MS)
    minutes = checks.good_minutes(found.store, account, now - _DAY_MS)
    jobs = any(row.get("kind") == "heartbeat" for row in rows)
    known = heartbeats.of_account(found.store, account) if jobs else {}
    for row in rows:
        places = states.get(row["id"], [])
        count = totals.get(row["id"], {})
        good, n = minutes.get(row["id"], (0, 0))
        apdex = Apdex(
            count.get("satisfied", 0), count.get("tolerating", 0), count.get("frustrated", 0), row["apdex_t_ms"]
        )
        row["state"] = state_of(row, places, now)
        row["places"] = places
        row["apdex"] = show_apdex(apdex)
        row["uptime_24h"] = good / n if n else None
        if row.get("kind") == "heartbeat":
            row["heartbeat"] = beats.show(row, known.get(row["id"]), places, now)
    return rows


@router.get("/monitors", summary="All monitors with their state")
def list_monitors(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> Response:
    """Definitions, the last state at each location (`places`), Apdex and uptime of the last 24 hours.

    Of a heartbeat also `heartbeat`: its state, its last ping, and when the next is due.
    """
    rows = _with_state(found, principal.account, monitors.of_account(found.store, principal.account))
    shown = [_shown(row, principal) for row in rows]
    return Response(msgspec.json.encode({"monitors": shown}), media_type="application/json")


def _shown(row: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """The row as `principal` may see it: credentials, header values and what is sent are for administrators."""
    if principal.has("admin"):
        return row
    return {**masked(row), "url": _USERINFO.sub(r"\1***@", row["url"])}


@router.post("/monitors", status_code=201, summary="Make a monitor")
def add_monitor(
    body: MonitorSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Probes take it up within seconds."""
    monitors.check_parent(found.store, principal.account, body.parent)
    return monitors.get(found.store, principal.account, monitors.add(found.store, principal.account, body))


@router.get("/monitors/{monitor}", summary="One monitor with its state")
def get_monitor(
    monitor: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """As in the list."""
    row = _with_state(found, principal.account, [monitors.get(found.store, principal.account, monitor)])[0]
    return _shown(row, principal)


@router.put("/monitors/{monitor}", summary="Change a monitor")
def change_monitor(
    monitor: int,
    body: MonitorSpec,
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Replaces the definition; history stays."""
    monitors.check_parent(found.store, principal.account, body.parent, monitor)
    monitors.change(found.store, principal.account, monitor, body)
    return monitors.get(found.store, principal.account, monitor)


@router.delete("/monitors/{monitor}", status_code=204, summary="Remove a monitor")
def remove_monitor(
    monitor: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Removes its history too, and ends its alerts."""
    monitors.remove(found.store, principal.account, monitor)
    return Response(status_code=204)


@router.get("/monitors/{monitor}/history", summary="Times, counts, Apdex and uptime over a range")
def monitor_history(
    monitor: int,
    from_: str = Query("-24h", alias="from"),
    to: str = Query("now"),
    step: int | None = Query(None, ge=1, le=31 * 86_400, description="seconds, rounded up to whole minutes"),
    location: str | None = None,
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """Over all locations, or one. Percentiles come from merged sketches (1 % relative error)."""
    definition = monitors.get(found.store, principal.account, monitor)
    now = found.clock.now_ms()
    minutes = None if step is None else -(-step // 60) * 60
    wanted = span(parse_time("from", from_, now), parse_time("to", to, now), minutes, least_s=60)
    hours = wanted.step_ms % _HOUR_MS == 0
    windows = found.history.check_windows(
        principal.account, monitor, wanted.from_ms, wanted.to_ms, hours=hours, location=location
    )
    body = {
        "monitor": monitor,
        "from": wanted.from_ms,
        "to": wanted.to_ms,
        "step_s": wanted.step_ms // 1000,
        "timestamps": wanted.timestamps(),
        **history(windows, wanted, definition["apdex_t_ms"]),
    }
    return Response(msgspec.json.encode(body), media_type="application/json")


@router.get("/monitors/{monitor}/checks", summary="The newest raw results")
def monitor_checks(
    monitor: int,
    limit: int = Query(50, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Newest first, with all phases."""
    monitors.get(found.store, principal.account, monitor)
    return {"checks": checks.latest(found.store, monitor, limit)}


@router.get("/probe/monitors", summary="What a probe checks", tags=["probe"])
def probe_monitors(
    location: str = Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"),
    if_none_match: str | None = Header(None),
    principal: Principal = Depends(needs("probe")),
    found: Context = Depends(context),
) -> Response:
    """Definitions for one location, with an ETag: 304 while nothing has changed."""
    principal.need_subject("location", location)
    rows = monitors.for_location(found.store, principal.account, location)
    body = msgspec.json.encode({"monitors": rows}, order="deterministic")
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag})
