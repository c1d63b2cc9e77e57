"""Backtests: what a rule would have done, before it is saved."""

from __future__ import annotations

import threading
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from alerting.backtest import Episode
from alerting.rules import Expressed, OfSeries, Rule, RuleSpec, rule_of
from alerting.titles import Titles
from ingest_api.backtests.checks import over_checks
from ingest_api.backtests.expressions import over_joined
from ingest_api.backtests.rollups import Backtest, over_rollups
from ingest_api.backtests.signals import over_signals
from ingest_api.context import Context, context
from ingest_api.matching import Matching
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotFound, Overloaded
from vedette.events.check_series import named
from vedette.store.alerts import monitor_names, rules_of
from vedette.store.reports import alerts_between

router = APIRouter(prefix="/v1", tags=["alerting"])
MOST_DAYS = 92
SHOWN = 500
_one_at_a_time = threading.Semaphore()


class Trying(BaseModel):
    """A rule to be tried: as it would be posted, or one that there is, or both."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {"rule": {"name": "hot", "kind": "threshold", "series": "cpu.used_ratio", "above": 0.95}, "from": "-7d"}
            ]
        },
    )
    rule: RuleSpec | None = None
    id: int | None = Field(default=None, description="a rule of the account: what it did is told beside")
    from_: str = Field(default="-1d", alias="from", max_length=40)
    to: str = Field(default="now", max_length=40)


@router.post("/rules/backtest", summary="What a rule would have done")
def backtest(
    body: Trying, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """How often it would have fired, when, and for how long.

    Rules about series are tried on the rollups (of a long range on those of minutes: `step_s`), those about series of
    checks on single checks (and on minutes where those are kept no more), all others on the
    signals that were kept (30 days). `unknown` says how often an expression could not be told, and why not
    the first time. `from_ms` of `looked_at` says how far back there was anything. With
    `id`, `recorded` is what the rule did in that time. `matches` is what it is about now, as of `/rules/match`.
    """
    now = found.clock.now_ms()
    from_ms, to_ms = parse_time("from", body.from_, now), min(parse_time("to", body.to, now), now)
    if not 0 < to_ms - from_ms <= MOST_DAYS * 86_400_000:
        raise InvalidInput("from", body.from_, f"a time before to, at most {MOST_DAYS} days")
    spec = body.rule or _known(found, principal.account, body.id)
    rule = Rule(body.id or 0, principal.account, spec)
    if not _one_at_a_time.acquire(blocking=False):
        raise Overloaded("another backtest is being computed", 2.0)
    try:
        if isinstance(spec, OfSeries) and named(spec.selector()) is not None:
            result = over_checks(found, principal.account, rule, from_ms, to_ms)
        elif isinstance(spec, OfSeries):
            result = over_rollups(found, principal.account, rule, from_ms, to_ms)
        elif isinstance(spec, Expressed):
            result = over_joined(found, principal.account, rule, spec, from_ms, to_ms)
        else:
            result = over_signals(found.log, found.store, rule, Titles(monitor_names(found.store)), from_ms, to_ms)
    finally:
        _one_at_a_time.release()
    recorded = None
    if body.id is not None:
        recorded = alerts_between(found.store, principal.account, body.id, from_ms, to_ms)
    matches = Matching(found, principal.account).of(spec).shown()
    return {**_shown(result, from_ms, to_ms), "recorded": recorded, "matches": matches}


def _known(found: Context, account: int, number: int | None) -> Any:
    if number is None:
        raise InvalidInput("rule", None, "a rule, or the id of one")
    row = next((row for row in rules_of(found.store, account) if row["id"] == number), None)
    if row is None:
        raise NotFound(f"rule {number} does not exist")
    return rule_of(row)


def _shown(result: Backtest, from_ms: int, to_ms: int) -> dict[str, Any]:
    """Episodes that reach into the range, the first 500 of them one by one."""
    inside = [
        one for one in result.episodes if one.started_ms < to_ms and (one.ended_ms is None or one.ended_ms >= from_ms)
    ]
    inside.sort(key=lambda one: (one.started_ms, one.subject))
    return {
        "from_ms": from_ms,
        "to_ms": to_ms,
        "looked_at": {
            "what": result.what or ("rollups" if result.step_ms else "signals"),
            "step_s": result.step_ms // 1000 or None,
            "from_ms": result.first_ms,
            "subjects": result.subjects,
            "readings": result.readings,
        },
        "unknown": {"times": result.unknown, "why": result.why} if result.unknown else None,
        "fired": len(inside),
        "a_day": round(len(inside) / ((to_ms - from_ms) / 86_400_000), 3),
        "firing_s": sum(_lasted_ms(one, from_ms, to_ms) for one in inside) // 1000,
        "flapping": sum(one.flapping for one in inside),
        "episodes": [one.shown(to_ms) for one in inside[:SHOWN]],
    }


def _lasted_ms(one: Episode, from_ms: int, to_ms: int) -> int:
    return min(to_ms if one.ended_ms is None else one.ended_ms, to_ms) - max(one.started_ms, from_ms)
