"""Series: `GET /v1/sources`, `GET /v1/series`, `GET /v1/query`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from ingest_api.check_series import CHECK_PREFIX, check_series
from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.events.check_series import named
from vedette.events.selectors import Selector, parse_selector
from vedette.store import series as catalogue
from vedette.store.query import AGGREGATIONS, query, span
from vedette.store.roles import by_source
from vedette.store.windows import tier_for

router = APIRouter(prefix="/v1", tags=["query"])
Agg = Literal["avg", "min", "max", "sum", "count", "last", "rate", "p50", "p90", "p95", "p99"]
SILENT_AFTER = 3.0
SILENT_MIN_MS = 10_000


@router.get("/sources", summary="Hosts and other senders of samples")
def sources(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Each with its roles, its first and last report, and whether it has fallen silent."""
    now = found.clock.now_ms()
    rows = catalogue.sources(found.store, principal.account)
    roles = by_source(found.store, principal.account)
    for row in rows:
        row["roles"] = list(roles.get(row["source"], ()))
        patience = max(SILENT_MIN_MS, SILENT_AFTER * row["interval_ms"])
        # Only one that says how often it reports can fall silent.
        row["state"] = "silent" if row["interval_ms"] and now - row["last_seen_ms"] > patience else "active"
    return {"sources": rows}


@router.get("/series", summary="The catalogue of series")
def series(
    source: str | None = None,
    match: str = Query("", max_length=200, description="what the name begins with"),
    limit: int = Query(1000, ge=1, le=10_000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Series by source and name; `total` counts all that match."""
    everything = '{__name__=~".*"}' if source is None else f'{{__name__=~".*",source="{_quoted(source)}"}}'
    refs = found.catalogue.find(principal.account, [parse_selector(everything)])
    unique = {(ref.source, ref.name): ref for ref in refs if ref.name.startswith(match)}
    return {"series": [ref.describe() for ref in list(unique.values())[:limit]], "total": len(unique)}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@router.get("/query", summary="Values of series over time")
def query_route(
    series: list[str] = Query(min_length=1, max_length=50, examples=['cpu.used_ratio{source="web-1"}']),
    from_: str = Query("-1h", alias="from"),
    to: str = Query("now"),
    step: int | None = Query(None, ge=1, le=31 * 86_400, description="seconds; chosen by the gateway if not given"),
    agg: Agg = Query("avg"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """One value for each step of each series that matches any selector; null where there is none.

    The finest data that is needed is read: the coarsest tier that divides the step, and finer ones for the newest
    part. Percentiles exist where there is a sketch: for `check.duration_ms{monitor="1"}` (of each location) and
    `endpoint.duration_ms` (of all together). Beside these there are `apdex` and `failure_ratio`.
    """
    now = found.clock.now_ms()
    selectors = [parse_selector(text) for text in series]
    checks = [selector for selector in selectors if _is_check(selector)]
    wanted = span(parse_time("from", from_, now), parse_time("to", to, now), step, least_s=60 if checks else 10)
    rows: list[dict[str, Any]] = []
    if checks:
        rows += check_series(found, principal.account, checks, wanted, agg)
    others = [selector for selector in selectors if not _is_check(selector)]
    if others:
        aggregation = next((known for known in AGGREGATIONS if known == agg), None)
        if aggregation is None:
            raise InvalidInput("agg", agg, f"{', '.join(AGGREGATIONS)} (these series have no sketch)")
        refs = found.catalogue.find(principal.account, others)
        for ref, values in query(found.store, refs, wanted, aggregation, now, found.history.series(principal.account)):
            rows.append({**ref.describe(), "values": values})
    answer = {
        "from": wanted.from_ms,
        "to": wanted.to_ms,
        "step_s": wanted.step_ms // 1000,
        "agg": agg,
        "tier": tier_for(wanted.step_ms),
        "timestamps": wanted.timestamps(),
        "series": rows,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _is_check(selector: Selector) -> bool:
    name = next((m.text for m in selector.matchers if m.label == "__name__" and m.operator == "="), "")
    return name.startswith(CHECK_PREFIX) or named(selector) is not None
