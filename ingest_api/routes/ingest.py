"""Intake: `POST /v1/ingest/samples` and `POST /v1/ingest/checks`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response, Security

from ingest_api.context import context_of
from ingest_api.intake.bodies import read_body
from ingest_api.intake.checks import read_checks
from ingest_api.intake.gathering import Gatherer
from ingest_api.intake.items import Rejects
from ingest_api.intake.known import KnownMonitors
from ingest_api.intake.samples import Limits, SamplesIntake
from ingest_api.middleware import Shortcut
from ingest_api.security import authorised, bearer
from vedette.errors import InvalidInput, LogUnavailable, NotFound, Overloaded
from vedette.events.topics import CHECKS
from vedette.log import Log, Message
from vedette.telemetry import metrics

router = APIRouter(prefix="/v1/ingest", tags=["ingest"])


_LARGE = 256 << 10
"""Bytes of a body from which on it is read in a thread, so that it does not hold up the others."""


def _body(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"oneOf": [schema, {"type": "array", "items": schema}]}, "example": [example]}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": content, "application/x-ndjson": {"schema": {"type": "string"}}},
        }
    }


_SAMPLES_SCHEMA = {
    "type": "object",
    "required": ["source", "epoch", "seq", "ts", "values"],
    "properties": {
        "source": {"type": "string"},
        "epoch": {"type": "integer", "description": "new at each start of the sender"},
        "seq": {"type": "integer", "description": "counts up within an epoch; a batch seen twice is dropped"},
        "ts": {"type": "integer", "description": "milliseconds UTC"},
        "values": {"type": "object", "additionalProperties": {"type": "number"}},
        "kinds": {"type": "object", "additionalProperties": {"enum": ["gauge", "counter", "delta"]}},
        "interval_ms": {"type": "integer"},
    },
}
_SAMPLES_EXAMPLE = {
    "source": "web-1",
    "epoch": 1_700_000_000_000,
    "seq": 1,
    "ts": 1_700_000_000_000,
    "values": {"cpu.used_ratio": 0.41, 'network.received_bytes{interface="eth0"}': 1234567},
    "kinds": {'network.received_bytes{interface="eth0"}': "counter"},
    "interval_ms": 60_000,
}
_CHECKS_SCHEMA = {
    "type": "object",
    "required": ["monitor", "location", "scheduled_ms", "started_ms", "outcome"],
    "properties": {
        "monitor": {"type": "integer"},
        "location": {"type": "string"},
        "scheduled_ms": {"type": "integer"},
        "started_ms": {"type": "integer"},
        "outcome": {"enum": ["up", "degraded", "down", "missed", "probe_error"]},
        "total_ms": {"type": "number"},
        "status": {"type": "integer"},
        "error": {"type": "string"},
        "phases": {"type": "object", "additionalProperties": {"type": "number"}},
        "bytes": {"type": "integer"},
        "tls_expires": {"type": "integer"},
        "apdex_t_ms": {"type": "integer"},
        "attempt": {"type": "integer"},
        "http_version": {"type": "string"},
    },
}
_CHECKS_EXAMPLE = {
    "monitor": 1,
    "location": "fra-1",
    "scheduled_ms": 1_700_000_000_000,
    "started_ms": 1_700_000_000_004,
    "outcome": "up",
    "status": 200,
    "total_ms": 83.1,
    "phases": {"dns": 2.0, "connect": 11.2, "tls": 24.0, "ttfb": 41.3, "transfer": 4.6},
    "bytes": 5120,
}


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _produced(log: Log, messages: list[Message]) -> None:
    await asyncio.wrap_future(log.produce(CHECKS.name, messages))


async def _written(write: Awaitable[None]) -> None:
    """Return when the log has it. What is wrong with the log is no fault of the sender's, who must keep its reports."""
    try:
        await write
    except Overloaded:
        metrics().count("vedette_ingest_overloaded_total")
        raise
    except (InvalidInput, NotFound) as error:
        raise LogUnavailable(str(error)) from error


def _answer(topic: str, accepted: int, values: int, rejects: Rejects) -> Response:
    metrics().count("vedette_ingest_accepted_total", values, topic=topic)
    if rejects.count:
        metrics().count("vedette_ingest_rejected_total", rejects.count, topic=topic)
    body = {"accepted": accepted, "values": values, "rejected": rejects.count, "rejects": rejects.listed}
    return Response(msgspec.json.encode(body), 202, media_type="application/json")


@router.post(
    "/samples",
    status_code=202,
    summary="Report samples",
    openapi_extra=_body(_SAMPLES_SCHEMA, _SAMPLES_EXAMPLE),
    dependencies=[Security(bearer)],
)
async def samples(request: Request) -> Response:
    """One batch, a list of them, or lines of JSON; gzip and zstd are accepted.

    202 means that the log has every batch that is not listed in `rejects` (by `index`, with `field`, `value` and what
    is `allowed`). A bad value costs itself, a bad batch itself. 429 means that nothing was taken; come back later.
    """
    found, principal = context_of(request), await authorised(request, "ingest")
    body = await read_body(request, found.settings.body_limit_mb << 20)
    rejects = Rejects()
    intake: SamplesIntake = request.app.state.samples
    limits = Limits(found.oldest_ms(), found.newest_ms())
    read = partial(intake.read, body, _media_type(request), principal, limits, rejects)
    batches, values = await asyncio.to_thread(read) if len(body) > _LARGE else read()
    gatherer: Gatherer = request.app.state.gatherer
    await _written(gatherer.write(batches))
    return _answer("samples", len(batches), values, rejects)


@router.post(
    "/checks",
    status_code=202,
    summary="Report check results",
    openapi_extra=_body(_CHECKS_SCHEMA, _CHECKS_EXAMPLE),
    dependencies=[Security(bearer)],
)
async def checks(request: Request) -> Response:
    """As for samples. A result of a monitor that the account does not have is refused."""
    found, principal = context_of(request), await authorised(request, "ingest")
    body = await read_body(request, found.settings.body_limit_mb << 20)
    rejects = Rejects()
    limits = Limits(found.oldest_ms(), found.newest_ms())
    monitors: KnownMonitors = request.app.state.monitors
    read = partial(read_checks, body, _media_type(request), principal, limits)
    messages = await asyncio.to_thread(read, lambda number: monitors.has(principal.account, number), rejects)
    await _written(_produced(found.log, messages))
    return _answer("checks", len(messages), len(messages), rejects)


SHORTCUTS = [Shortcut(f"{router.prefix}/samples", samples), Shortcut(f"{router.prefix}/checks", checks)]
