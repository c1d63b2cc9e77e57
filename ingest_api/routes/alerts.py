"""Alerts, and the rules that raise them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict

from alerting.defaults import default_rules
from alerting.rules import AnyRule, RuleSpec, minds_subject, rule_kinds, rule_of
from ingest_api.context import Context, context
from ingest_api.matching import Matching
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import Conflict
from vedette.events.signals import AlertState
from vedette.store import alerts, anomalies, groups
from vedette.store.waits import waits_of_account

router = APIRouter(prefix="/v1", tags=["alerting"])


@router.get("/alerts", summary="Alerts, newest first")
def list_alerts(
    state: AlertState | None = None,
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """All, or those in one state."""
    return {"alerts": alerts.alerts_of(found.store, principal.account, state, limit)}


@router.get("/alerts/waiting", summary="What waits before it is an alert")
def list_waiting(
    state: Literal["pending", "suppressed"] | None = None,
    ended: bool = Query(False, description="also what waits no more, for seven days"),
    limit: int = Query(100, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """`pending`: a rule's condition holds, but not for long enough yet. `suppressed`: it holds, but nobody is to be
    called: for maintenance, or since a monitor that it depends on is down (`why`). `outcome` is `fired` (there is an
    alert) or `lapsed`."""
    return {"waiting": waits_of_account(found.store, principal.account, state, ended=ended, limit=limit)}


@router.get("/rules", summary="Rules")
def list_rules(
    matches: bool = Query(False, description="with what each is about now: costs a look at all series"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """In the order they were made."""
    rows = alerts.rules_of(found.store, principal.account)
    if matches:
        matching = Matching(found, principal.account)
        for row in rows:
            row["matches"] = matching.of(rule_of(row)).shown()
    return {"rules": rows}


class Matched(BaseModel):
    """A rule as it would be posted."""

    model_config = ConfigDict(extra="forbid")
    rule: RuleSpec


@router.post("/rules/match", summary="What a rule is about now")
def match_rule(
    body: Matched, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """How many `subjects` there are now that it matches, `what` they are, the first of them as `examples`, and whether
    that is `everything`. `warning`: it matches nothing now, or all series. What comes later is matched as it comes.
    """
    return {"matches": _matches(found, principal, body.rule)}


def _matches(found: Context, principal: Principal, rule: AnyRule) -> dict[str, Any]:
    return Matching(found, principal.account).of(rule).shown()


@router.get("/rules/kinds", summary="Kinds of rules", dependencies=[Depends(needs("read"))])
def list_rule_kinds() -> dict[str, Any]:
    """What each is for, and JSON Schema of its fields, for forms."""
    return {"kinds": rule_kinds()}


@router.get("/rules/learned", summary="What rules about anomalies have learned")
def list_learned(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Of each rule of the kind `anomaly`: when it last learned (`learned_ms` is null while it has not), from how many
    weeks, and the score from which on a window is unusual (`threshold`, in units of a series' own spread). `series` it
    knows; of those that are `unready` fewer than three weeks are known, and `left_out` are beyond the first 300.
    """
    standings = anomalies.standings(found.store, principal.account)
    return {"rules": [{"rule": rule, **standing} for rule, standing in standings.items()]}


@router.post("/rules", status_code=201, summary="Make a rule")
def add_rule(
    body: RuleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """It applies to signals from a second later on. `matches` is what it is about now, as of `/rules/match`."""
    _check_told(found, principal, body)
    config = body.model_dump(exclude={"name", "kind"})
    rule = alerts.add_rule(found.store, principal.account, body.name, body.kind, config)
    return {"id": rule, **body.model_dump(), "matches": _matches(found, principal, body)}


@router.post("/rules/defaults", status_code=201, summary="Make the default rules")
def add_default_rules(
    principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Those whose names no rule of the account has; the others stay as they are."""
    made = []
    for rule in default_rules():
        with suppress(Conflict):
            config = rule.model_dump(exclude={"name", "kind"})
            number = alerts.add_rule(found.store, principal.account, rule.name, rule.kind, config)
            made.append({"id": number, **rule.model_dump()})
    return {"rules": made}


@router.put("/rules/{rule}", summary="Change a rule")
def change_rule(
    rule: int, body: RuleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """From a second later on. Open alerts go on, and end when a signal says that the new condition does not hold; those
    about what it does not mind any more end now. `matches` is what it is about now, as of `/rules/match`.
    """
    _check_told(found, principal, body)
    config = body.model_dump(exclude={"name", "kind"})
    still_minds = partial(minds_subject, body, principal.account)
    alerts.change_rule(found.store, principal.account, rule, body.name, body.kind, config, still_minds)
    return {"id": rule, **body.model_dump(), "matches": _matches(found, principal, body)}


def _check_told(found: Context, principal: Principal, rule: AnyRule) -> None:
    with found.store.transaction() as connection:
        groups.check_names(connection, principal.account, "channels", "channels", set(rule.channels))
        groups.check_names(connection, principal.account, "channel_groups", "groups", set(rule.groups))


@router.delete("/rules/{rule}", status_code=204, summary="Remove a rule")
def remove_rule(
    rule: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Its open alerts end; channels that were told their start are told so."""
    alerts.remove_rule(found.store, principal.account, rule)
    return Response(status_code=204)
