"""Transfer: all monitors as one file, and back; files of other tools too."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ingest_api.context import Context, context
from ingest_api.importing.entries import Fault
from ingest_api.importing.formats import EXPORTS, ExportFormat, ImportFormat, read
from ingest_api.importing.planning import Planned, plan
from ingest_api.intake.bodies import read_body
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.store import bulk_monitors

router = APIRouter(prefix="/v1", tags=["monitors"])
MOST_BYTES = {"yaml": 16 << 20, "json": 16 << 20, "csv": 16 << 20}
"""Our own formats hold whole definitions: 10,000 monitors take up to 8 MB."""
MOST_FOREIGN_BYTES = 4 << 20
_MOST_SHOWN = 1000
_BODY = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/monitors/export", summary="All monitors as one file", response_class=Response)
def export_monitors(
    form: ExportFormat = Query("yaml", alias="format"),
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> Response:
    """Whole definitions, secrets included, by name; importing the file again changes nothing."""
    written = EXPORTS[form]
    definitions = [one.definition for one in bulk_monitors.stored(found.store, principal.account).values()]
    headers = {
        "Content-Disposition": f'attachment; filename="monitors.{form}"',
        "Cache-Control": "no-store",
    }
    return Response(written.write(definitions), media_type=written.media_type, headers=headers)


@router.post("/monitors/import", summary="Make and change monitors from a file", openapi_extra=_BODY)
async def import_monitors(
    request: Request,
    form: ImportFormat = Query(alias="format"),
    dry_run: bool = Query(False, description="say what would happen, and change nothing"),
    base: str | None = Query(None, max_length=2000, description="openapi: where the API lives"),
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """The body is the file: at most 16 MiB (4 MiB for files of other tools) and 10,000 entries.

    Monitors are told apart by their names: a new name is made, a known one is changed. A field that the file does not
    name keeps its value; monitors that it does not name stay as they are. Each bad entry is told with its place,
    field, value and what is allowed; the good ones are imported.
    """
    body = await read_body(request, MOST_BYTES.get(form, MOST_FOREIGN_BYTES))
    return await asyncio.to_thread(_import, found, principal.account, body, form, base, dry_run)


def _import(
    found: Context, account: int, body: bytes, form: ImportFormat, base: str | None, dry_run: bool
) -> dict[str, Any]:
    parsed = read(body, form, base)
    known = bulk_monitors.stored(found.store, account)
    planned, faults = plan(parsed.entries, {name: one.definition for name, one in known.items()})
    faults = sorted([*parsed.faults, *faults], key=lambda fault: fault.place.number)
    if not dry_run:
        planned, lost = _write(found, account, planned, known)
        faults += lost
    counts = {action: sum(one.action == action for one in planned) for action in ("create", "update", "unchanged")}
    return {
        "format": form,
        "dry_run": dry_run,
        "created": counts["create"],
        "updated": counts["update"],
        "unchanged": counts["unchanged"],
        "refused": len({fault.place.number for fault in faults}),
        "skipped": len(parsed.skipped),
        "monitors": [one.describe() for one in planned],
        "faults": [fault.describe() for fault in faults[:_MOST_SHOWN]],
        "passed_over": parsed.skipped[:_MOST_SHOWN],
    }


def _write(
    found: Context, account: int, planned: list[Planned], known: dict[str, bulk_monitors.Stored]
) -> tuple[list[Planned], list[Fault]]:
    """Write what is to be written; what somebody else has changed meanwhile becomes a fault."""
    changed = [one for one in planned if one.action != "unchanged"]
    versions = {name: one.version for name, one in known.items()}
    done = bulk_monitors.write(found.store, account, [(one.spec, versions.get(one.spec.name)) for one in changed])
    lost = [one for one in changed if one.spec.name not in done]
    allowed = "a monitor that nobody else changes meanwhile; try again"
    faults = [Fault(one.place, one.spec.name, "name", one.spec.name, allowed) for one in lost]
    return [one for one in planned if one not in lost], faults
