"""Health: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from fastapi import APIRouter, Depends, Response

from ingest_api.context import Context, context
from vedette.errors import VedetteError
from vedette.events.topics import SAMPLES
from vedette.telemetry import metrics

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Says so, and touches nothing else."""
    return {"status": "ok"}


@router.get("/readyz", summary="Do the parts answer that the gateway needs?")
def readyz(found: Context = Depends(context)) -> Response:
    """200 if all do, else 503; each part by name, with what is wrong."""
    parts = {"store": found.store.ready, "log": lambda: found.log.bounds(SAMPLES.name)}
    answers = {name: _ask(part) for name, part in parts.items()}
    ready = all(answer == "ok" for answer in answers.values())
    body = {"status": "ok" if ready else "unavailable", "parts": answers}
    return Response(msgspec.json.encode(body), 200 if ready else 503, media_type="application/json")


def _ask(part: Callable[[], object]) -> str:
    try:
        part()
    except VedetteError as error:
        return str(error)
    return "ok"


@router.get("/metrics", summary="The gateway's own metrics, for Prometheus")
def metrics_route() -> Response:
    """Text format 0.0.4."""
    return Response(metrics().text(), media_type="text/plain; version=0.0.4")
