"""Multivariate drift: all columns looked at together, window by window, and of two ranges when somebody asks."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.intake.past import Past
from ingest_api.intake.two_ranges import TwoRanges, samples
from ingest_api.routes.models import shown
from ingest_api.routes.multivariate_tables import wholes_as_csv
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, Overloaded
from vedette.events.features import check_version
from vedette.store import models
from vedette.store import multivariate as stored

router = APIRouter(prefix="/v1/models", tags=["models"])
_one_at_a_time = threading.Semaphore()
_MOST_WINDOWS = 5_000


class Range(BaseModel):
    """Rows of a model between two times: milliseconds UTC, ISO 8601, or as -7d."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: int | str = Field(alias="from")
    to: int | str = "now"
    rows_of: str | None = Field(default=None, max_length=100, description="of which version; null: of all")

    def past(self) -> Past:
        """As the intake reads it."""
        check_version("rows_of", self.rows_of or "")
        return Past(from_=self.from_, to=self.to, rows_of=self.rows_of)


class Asked(BaseModel):
    """What is compared with what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"window": {"from": "-1d"}, "baseline": {"from": "-8d", "to": "-1d"}, "alpha": 0.05}]
        },
    )

    window: Range
    baseline: Range
    columns: list[str] | None = Field(default=None, min_length=1, max_length=2000, description="null: all of them")
    alpha: float = Field(default=0.05, ge=0.005, le=0.5, description="share of quiet windows that may show drift")
    method: Literal["both", "domain", "reconstruction"] = "both"


@router.post("/{model}/multivariate", summary="Drift of all columns together")
def multivariate(
    model: int, body: Asked, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Whether rows of the window can be told from those of the baseline (`domain`: ROC area of a classifier, with its
    interval and p), whether they lie farther from the baseline's principal components (`reconstruction`), which
    features' means differ most (`moved`), and which pairs of numbers go together otherwise. It sees what no single
    column shows. Columns that one range does not have at all are `absent` and not compared.

    Rows come out of the archive and the log, as references do that are taken from the past; a random sample of 5,000 of
    each range. `drifted` by Holm over the methods. One at a time; it takes seconds.
    """
    models.get(found.store, principal.account, model)
    columns = None if body.columns is None else tuple(body.columns)
    asked = TwoRanges(window=body.window.past(), baseline=body.baseline.past(), columns=columns)
    if not _one_at_a_time.acquire(blocking=False):
        raise Overloaded("another one is being computed", 5.0)
    try:
        from vedette.statistics.drift.together import (
            together,
        )  # it needs scipy, which a gateway does without at its start

        baseline, window, told = samples(found, principal.account, model, asked)
        result = together(baseline, window, body.alpha, body.method)
    finally:
        _one_at_a_time.release()
    answer: dict[str, Any] = msgspec.to_builtins(asdict(result))
    return {"model": model, **told, "alpha": body.alpha, **answer}


@router.get("/{model}/multivariate", summary="Windows in which all columns were looked at together")
def get_multivariate(
    model: int,
    from_: str = Query("-30d", alias="from", description="milliseconds UTC, ISO 8601, or -30d"),
    to: str = Query("now"),
    version: str | None = Query(None, max_length=100),
    format_: Literal["json", "csv"] = Query("json", alias="format", description="csv: a line a window"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Any:
    """Of a model with `multivariate_s`: each window's state, whether drift is raised after it, its rows, and as
    `result` what both methods found, or the `reason` why there is no answer. As JSON the newest 5,000 in the range are
    given; as CSV a range of more is refused."""
    about = models.get(found.store, principal.account, model)
    now_ms = found.clock.now_ms()
    from_ms, to_ms = parse_time("from", from_, now_ms), parse_time("to", to, now_ms)
    if format_ == "csv":
        rows = stored.windows(found.store, model, from_ms, to_ms, version=version, limit=_MOST_WINDOWS + 1)
        if len(rows) > _MOST_WINDOWS:
            raise InvalidInput("from", from_ms, f"ranges of at most {_MOST_WINDOWS} windows")
        name = f'attachment; filename="multivariate-{model}.csv"'
        return StreamingResponse(wholes_as_csv(rows), media_type="text/csv", headers={"Content-Disposition": name})
    rows = stored.windows(found.store, model, from_ms, to_ms, version=version, limit=_MOST_WINDOWS)
    return {"model": shown(about), "from": from_ms, "to": to_ms, "windows": rows}
