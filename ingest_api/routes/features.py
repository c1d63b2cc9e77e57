"""Features: `POST /v1/features`, the rows that models have seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from fastapi import APIRouter, Request, Response, Security

from ingest_api.context import context_of
from ingest_api.intake.arrow_rows import ARROW
from ingest_api.intake.bodies import JSON, media_type_of, read_body
from ingest_api.intake.model_reports import FEATURE_TYPES, LARGEST, Desk, Report, check_type, take_features
from ingest_api.intake.samples import Limits
from ingest_api.security import authorised, bearer
from vedette.errors import InvalidInput, LogUnavailable, NotFound, Overloaded
from vedette.events.topics import FEATURES
from vedette.log import Log, Message
from vedette.telemetry import metrics

router = APIRouter(prefix="/v1", tags=["models"])

_EXAMPLE = {
    "model": "churn",
    "version": "3",
    "epoch": "5f0c",
    "seq": 1,
    "ts": [1_700_000_000_000, 1_700_000_000_250],
    "columns": {"age": [31, None], "plan": ["a", "b"]},
    "predictions": [0.12, 0.87],
}
_SCHEMA = {
    "type": "object",
    "required": ["model", "epoch", "seq", "ts"],
    "properties": {
        "model": {"type": "string"},
        "version": {"type": ["string", "null"]},
        "epoch": {"type": ["string", "integer"], "description": "new at each start of the sender"},
        "seq": {"type": "integer", "description": "counts up within an epoch; a report seen twice is dropped"},
        "ts": {"type": "array", "items": {"type": "integer"}, "description": "milliseconds UTC, one a row"},
        "columns": {"type": "object", "additionalProperties": {"type": "array"}},
        "ids": {"type": "array", "items": {"type": ["string", "null"]}},
        "predictions": {"description": "a list, or lists by name"},
    },
}
_ARROW_SCHEMA = {
    "type": "string",
    "format": "binary",
    "description": "columns ts, ids, columns.NAME, prediction or predictions.NAME; the schema's metadata has"
    " vedette.model and vedette.version, the headers X-Vedette-Epoch and X-Vedette-Seq the identity",
}


async def take_report(
    request: Request, take: Callable[[bytes, Desk], Report], allowed: Sequence[str] = (JSON,)
) -> Response:
    """The way of every report about models: read a body of an allowed type, `take` it in a thread, and answer when the
    log has it."""
    found, principal = context_of(request), await authorised(request, "ingest")
    check_type(media_type_of(request), allowed)
    body = await read_body(request, LARGEST)
    limits = Limits(found.oldest_ms(), found.newest_ms())
    desk = Desk(principal, request.app.state.models, limits, found.clock.now_ms())
    report = await asyncio.to_thread(take, body, desk)
    if report.message is not None:
        await _into_log(found.log, report.message)
    metrics().count("vedette_ingest_accepted_total", report.values, topic="features")
    return Response(msgspec.json.encode(report.answer), 202, media_type=JSON)


async def _into_log(log: Log, message: Message) -> None:
    """Return when the log has it; `Overloaded` or `LogUnavailable` if it cannot be taken."""
    try:
        await asyncio.wrap_future(log.produce(FEATURES.name, [message]))
    except Overloaded:
        metrics().count("vedette_ingest_overloaded_total")
        raise
    except (InvalidInput, NotFound) as error:
        raise LogUnavailable(str(error)) from error


@router.post(
    "/features",
    status_code=202,
    summary="Report rows that a model has seen",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _SCHEMA, "example": _EXAMPLE}, ARROW: {"schema": _ARROW_SCHEMA}},
        }
    },
    dependencies=[Security(bearer)],
)
async def features(request: Request) -> Response:
    """202 means that the log has every row and column that is not listed: `late` rows lie beyond the times that are
    taken, `refused` says of each column that was not taken why. 429: nothing was taken, come back later.
    """

    def take(body: bytes, desk: Desk) -> Report:
        return take_features(body, media_type_of(request), request.headers, desk)

    return await take_report(request, take, FEATURE_TYPES)
