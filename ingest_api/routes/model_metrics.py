"""Metrics of models: `POST /v1/metrics`, `POST /v1/models/{id}/metrics` and `GET /v1/models/{id}/metrics`."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response, Security

from ingest_api.context import Context, context
from ingest_api.intake.bodies import JSON
from ingest_api.intake.model_reports import take_metrics
from ingest_api.routes.features import take_report
from ingest_api.routes.models import shown
from ingest_api.security import bearer, needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.store import model_metrics, models

router = APIRouter(prefix="/v1", tags=["models"])
_MOST_WINDOWS = 20_000
_EXAMPLE = {
    "model": "churn",
    "epoch": "5f0c",
    "seq": 3,
    "metrics": [{"name": "revenue", "value": 12.5}, {"name": "tokens", "value": 812, "ts": 1_700_000_000_000}],
}
_SCHEMA = {
    "type": "object",
    "required": ["epoch", "seq"],
    "properties": {
        "model": {"type": "string", "description": "its name; not needed where its number is in the address"},
        "version": {"type": ["string", "null"], "description": "metrics of each version are apart"},
        "epoch": {"type": ["string", "integer"], "description": "new at each start of the sender"},
        "seq": {"type": "integer", "description": "counts up within an epoch; a report seen twice is dropped"},
        "metrics": {"type": "array", "items": {"type": "object"}, "description": "each with name, value, perhaps ts"},
        "names": {"type": "array", "items": {"type": "string"}, "description": "instead of metrics"},
        "values": {"type": "array", "items": {"type": "number"}, "description": "one a name"},
        "ts": {"type": "array", "items": {"type": "integer"}, "description": "milliseconds UTC, one a name"},
    },
}
_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": _SCHEMA, "example": _EXAMPLE}}}}


@router.post(
    "/metrics",
    status_code=202,
    summary="Report metrics of a model by its name",
    openapi_extra=_BODY,
    dependencies=[Security(bearer)],
)
async def report_metrics(request: Request) -> Response:
    """202 means that the log has every value that is not refused; `refused` says of the first hundred of
    `refused_values` why. 429: nothing was taken, come back later.
    """
    return await _take(request, None)


@router.post(
    "/models/{model}/metrics",
    status_code=202,
    summary="Report metrics of a model",
    openapi_extra=_BODY,
    dependencies=[Security(bearer)],
)
async def report_metrics_of(request: Request, model: int) -> Response:
    """The same by the model's number."""
    return await _take(request, model)


async def _take(request: Request, number: int | None) -> Response:
    return await take_report(request, partial(take_metrics, number=number))


@router.get("/models/{model}/metrics", summary="Metrics of a model, window by window")
def get_metrics(
    model: int,
    from_: str = Query("-7d", alias="from", description="milliseconds UTC, ISO 8601, or -7d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    metric: str | None = Query(None, max_length=200),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """`count`, `mean`, `min` and `max` of the values in each window that is over; the newest 20,000 windows of metrics
    of the range. `metrics` are the names in it.
    """
    about = models.get(found.store, principal.account, model)
    now_ms = found.clock.now_ms()
    from_ms, to_ms = parse_time("from", from_, now_ms), parse_time("to", to, now_ms)
    rows = model_metrics.windows(
        found.store, model, from_ms, to_ms, version=version, metric=metric, limit=_MOST_WINDOWS
    )
    names = sorted({row["metric"] for row in rows})
    return {"model": shown(about), "from": from_ms, "to": to_ms, "metrics": names, "windows": rows}
