"""Outcomes: `POST /v1/outcomes`, what turned out to be true of rows that models have predicted."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, Security

from ingest_api.intake.model_reports import take_outcomes
from ingest_api.routes.features import take_report
from ingest_api.security import bearer

router = APIRouter(prefix="/v1", tags=["models"])

_EXAMPLE = {
    "model": "churn",
    "epoch": "5f0c",
    "seq": 2,
    "outcomes": [{"id": "req-17", "actual": True}, {"id": "req-18", "actual": False, "ts": 1_700_000_000_000}],
}
_SCHEMA = {
    "type": "object",
    "required": ["model", "epoch", "seq"],
    "properties": {
        "model": {"type": "string"},
        "version": {"type": ["string", "null"], "description": "kept; the id alone says which row is meant"},
        "epoch": {"type": ["string", "integer"], "description": "new at each start of the sender"},
        "seq": {"type": "integer", "description": "counts up within an epoch; a report seen twice is dropped"},
        "outcomes": {"type": "array", "items": {"type": "object"}, "description": "each with id, actual, perhaps ts"},
        "ids": {"type": "array", "description": "instead of outcomes"},
        "actuals": {"type": "array", "description": "one an id"},
        "ts": {"type": "array", "items": {"type": "integer"}, "description": "milliseconds UTC, one an id"},
    },
}


@router.post(
    "/outcomes",
    status_code=202,
    summary="Report what turned out to be true",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA, "example": _EXAMPLE}}}
    },
    dependencies=[Security(bearer)],
)
async def outcomes(request: Request) -> Response:
    """202 means that the log has every row that is not refused; `refused` says of the first hundred of `refused_rows`
    why. 429: nothing was taken, come back later.
    """
    return await take_report(request, take_outcomes)
