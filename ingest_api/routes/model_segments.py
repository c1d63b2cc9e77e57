"""Segments of models: by which column rows are counted apart, and how the segments stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints, model_validator

from ingest_api.context import Context, context
from ingest_api.routes.segment_tables import by_segment, cells_as_csv
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import MISSING, MOST_SEGMENTS, OTHER, Segments, fit_segments
from vedette.store import drift, models

router = APIRouter(prefix="/v1/models", tags=["models"])
MOST_WINDOWS = 5_000
"""Windows of features that are looked at, the newest."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Segmenting(BaseModel):
    """By which column a model's rows are counted apart."""

    segment_by: Name | None = Field(
        default=None, description="categorical or boolean column by whose values rows are judged apart too"
    )
    segments: list[Name] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_SEGMENTS,
        description="its values that are segments; null: the 20 most frequent of the reference. All others are other",
    )
    segment_only: bool = Field(
        default=False, description="the column is no feature: its own distribution is not judged"
    )

    @model_validator(mode="after")
    def _segments_of_a_column(self) -> Segmenting:
        if self.segment_by is None and (self.segments is not None or self.segment_only):
            raise ValueError("segments and segment_only need segment_by")
        if self.segments is not None:
            if len(set(self.segments)) < len(self.segments):
                raise ValueError("segments must differ")
            if {OTHER, MISSING} & set(self.segments):
                raise ValueError(f"segments must not be called {OTHER} or {MISSING}: these two there always are")
        return self


def segments_of(
    config: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], profiles: Sequence[FeatureProfile]
) -> Segments | None:
    """The segments of a reference's rows, as the model's settings ask for; None if they ask for none."""
    column = config.get("segment_by")
    return None if column is None else fit_segments(column, config.get("segments"), columns, profiles)


def told_of(segments: Segments, profiles: Sequence[FeatureProfile]) -> dict[str, Any]:
    """What is answered about them: their rows, and the features that are not counted by segment since they have too
    many bins."""
    matrix = next(iter(segments.counts.values()), None)
    rows = {} if matrix is None else dict(zip(segments.labels, matrix.sum(axis=1).tolist(), strict=True))
    wide = [one.name for one in profiles if one.name not in segments.counts and one.name != segments.column]
    return {"column": segments.column, "rows": rows, "left_out": wide}


def standing(found: Context, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the newest reference of each version of a model (as the store gives it), the segments by which its rows are
    counted: `segments` is null if it has none that the settings ask for, and then it must be given again."""
    config = row["config"]
    if config.get("segment_by") is None:
        return []
    told = []
    for one in models.newest_segments(found.store, row["id"]):
        known = None if one["segments"] is None else Segments.from_dict({**one["segments"], "counts": {}})
        fits = known is not None and known.are_of(config["segment_by"], config.get("segments"))
        labels = list(known.labels) if fits and known is not None else None
        told.append({"version": one["version"], "reference": one["reference"], "segments": labels})
    return told


@router.get("/{model}/segments", summary="Segments of a model: which drifted, and in what")
def get_segments(
    model: int,
    from_: str = Query("-7d", alias="from", description="milliseconds UTC, ISO 8601, or -7d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    format_: Literal["json", "csv"] = Query("json", alias="format", description="csv: a line a segment and feature"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Any:
    """`segments` and the features of each, the worst first; `references` says which segments are counted.

    Drift that is raised comes first, then what drifted in the greatest share of its windows. Of the newest 20,000
    windows of features in the range.
    """
    about = models.get(found.store, principal.account, model)
    now_ms = found.clock.now_ms()
    from_ms, to_ms = parse_time("from", from_, now_ms), parse_time("to", to, now_ms)
    cells = drift.segment_table(found.store, model, from_ms, to_ms, version=version, limit=MOST_WINDOWS)
    if format_ == "csv":
        name = f'attachment; filename="segments-{model}.csv"'
        return StreamingResponse(cells_as_csv(cells), media_type="text/csv", headers={"Content-Disposition": name})
    config = about["config"]
    answer = {"model": model, "segment_by": config.get("segment_by"), "from": from_ms, "to": to_ms}
    return {**answer, "references": standing(found, about), "segments": by_segment(cells)}
