"""Scheduled reports: what they are, how they look, and what became of those that were sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from alerting.reports.contents import as_json
from alerting.reports.gathering import gather
from alerting.reports.making import make
from alerting.reports.page import whole_page
from alerting.reports.sections import title_of
from alerting.reports.text import text_lines
from ingest_api.context import Context, context
from ingest_api.routes.hands import author
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import Overloaded
from vedette.notifying.report import ReportSpec
from vedette.store import report_definitions as definitions
from vedette.store import report_runs as runs

router = APIRouter(prefix="/v1", tags=["alerting"])
Form = Literal["html", "text", "json"]
WAIT_S = 10.0
_PREVIEW_MAY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""Mail readers need styles on the elements; nothing else is in it, and nothing may run."""
_one_at_a_time = threading.Semaphore()


@router.get("/reports", summary="Scheduled reports")
def list_reports(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Each with the time at which it is due next."""
    return {"reports": definitions.reports_of(found.store, principal.account)}


@router.get("/reports/{report}", summary="A report, and those that were sent")
def show_report(
    report: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """`runs` are the last times at which it was due: whether it was made or skipped, and what became of it in each
    channel, with the attempts and the receiver's answer."""
    shown = definitions.report_of(found.store, principal.account, report)
    return {**shown, "runs": runs.runs_of(found.store, report)}


@router.post("/reports", status_code=201, summary="Make a report")
def add_report(
    body: ReportSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """It is sent for the first time when it is due next."""
    return definitions.put_report(found.store, principal.account, body, found.clock.now_ms())


@router.put("/reports/{report}", summary="Change a report")
def change_report(
    report: int, body: ReportSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """With other times it is due at the next of these."""
    return definitions.put_report(found.store, principal.account, body, found.clock.now_ms(), report)


@router.delete("/reports/{report}", status_code=204, summary="Remove a report")
def remove_report(
    report: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """What is not delivered yet is dropped, and what was sent is known no longer."""
    definitions.remove_report(found.store, principal.account, report)
    return Response(status_code=204)


@router.get("/reports/{report}/preview", summary="How a report looks", response_class=HTMLResponse)
def preview(
    report: int,
    form: Form = Query("html", alias="format"),
    at: str = Query("now", description="milliseconds UTC, ISO 8601, now, or -15m: as if it were due then"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """As HTML with its pictures inside, as text, or as the numbers that it is made of (JSON). Nothing is sent."""
    now_ms = found.clock.now_ms()
    at_ms = parse_time("at", at, now_ms)
    spec = definitions.spec_of(definitions.report_of(found.store, principal.account, report))
    with _alone(), found.store.connection() as connection:
        contents = gather(connection, principal.account, spec, at_ms, now_ms)
    if form == "json":
        return JSONResponse(as_json(contents))
    if form == "text":
        return PlainTextResponse("\n".join([title_of(contents), *text_lines(contents)]) + "\n")
    return HTMLResponse(
        whole_page(contents, found.settings.public_url), headers={"Content-Security-Policy": _PREVIEW_MAY}
    )


@router.post("/reports/{report}/send", status_code=201, summary="Send a report at once")
def send_report(
    report: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """As if it were due now; its own times stay. Each request sends one more."""
    now_ms = found.clock.now_ms()
    with _alone():
        return runs.run_now(found.store, make, principal.account, report, author(principal), now_ms)


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: a report over thousands of monitors takes seconds of the processor."""
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise Overloaded("other reports are being made", 2.0)
    try:
        yield
    finally:
        _one_at_a_time.release()
