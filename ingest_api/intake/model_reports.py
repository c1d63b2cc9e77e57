"""Reports about models: from a body to a message of the log, the same whichever way the body came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from ingest_api.intake import features, model_metrics, outcomes
from ingest_api.intake.arrow_rows import ARROW, ArrowRows
from ingest_api.intake.bodies import INFLATION, JSON
from ingest_api.intake.known_models import KnownModels
from ingest_api.intake.samples import Limits
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.events.features import Column, FeatureBatch, encode_batch
from vedette.events.model_metrics import columns_of
from vedette.events.names import hash64
from vedette.events.outcomes import OUTCOME
from vedette.log import Message

LARGEST = 4 << 20
"""Bytes of a body as it is sent."""
FEATURE_TYPES = (JSON, ARROW)


@dataclass(frozen=True, slots=True)
class Desk:
    """For whom and when a report is taken: rows without a time get `now_ms`."""

    principal: Principal
    known: KnownModels
    limits: Limits
    now_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken: the log's message (None: nothing), how many values it holds, and what its sender is told."""

    message: Message | None
    values: int
    answer: dict[str, Any]


class _Whose(Protocol):
    """What all reports say of themselves."""

    epoch: str | int
    seq: int
    version: str | None


def check_type(media_type: str, allowed: Sequence[str]) -> None:
    """`InvalidInput` for a content type that is none of the allowed ones."""
    if media_type not in allowed:
        raise InvalidInput("Content-Type", media_type[:100], ", ".join(allowed))


def take_features(body: bytes, media_type: str, identity: Mapping[str, str], desk: Desk) -> Report:
    """Rows that a model has seen. `identity` is what Arrow's body lacks, by the names of HTTP's headers.

    Blocks. `InvalidInput` names what is wrong with the body as a whole, `NotAllowed` says that the token is for another
    model; a column that is wrong costs itself alone.
    """
    check_type(media_type, FEATURE_TYPES)
    if media_type == ARROW:
        rows = ArrowRows(body, identity, LARGEST * INFLATION)
        report, taking = rows.report, rows.take
    else:
        report = features.read_report(body)
        taking = partial(features.take, report)
    desk.principal.need_subject("model", report.model)
    model = desk.known.number(desk.principal.account, report.model)
    taken = taking(desk.limits)
    rows_taken = len(taken.ts)
    message = None
    if rows_taken:
        ts = taken.ts.astype("<i8").tobytes()
        message = _message(desk, model, report, ts, taken.columns, report.ids)
    answer = {"rows": rows_taken, "columns": len(taken.columns), "late": taken.late, "refused": taken.refused}
    return Report(message, rows_taken * len(taken.columns), answer)


def take_outcomes(body: bytes, desk: Desk) -> Report:
    """What turned out to be true of rows. Blocks; raises as `take_features` does. A wrong row costs itself alone."""
    report, rows = outcomes.read_outcomes(body)
    desk.principal.need_subject("model", report.model)
    model = desk.known.number(desk.principal.account, report.model)
    taken = outcomes.take_outcomes(rows, desk.limits, desk.now_ms)
    message = None
    if taken.names:
        columns = [features.pack(OUTCOME, taken.values)]
        message = _message(desk, model, report, np.array(taken.ts, "<i8").tobytes(), columns, list(taken.names))
    answer = {"outcomes": len(taken.names), "refused_rows": taken.refused_rows, "refused": taken.refused}
    return Report(message, len(taken.names), answer)


def take_metrics(body: bytes, desk: Desk, number: int | None = None) -> Report:
    """Named numbers of a model, which the body names unless `number` does. Blocks; raises as `take_features` does, and
    `NotFound` for a number that is none. A wrong value costs itself alone."""
    report, rows = model_metrics.read_metrics(body)
    account, name = desk.principal.account, report.model
    if number is not None:
        name = desk.known.name(account, number)
        if report.model not in {"", name}:
            raise InvalidInput("model", report.model[:200], f"{name}, or nothing, for model {number}")
    desk.principal.need_subject("model", name)
    model = desk.known.number(account, name) if number is None else number
    taken = model_metrics.take_metrics(rows, desk.limits, desk.now_ms)
    message = None
    if taken.names:
        columns = columns_of(taken.names, taken.values)
        message = _message(desk, model, report, np.array(taken.ts, "<i8").tobytes(), columns, None)
    answer = {"values": len(taken.names), "refused_values": taken.refused_rows, "refused": taken.refused}
    return Report(message, len(taken.names), answer)


def _message(
    desk: Desk, model: int, report: _Whose, ts: bytes, columns: list[Column], ids: Sequence[str | None] | None
) -> Message:
    epoch = report.epoch if isinstance(report.epoch, int) else hash64("epoch", report.epoch)
    listed = None if ids is None else list(ids)
    version = report.version or ""
    batch = FeatureBatch(desk.principal.account, model, version, epoch, report.seq, ts, columns, listed)
    return Message(str(model).encode(), encode_batch(batch))
