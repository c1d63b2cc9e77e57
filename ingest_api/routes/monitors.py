"""Monitors: definitions, state, history; and the list that a probe works from."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ingest_api import heartbeats as beats
from ingest_api.context import Context, context
from ingest_api.history import digestible, show_apdex, tier_of
from ingest_api.makers import HistoryMaker
from ingest_api.questions import questions_of
from ingest_api.quiet_times import active_windows
from ingest_api.security import needs
from ingest_api.subjects import Subject
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.monitors import MonitorSpec, masked
from vedette.monitors.every_kind import LONGEST_LOCATION
from vedette.statistics.apdex import Apdex
from vedette.store import checks, heartbeats, monitors, outage_states, probe_places
from vedette.store.check_columns import Tail
from vedette.store.query import span

router = APIRouter(prefix="/v1", tags=["monitors"])
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_OLD_INTERVALS = 3
"""A state older than this many intervals says nothing about now."""
_USERINFO = re.compile(r"^([a-z]+://)[^/@]*@")
STATES = ("up", "degraded", "partial", "down", "unknown", "paused")


def state_of(monitor: dict[str, Any], places: list[dict[str, Any]], outage: dict[str, Any] | None, now_ms: int) -> str:
    """What all locations together say of the monitor, as the outage machine has judged it.

    `paused` while it is paused; `unknown` where no location has looked of late, whatever was said before.
    """
    if monitor["paused"]:
        return "paused"
    oldest = now_ms - _OLD_INTERVALS * 1000 * monitor["interval_s"] - 1000 * monitor["timeout_s"]
    if outage is None or outage["state"] == "paused" or all(place["at_ms"] < oldest for place in places):
        return "unknown"
    return str(outage["state"])


def _with_state(found: Context, account: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now, store = found.clock.now_ms(), found.store
    one = rows[0]["id"] if len(rows) == 1 else None
    outages = outage_states.states_of(store, account, one)
    quiet = active_windows(store, account, now)
    states = monitors.states(store, account, one)
    if one is None:
        sums = found.days.get(account, lambda: checks.day_sums(store, account, now - _DAY_MS))
    else:
        sums = checks.day_sums(store, account, now - _DAY_MS, one)
    jobs = any(row.get("kind") == "heartbeat" for row in rows)
    known = heartbeats.of_account(found.store, account) if jobs else {}
    for row in rows:
        places = states.get(row["id"], [])
        satisfied, tolerating, frustrated, good, n = sums.get(row["id"], (0, 0, 0, 0, 0))
        apdex = Apdex(satisfied, tolerating, frustrated, row["apdex_t_ms"])
        outage = outages.get(row["id"])
        row["state"] = state_of(row, places, outage, now)
        row["since_ms"] = None if outage is None or row["state"] != outage["state"] else outage["since_ms"]
        row["incident"] = None if outage is None else outage["incident"]
        row["suppressed_by"] = None if outage is None else outage["suppressed_by"]
        row["maintenance"] = any(not monitors or row["id"] in monitors for monitors in quiet)
        row["places"] = places
        row["apdex"] = show_apdex(apdex)
        row["uptime_24h"] = good / n if n else None
        if row.get("kind") == "heartbeat":
            row["heartbeat"] = beats.show(row, known.get(row["id"]), places, now)
    return rows


@router.get("/monitors", summary="All monitors with their state")
def list_monitors(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> Response:
    """Definitions, how each is, Apdex and uptime of the last 24 hours; and how many are in each state (`counts`).

    `state` (`up`, `degraded`, `partial`, `down`, `unknown`, `paused`) is what all locations together say, since
    `since_ms`; `incident` is the open one, `maintenance` tells whether a window holds now, `suppressed_by` is the
    monitor whose outage explains this one. `places` is the last state at each location. Of a heartbeat also
    `heartbeat`: its state, its last ping, and when the next is due.
    """
    rows = _with_state(found, principal.account, monitors.of_account(found.store, principal.account))
    body = {"monitors": [_shown(row, principal) for row in rows], "counts": _counts(rows)}
    return Response(msgspec.json.encode(body), media_type="application/json")


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    found = Counter(row["state"] for row in rows)
    return {
        **{state: found[state] for state in STATES},
        "maintenance": sum(row["maintenance"] for row in rows),
        "incidents": sum(row["incident"] is not None for row in rows),
    }


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
async def monitor_history(
    request: Request,
    monitor: int,
    from_: str = Query("-24h", alias="from"),
    to: str = Query("now"),
    step: int | None = Query(None, ge=1, le=31 * 86_400, description="seconds, rounded up to whole minutes"),
    location: str | None = Query(None, max_length=LONGEST_LOCATION),
    percentiles: bool = Query(True, description="false: without p50, p95 and p99, which cost the most"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """Over all locations, or one. Percentiles come from merged sketches (1 % relative error).

    Steps of whole days are read from days, of whole hours from hours, others from minutes; answers of whole hours may
    be five seconds old. The summary's uptime is exact unless it says otherwise: see `/uptime`.
    """
    now = found.clock.now_ms()
    minutes = None if step is None else -(-step // 60) * 60
    wanted = span(parse_time("from", from_, now), parse_time("to", to, now), minutes, least_s=60)
    tier = tier_of(wanted.step_ms)
    tail: Tail = "sketch" if percentiles else "location"
    subject = Subject(
        ((tier, wanted.from_ms, wanted.to_ms),), tail, location, digestible(wanted, location, percentiles)
    )
    body = await questions_of(request).ask(principal.account, monitor, subject, HistoryMaker(wanted, percentiles))
    return Response(body, media_type="application/json")


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
    """Definitions for one location, with an ETag: 304 while nothing has changed.

    `place` tells which of the account's locations it is, so that they divide the monitors' intervals among them.
    """
    principal.need_subject("location", location)
    rows = monitors.for_location(found.store, principal.account, location)
    index, count = probe_places.take(found.store, principal.account, location)
    body = msgspec.json.encode({"monitors": rows, "place": {"index": index, "count": count}}, order="deterministic")
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag})
