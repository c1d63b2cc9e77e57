"""Features: `POST /v1/features`, the rows that models have seen."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response, Security

from ingest_api.context import Context, context_of
from ingest_api.intake.arrow_rows import ARROW, ArrowRows
from ingest_api.intake.bodies import INFLATION, JSON, read_body
from ingest_api.intake.features import Taken, read_report, take
from ingest_api.intake.samples import Limits
from ingest_api.security import authorised, bearer
from vedette.errors import InvalidInput, LogUnavailable, NotFound, Overloaded
from vedette.events.features import FeatureBatch, encode_batch
from vedette.events.names import hash64
from vedette.events.topics import FEATURES
from vedette.log import Log, Message
from vedette.store import models
from vedette.telemetry import metrics

router = APIRouter(prefix="/v1", tags=["models"])
LARGEST = 4 << 20
_FRESH_S = 5.0

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


class KnownModels:
    """The models of each account by name, looked up again when a name is not known; blocks then."""

    def __init__(self, found: Context) -> None:
        self._store, self._clock = found.store, found.clock
        self._known: dict[int, tuple[float, dict[str, int]]] = {}

    def number(self, account: int, name: str) -> int:
        """The model's number; `InvalidInput` if the account has none of that name."""
        now = self._clock.monotonic()
        read_at, known = self._known.get(account, (now - 2 * _FRESH_S, {}))
        if name not in known or now - read_at > _FRESH_S:
            known = models.ids(self._store, account)
            self._known[account] = (now, known)
        if name not in known:
            raise InvalidInput("model", name[:200], "a model of this account (`POST /v1/models`)")
        return known[name]


def _batch(account: int, model: int, taken: Taken) -> Message:
    report = taken.report
    epoch = report.epoch if isinstance(report.epoch, int) else hash64("epoch", report.epoch)
    batch = FeatureBatch(
        account,
        model,
        report.version or "",
        epoch,
        report.seq,
        taken.ts.astype("<i8").tobytes(),
        taken.columns,
        report.ids,
    )
    return Message(str(model).encode(), encode_batch(batch))


async def into_log(log: Log, message: Message) -> None:
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
    found, principal = context_of(request), await authorised(request, "ingest")
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media_type not in (JSON, ARROW):
        raise InvalidInput("Content-Type", media_type, f"{JSON}, {ARROW}")
    body = await read_body(request, LARGEST)
    known: KnownModels = request.app.state.models

    def read() -> tuple[int, Taken]:
        if media_type == ARROW:
            rows = ArrowRows(body, request.headers, LARGEST * INFLATION)
            report, taking = rows.report, rows.take
        else:
            report = read_report(body)
            taking = partial(take, report)
        principal.need_subject("model", report.model)
        model = known.number(principal.account, report.model)
        return model, taking(Limits(found.oldest_ms(), found.newest_ms()))

    model, taken = await asyncio.to_thread(read)
    rows = len(taken.ts)
    if rows:
        message = await asyncio.to_thread(partial(_batch, principal.account, model, taken))
        await into_log(found.log, message)
    metrics().count("vedette_ingest_accepted_total", rows * len(taken.columns), topic="features")
    answer: dict[str, Any] = {"rows": rows, "columns": len(taken.columns), "late": taken.late, "refused": taken.refused}
    return Response(msgspec.json.encode(answer), 202, media_type="application/json")
