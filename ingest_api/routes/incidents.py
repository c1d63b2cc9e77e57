"""Incidents: the outages of monitors, as queries show them."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Depends, Query

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.store import incidents
from vedette.store.incidents import IncidentState

router = APIRouter(prefix="/v1", tags=["incidents"])
_ALLOWED = "the id of an incident"
_MOST = 1 << 63


@router.get("/incidents", summary="Incidents, newest first")
def list_incidents(
    from_: str = Query("-7d", alias="from"),
    to: str = Query("now"),
    monitor: int | None = Query(None, ge=1, lt=_MOST),
    state: IncidentState | None = Query(
        None, description="open, ended; confirmed (a quorum failed) or partial (it never did)"
    ),
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Those that went on at any time of the range, each without its votes and timeline."""
    now = found.clock.now_ms()
    start, end = parse_time("from", from_, now), parse_time("to", to, now)
    if end <= start:
        raise InvalidInput("to", to, f"a time after from ({from_})")
    # The end belongs to the range: an incident that has begun this very moment is there.
    rows = incidents.incidents_of(
        found.store, principal.account, start, end + 1, monitor=monitor, state=state, limit=limit
    )
    return {"incidents": rows}


@router.get("/incidents/{incident}", summary="One incident with its votes and timeline")
def get_incident(
    incident: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """`votes` is what each location said last, `timeline` what happened; of a long one the middle is left out."""
    if re.fullmatch(r"-?[0-9]{1,20}", incident) is None or not -_MOST <= int(incident) < _MOST:
        raise InvalidInput("incident", incident, _ALLOWED)
    return incidents.incident(found.store, principal.account, int(incident))
