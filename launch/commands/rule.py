"""Commands about rules: make, change, list, remove, and try them on the past, over the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from launch.client import gateway
from launch.given import Set, given_fields
from vedette.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="When there is an alert.")
console = Console(highlight=False)
aside = Console(stderr=True, highlight=False)
KINDS = (
    "outage, endpoint_down, degraded, trend, host_silent, host_flag, threshold, change, absence, plugin_notice, drift,"
    " model_silent, quality, model_metric, control_chart, burn_rate, anomaly, expression"
)
_SHOWN = 30


@app.command("add")
def add_rule(
    name: str,
    kind: Annotated[str, typer.Argument(help=KINDS)],
    series: Annotated[str | None, typer.Option(help="threshold, change, absence, anomaly: a selector")] = None,
    expression: Annotated[
        str | None, typer.Option(help="expression: as memory.used / memory.total > 0.9 and cpu.used_ratio > 0.5")
    ] = None,
    per: Annotated[list[str], typer.Option(help="expression: once for each value of this label; may be repeated")] = [],  # noqa: B006 - typer copies it
    hosts: Annotated[str | None, typer.Option(help='expression: as {role="db"}')] = None,
    above: Annotated[float | None, typer.Option()] = None,
    below: Annotated[float | None, typer.Option()] = None,
    for_s: Annotated[
        int | None, typer.Option("--for", help="threshold, expression, absence: seconds it must hold")
    ] = None,
    by: Annotated[float | None, typer.Option(help="change: percent that is too far")] = None,
    window_s: Annotated[int | None, typer.Option("--window", help="change: seconds of a window")] = None,
    against: Annotated[str | None, typer.Option(help="change: before, yesterday or last_week")] = None,
    monitor: Annotated[
        int | None, typer.Option(help="outage, endpoint_down, trend, burn_rate: one monitor only")
    ] = None,
    after_failures: Annotated[int | None, typer.Option(help="endpoint_down: failures in a row")] = None,
    direction: Annotated[str | None, typer.Option(help="trend, change: down or up")] = None,
    minimum: Annotated[
        float | None, typer.Option(help="trend: smallest change of Apdex; burn_rate: checks in the long window")
    ] = None,
    objective: Annotated[float | None, typer.Option(help="burn_rate: share of checks that must be good, 0.999")] = None,
    good: Annotated[str | None, typer.Option(help="burn_rate: up or satisfied")] = None,
    pair: Annotated[list[str], typer.Option(help="burn_rate: as 1h/5m:14.4; may be repeated")] = [],  # noqa: B006 - typer copies it
    source: Annotated[str | None, typer.Option(help="host_silent, plugin_notice: a regular expression")] = None,
    plugin: Annotated[str | None, typer.Option(help="plugin_notice: a regular expression")] = None,
    model: Annotated[int | None, typer.Option(help="drift, model_silent, quality, model_metric …: one")] = None,
    feature: Annotated[str | None, typer.Option(help="drift, control_chart: a regular expression")] = None,
    metric: Annotated[str | None, typer.Option(help="quality: accuracy, auc, rmse …; model_metric: its name")] = None,
    baseline: Annotated[float | None, typer.Option(help="quality, model_metric: what is usual")] = None,
    delta: Annotated[float | None, typer.Option(help="quality, model_metric: how far from it is too far")] = None,
    windows: Annotated[int | None, typer.Option(help="quality: windows in a row")] = None,
    flag: Annotated[str | None, typer.Option(help="host_flag: clone or clock")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, warning, info; each kind has its own")] = None,
    runbook: Annotated[str | None, typer.Option(help="a page that says what to do")] = None,
    channel: Annotated[list[int], typer.Option(help="notify only these; may be repeated")] = [],  # noqa: B006 - typer copies it
    group: Annotated[list[int], typer.Option(help="the same with all channels of these groups")] = [],  # noqa: B006 - typer copies it
    more: Set = [],  # noqa: B006 - typer copies it
) -> None:
    """Make a rule."""
    given = {
        "series": series,
        "expression": expression,
        "per": per or None,
        "hosts": hosts,
        "above": above,
        "below": below,
        "for_s": for_s,
        "by": by,
        "window_s": window_s,
        "against": against,
        "monitor": monitor,
        "after_failures": after_failures,
        "direction": direction,
        "minimum": minimum,
        "objective": objective,
        "good": good,
        "pairs": pair or None,
        "source": source,
        "plugin": plugin,
        "model": model,
        "feature": feature,
        "metric": metric,
        "baseline": baseline,
        "delta": delta,
        "windows": windows,
        "flag": flag,
        "severity": severity,
        "runbook": runbook,
    }
    body = {
        "name": name,
        "kind": kind,
        "channels": channel,
        "groups": group,
        **{k: v for k, v in given.items() if v is not None},
    }
    made = gateway().call("POST", "/v1/rules", body={**body, **given_fields(more)})
    console.print(f"rule {made['id']}")
    _tell(made["matches"], aside)


@app.command("change")
def change_rule(rule: int, fields: Set) -> None:
    """Change fields of a rule; its open alerts stay, and end when the new condition does not hold."""
    _tell(gateway().call("PUT", f"/v1/rules/{rule}", body={**_rule(rule), **given_fields(fields)})["matches"], aside)


@app.command("match")
def match_rule(
    rule: Annotated[int | None, typer.Argument(help="a rule that there is; else give all its fields")] = None,
    fields: Set = [],  # noqa: B006 - typer copies it
) -> None:
    """Say what a rule is about now. Nothing is changed."""
    tried = {"name": "tried", **({} if rule is None else _rule(rule)), **given_fields(fields)}
    _tell(gateway().call("POST", "/v1/rules/match", body={"rule": tried})["matches"], console)


def _tell(found: dict[str, Any], out: Console) -> None:
    """How many subjects a rule has, the first of them, and what to be warned of."""
    if found["subjects"]:
        more = ", …" if found["subjects"] > len(found["examples"]) else ""
        everything = "all " if found["everything"] else ""
        examples = f"{', '.join(found['examples'])}{more}"
        out.print(f"matches {everything}{found['subjects']} {found['what']}: {examples}", markup=False)
    if found["warning"] is not None:
        out.print(f"warning: {found['warning']}", markup=False)


@app.command("list")
def list_rules(
    matches: Annotated[bool, typer.Option("--matches", help="with how many subjects each has now")] = False,
) -> None:
    """List rules."""
    columns = ("id", "name", "kind", "severity", "series", "above", "below", *(("matches",) if matches else ()))
    table = Table(*columns, title="rules")
    for row in gateway().call("GET", "/v1/rules", params={"matches": matches} if matches else None)["rules"]:
        row.setdefault("series", row.get("expression"))
        if matches:
            row["matches"] = f"{row['matches']['subjects']} {row['matches']['what']}"
        table.add_row(*("" if row.get(column) is None else str(row[column]) for column in columns))
    console.print(table)


@app.command("defaults")
def add_defaults() -> None:
    """Make the default rules that are not there, by their names."""
    made = gateway().call("POST", "/v1/rules/defaults")["rules"]
    console.print(f"made {len(made)}: {', '.join(one['name'] for one in made)}" if made else "all are there")


@app.command("remove")
def remove_rule(rule: int) -> None:
    """Remove a rule."""
    gateway().call("DELETE", f"/v1/rules/{rule}")


@app.command("backtest")
def backtest(
    rule: Annotated[int | None, typer.Argument(help="a rule that there is; else give all its fields")] = None,
    fields: Set = [],  # noqa: B006 - typer copies it
    since: Annotated[str, typer.Option("--from", help="-7d, ISO 8601, or milliseconds")] = "-1d",
    until: Annotated[str, typer.Option("--to")] = "now",
) -> None:
    """Try a rule on the past: how often it would have fired, when, and for how long. Nothing is changed."""
    tried = {"name": "tried", **({} if rule is None else _rule(rule)), **given_fields(fields)}
    body: dict[str, Any] = {"rule": tried, "from": since, "to": until}
    found = gateway().call("POST", "/v1/rules/backtest", body=body if rule is None else {**body, "id": rule})
    seen = found["looked_at"]
    console.print(
        f"fired {found['fired']} times ({found['a_day']:g} a day), for {found['firing_s']} s in all;"
        f" looked at {seen['readings']} {'readings' if seen['what'] == 'rollups' else 'signals'}"
        f" of {seen['subjects']} subjects since {_time(seen['from_ms']) or 'never'}",
        markup=False,
    )
    _tell(found["matches"], console)
    if found["unknown"] is not None:
        unknown = found["unknown"]
        console.print(f"not known {unknown['times']} times, the first time because: {unknown['why']}", markup=False)
    if found["recorded"] is not None:
        recorded = found["recorded"]
        console.print(f"what it did: fired {recorded['fired']} times, for {recorded['firing_s']} s in all")
    table = Table("from (UTC)", "to (UTC)", "s", "subject", "title")
    for one in found["episodes"][:_SHOWN]:
        times = (_time(one["started_ms"]), _time(one["ended_ms"]), str(one["lasted_s"]))
        table.add_row(*times, one["subject"], one["title"])
    if found["episodes"]:
        console.print(table)
    if found["fired"] > _SHOWN:
        console.print(f"and {found['fired'] - _SHOWN} more")


def _time(ms: int | None) -> str:
    return "" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _rule(number: int) -> dict[str, Any]:
    for row in gateway().call("GET", "/v1/rules")["rules"]:
        if row["id"] == number:
            return {name: value for name, value in row.items() if name != "id"}
    raise NotFound(f"rule {number} does not exist")
