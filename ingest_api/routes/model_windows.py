"""What the windows of models came to: drift, the features that move most, and quality."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, StreamingResponse

from ingest_api.context import Context, context
from ingest_api.routes.drift_charts import charts_of
from ingest_api.routes.drift_tables import as_csv, top_movers
from ingest_api.routes.models import shown
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotFound
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import Segments
from vedette.store import drift, models, multivariate, quality

router = APIRouter(prefix="/v1/models", tags=["models"])
_MOST_WINDOWS = 20_000
_MOST_WHOLES = 100


@router.get("/{model}/drift", summary="Windows of a model, feature by feature")
def get_drift(
    model: int,
    from_: str = Query("-7d", alias="from", description="milliseconds UTC, ISO 8601, or -7d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    feature: str | None = Query(None, max_length=200),
    segment: str | None = Query(None, max_length=200, description="rows of this segment alone; without it all rows"),
    format_: Literal["json", "csv", "html"] = Query(
        "json", alias="format", description="csv: a line a test or measure; html: a report, whole in itself"
    ),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Any:
    """Each with its state, whether drift is raised after it, its counts, and the verdict that explains itself.

    `now` says how each feature stands after its newest window in the range. As JSON the newest 20,000 windows are
    given; as CSV or HTML a range of more is refused.
    """
    about = models.get(found.store, principal.account, model)
    from_ms, to_ms = _range(found, from_, to)
    if format_ == "csv":
        lines = as_csv(_all_windows(found, model, from_ms, to_ms, version, feature, segment), segment)
        name = f'attachment; filename="drift-{model}.csv"'
        return StreamingResponse(lines, media_type="text/csv", headers={"Content-Disposition": name})
    if format_ == "html":
        rows = _all_windows(found, model, from_ms, to_ms, version, feature, segment)
        cells, wholes = [], []
        if segment is None:
            cells = drift.segment_table(found.store, model, from_ms, to_ms, version=version, limit=_MOST_WINDOWS)
            wholes = multivariate.windows(found.store, model, from_ms, to_ms, version=version, limit=_MOST_WHOLES)
        parts = (rows, cells, wholes)
        return _report(found, principal.account, about["name"], (from_ms, to_ms), parts, segment)
    rows = _windows(found, model, from_ms, to_ms, version, feature, segment, _MOST_WINDOWS)
    for row in rows:
        row["charts"] = row["counts"].pop("charts", [])
    newest = {(row["version"], row["feature"]): row for row in rows}
    now = [{key: row[key] for key in ("version", "feature", "state", "raised", "start_ms")} for row in newest.values()]
    model_shown = shown(about)
    charts = charts_of(model_shown, rows)
    return {"model": model_shown, "from": from_ms, "to": to_ms, "now": now, **charts, "windows": rows}


@router.get("/{model}/quality", summary="Quality of a model, window by window")
def get_quality(
    model: int,
    from_: str = Query("-7d", alias="from", description="milliseconds UTC, ISO 8601, or -7d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """What outcomes have shown (`metrics` of the `labelled` rows, with 95 % `intervals`), beside what the scores alone
    let expect (`estimated`). A window changes when later outcomes come.
    """
    about = models.get(found.store, principal.account, model)
    from_ms, to_ms = _range(found, from_, to)
    rows = quality.quality_windows(found.store, model, from_ms, to_ms, version=version, limit=_MOST_WINDOWS)
    return {"model": shown(about), "from": from_ms, "to": to_ms, "windows": rows}


@router.get("/{model}/movers", summary="Features that moved most")
def get_movers(
    model: int,
    from_: str = Query("-7d", alias="from", description="milliseconds UTC, ISO 8601, or -7d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    segment: str | None = Query(None, max_length=200, description="rows of this segment alone; without it all rows"),
    limit: int = Query(10, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """By the share of their judged windows that drifted, then by their greatest PSI, with the bins that moved then."""
    models.get(found.store, principal.account, model)
    from_ms, to_ms = _range(found, from_, to)
    rows = _all_windows(found, model, from_ms, to_ms, version, None, segment)
    return {"from": from_ms, "to": to_ms, "movers": top_movers(rows, limit)}


def _report(
    found: Context,
    account: int,
    name: str,
    between: tuple[int, int],
    parts: tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]],
    segment: str | None,
) -> HTMLResponse:
    from ingest_api.routes.drift_report import drift_report  # it needs scipy, which a gateway does without at its start

    rows, cells, wholes = parts
    profiles: dict[tuple[int, str], FeatureProfile] = {}
    for number in sorted({row["reference"] for row in rows}):
        with suppress(NotFound):
            for one in _profiles(models.reference(found.store, account, number), segment):
                profiles[number, one.name] = one
    of = name if segment is None else f"{name}, segment {segment}"
    page = drift_report(of, between, found.clock.now_ms(), rows, profiles, cells, wholes)
    return HTMLResponse(page, headers={"Content-Disposition": f'attachment; filename="drift-{name}.html"'})


def _profiles(reference: dict[str, Any], segment: str | None) -> list[FeatureProfile]:
    """The profiles of a reference, or of its rows of one segment."""
    whole = [FeatureProfile.from_dict(one) for one in reference["profiles"]]
    if segment is None:
        return whole
    segments = None if reference["segments"] is None else Segments.from_dict(reference["segments"])
    if segments is None or segment not in segments.labels:
        return []
    at = segments.labels.index(segment)
    return [segments.profile(one, at) for one in whole if one.name in segments.counts]


def _range(found: Context, from_: str, to: str) -> tuple[int, int]:
    now_ms = found.clock.now_ms()
    return parse_time("from", from_, now_ms), parse_time("to", to, now_ms)


def _windows(
    found: Context,
    model: int,
    from_ms: int,
    to_ms: int,
    version: str | None,
    feature: str | None,
    segment: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    if segment is None:
        return drift.windows(found.store, model, from_ms, to_ms, version=version, feature=feature, limit=limit)
    of = {"version": version, "feature": feature, "segment": segment}
    return drift.segment_windows(found.store, model, from_ms, to_ms, **of, limit=limit)


def _all_windows(
    found: Context,
    model: int,
    from_ms: int,
    to_ms: int,
    version: str | None,
    feature: str | None,
    segment: str | None,
) -> list[dict[str, Any]]:
    rows = _windows(found, model, from_ms, to_ms, version, feature, segment, _MOST_WINDOWS + 1)
    if len(rows) > _MOST_WINDOWS:
        raise InvalidInput("from", from_ms, f"ranges of at most {_MOST_WINDOWS} windows of features")
    return rows
