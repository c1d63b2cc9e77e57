"""Models: registered, versioned, given references."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.intake.bodies import read_body
from ingest_api.intake.past import columns_of_past, read_past
from ingest_api.intake.references import profiles_of, read_reference, sample_of
from ingest_api.routes.model_segments import segments_of, standing, told_of
from ingest_api.routes.model_settings import NAME_RULE, Judging, NewModel
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, TooLarge
from vedette.events.features import check_version
from vedette.statistics.drift.bins import DEFAULT_BINS, Strategy
from vedette.store import models

router = APIRouter(prefix="/v1/models", tags=["models"])
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")
_LARGEST_REFERENCE = 16 << 20


class Stage(BaseModel):
    """Where a version stands."""

    model_config = ConfigDict(extra="forbid")

    stage: Literal["development", "staging", "production", "retired"] = "production"


class NewVersion(Stage):
    """A version of a model."""

    version: str = Field(min_length=1, max_length=100)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A model as answers show it."""
    return {**row["config"], **{key: value for key, value in row.items() if key != "config"}}


@router.post("", status_code=201, summary="Register a model")
def add_model(
    body: NewModel, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Its rows are counted once it has a reference."""
    if NAME.fullmatch(body.name) is None:
        raise InvalidInput("name", body.name, NAME_RULE)
    model = models.add(found.store, principal.account, body.name, body.model_dump(exclude={"name"}))
    return shown(models.get(found.store, principal.account, model))


@router.get("", summary="Models")
def list_models(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """By name."""
    return {"models": [shown(row) for row in models.of_account(found.store, principal.account)]}


@router.get("/{model}", summary="One model")
def get_model(
    model: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """With its versions, and the segments by which rows are counted (`segmented`)."""
    row = models.get(found.store, principal.account, model)
    return {**shown(row), "segmented": standing(found, row)}


@router.put("/{model}", summary="Judge a model's windows otherwise")
def put_model(
    model: int, body: Judging, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """From a second later on. Another length of windows begins new ones; what was counted of the open ones is lost.

    Other segments are counted from the next reference on: `segmented` says which references have those asked for.
    """
    models.configure(found.store, principal.account, model, body.model_dump())
    return get_model(model, principal, found)


@router.delete("/{model}", status_code=204, summary="Remove a model")
def remove_model(
    model: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """With its references and windows."""
    models.remove(found.store, principal.account, model)
    return Response(status_code=204)


@router.post("/{model}/versions", status_code=201, summary="Add a version")
def add_version(
    model: int, body: NewVersion, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """One that is there already gets the stage."""
    check_version("version", body.version)
    models.get(found.store, principal.account, model)
    models.set_stage(found.store, model, body.version, body.stage)
    return body.model_dump()


@router.put("/{model}/versions/{version}/stage", summary="Set a version's stage")
def put_stage(
    model: int,
    body: Stage,
    version: str = Path(min_length=1, max_length=100),
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """A version that is not there is made."""
    check_version("version", version)
    models.get(found.store, principal.account, model)
    models.set_stage(found.store, model, version, body.stage)
    return {"version": version, "stage": body.stage}


_TABLES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "columns": {"age": [31, 42, None], "plan": ["a", "b", "a"]},
                    "kinds": {"plan": "categorical"},
                },
            },
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("/{model}/references", status_code=201, summary="Give a reference", openapi_extra=_TABLES)
async def add_reference(
    request: Request,
    model: int,
    version: str = Query("", max_length=100, description="empty: for all versions that have none of their own"),
    bins: int = Query(DEFAULT_BINS, ge=2, le=50, description="bins of a numeric feature, if they are quantiles"),
    strategy: Strategy = Query(
        "quantiles", description="of a numeric feature's bins: quantiles, or of equal width by the rule that is named"
    ),
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Training data, or data of good days, as JSON, CSV, Parquet or an Arrow stream. Every column becomes a feature.

    Or the rows that it has seen itself: JSON with `from` and `to` (milliseconds, ISO 8601 or -7d), perhaps `version`
    and `rows_of`, the version whose rows are taken. What comes from a second later on is compared with it. Profiles
    never change: another reference is another one.
    """
    check_version("version", version)
    about = await asyncio.to_thread(models.get, found.store, principal.account, model)
    body = await read_body(request, _LARGEST_REFERENCE)
    if len(body) > _LARGEST_REFERENCE:
        raise TooLarge("the unpacked body", _LARGEST_REFERENCE)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def made() -> dict[str, Any]:
        from vedette.statistics.drift.describing import describe

        edges: dict[str, list[float]] = {}
        past = read_past(body) if media_type == "application/json" else None
        of = version
        told: dict[str, Any] = {}
        if past is None:
            columns, kinds, edges = read_reference(body, media_type)
        else:
            of = version if past.version is None else past.version
            columns, told = columns_of_past(found, principal.account, model, past)
            kinds, edges = past.kinds, past.edges
        profiles, rows = profiles_of(columns, kinds, bins, strategy, edges)
        written = [msgspec.json.decode(msgspec.json.encode(profile)) for profile in profiles]
        segments = segments_of(about["config"], columns, profiles)
        parts = None if segments is None else segments.to_dict()
        sample = sample_of(columns, profiles, rows)
        number = models.add_reference(found.store, model, of, rows, written, describe(columns, profiles), parts, sample)
        features = [{"name": one.name, "kind": one.kind, "bins": one.bins, "missing": one.missing} for one in profiles]
        if segments is not None:
            told["segments"] = told_of(segments, profiles)
        return {"id": number, "version": of, "rows": rows, **told, "features": features}

    return await asyncio.to_thread(made)


@router.get("/{model}/references", summary="References of a model")
def list_references(
    model: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The newest first."""
    models.get(found.store, principal.account, model)
    return {"references": models.references(found.store, model)}


@router.get("/references/{reference}", summary="One reference with its profiles")
def get_reference(
    reference: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Every bin with its count, and the moments of numbers."""
    return models.reference(found.store, principal.account, reference)


@router.get("/references/{reference}/profile", summary="What a reference's data look like")
def get_data_profile(
    reference: int,
    format_: Literal["json", "html"] = Query("json", alias="format", description="html: a page with pictures"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Any:
    """Of each column counts, missing and distinct values, quantiles, moments, a histogram or the most frequent values;
    and what goes together with what. Found when the reference came, and never changed."""
    about = models.data_profile(found.store, principal.account, reference)
    if format_ == "json":
        return about
    from ingest_api.routes.data_report import data_report  # it needs scipy, which a gateway does without at its start

    headers = {"Content-Disposition": f'attachment; filename="data-{about["name"]}.html"'}
    return HTMLResponse(data_report(about, found.clock.now_ms()), headers=headers)
