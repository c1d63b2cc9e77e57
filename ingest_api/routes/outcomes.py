"""Outcomes: `POST /v1/outcomes`, what turned out to be true of rows that models have predicted."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import numpy as np
from fastapi import APIRouter, Request, Response, Security

from ingest_api.context import context_of
from ingest_api.intake.bodies import read_json
from ingest_api.intake.features import pack
from ingest_api.intake.listed import Taken
from ingest_api.intake.outcomes import read_outcomes, take_outcomes
from ingest_api.intake.samples import Limits
from ingest_api.routes.features import LARGEST, KnownModels, into_log
from ingest_api.security import authorised, bearer
from vedette.events.features import FeatureBatch, encode_batch
from vedette.events.names import hash64
from vedette.events.outcomes import OUTCOME, OutcomeReport
from vedette.log import Message
from vedette.telemetry import metrics

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


def _message(account: int, model: int, report: OutcomeReport, taken: Taken) -> Message:
    epoch = report.epoch if isinstance(report.epoch, int) else hash64("epoch", report.epoch)
    ts = np.array(taken.ts, "<i8").tobytes()
    column = pack(OUTCOME, taken.values)
    batch = FeatureBatch(account, model, report.version or "", epoch, report.seq, ts, [column], list(taken.names))
    return Message(str(model).encode(), encode_batch(batch))


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
    found, principal = context_of(request), await authorised(request, "ingest")
    body = await read_json(request, LARGEST)
    known: KnownModels = request.app.state.models

    def read() -> tuple[Taken, Message]:
        report, rows = read_outcomes(body)
        principal.need_subject("model", report.model)
        model = known.number(principal.account, report.model)
        taken = take_outcomes(rows, Limits(found.oldest_ms(), found.newest_ms()), found.clock.now_ms())
        return taken, _message(principal.account, model, report, taken)

    taken, message = await asyncio.to_thread(read)
    if taken.names:
        await into_log(found.log, message)
    metrics().count("vedette_ingest_accepted_total", len(taken.names), topic="features")
    answer: dict[str, Any] = {
        "outcomes": len(taken.names),
        "refused_rows": taken.refused_rows,
        "refused": taken.refused,
    }
    return Response(msgspec.json.encode(answer), 202, media_type="application/json")
