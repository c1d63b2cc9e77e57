"""Commands about routes: who is told of an alert, at once and later on, over the gateway."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import Gateway, gateway
from launch.naming import found_or_new, one_of, rows_of
from launch.routes_in_words import HOURS, STEP, Named, hours_of, hours_words, steps_of, steps_words
from launch.timespans import SPAN, seconds, written
from vedette.errors import InvalidInput

app = typer.Typer(
    no_args_is_help=True,
    help="Who is told of an alert: routes with their steps. The first that matches counts (docs/on-call.md).",
)
console = Console(highlight=False)
Called = Annotated[str, typer.Argument(metavar="ROUTE", help="its name, or its number")]


@app.command("list")
def list_routes() -> None:
    """List routes, in the order in which they are asked."""
    reached = gateway()
    named = _named(reached)
    table = Table("position", "id", "name", "alerts", "hours", "who, after how long", "reminds", title="routes")
    for row in rows_of(reached, "route"):
        steps = " → ".join(steps_words(row["steps"], named)) or "nobody"
        reminds = "" if row["remind_s"] is None else f"each {written(row['remind_s'])}"
        cells = (row["position"], row["id"], row["name"], row["match"] or "all", hours_words(row["hours"]))
        table.add_row(*(escape(str(cell)) for cell in (*cells, steps, reminds)))
    console.print(table)
    console.print(
        "Alerts that no route takes are told to all channels at once; those of rules with channels, to these."
    )


@app.command("show")
def show(route: Called) -> None:
    """Show a route, in the words in which `set` takes it."""
    reached = gateway()
    row = one_of(rows_of(reached, "route"), "route", route)
    steps = steps_words(row["steps"], _named(reached))
    lines = [
        ("id", row["id"]),
        ("name", row["name"]),
        ("position", row["position"]),
        ("match", row["match"] or "all alerts"),
        ("hours", hours_words(row["hours"])),
        *(("step", step) for step in steps or ["nobody is told"]),
        ("remind", "never" if row["remind_s"] is None else written(row["remind_s"])),
        ("group", written(row["group_s"])),
    ]
    for name, value in lines:
        console.print(f"{name:9} {value}", markup=False)


@app.command("set")
def set_route(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="its name, or the number of one that there is")],
    match: Annotated[
        str | None,
        typer.Option(help='which alerts, by their labels: \'{severity="critical",role="db"}\'; empty: all of them'),
    ] = None,
    hours: Annotated[str | None, typer.Option(help=f"when it takes alerts: {HOURS}")] = None,
    zone: Annotated[str | None, typer.Option(help="of these hours, as Europe/Berlin; UTC if not said")] = None,
    step: Annotated[
        list[str] | None, typer.Option(help=f"{STEP}; repeat it for an escalation; replaces all steps that there were")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="no steps: nobody is told of these alerts")] = False,
    remind: Annotated[
        str | None, typer.Option(help=f"tell again while nobody acknowledges: {SPAN}; never: not at all")
    ] = None,
    group: Annotated[str | None, typer.Option(help=f"wait so long for others, to go as one message: {SPAN}")] = None,
    position: Annotated[int | None, typer.Option(min=0, help="smaller ones are asked first")] = None,
    name: Annotated[str | None, typer.Option(help="another name")] = None,
) -> None:
    """Make a route, or change the one of that name: what is not said stays. Alerts that fire now keep their plan."""
    reached = gateway()
    known = found_or_new(rows_of(reached, "route"), "route", route)
    body: dict[str, Any] = {"name": route} if known is None else {k: v for k, v in known.items() if k != "id"}
    if known is None and not step and not nobody:
        raise InvalidInput("--step", None, f"{STEP}; or --nobody")
    if step and nobody:
        raise InvalidInput("--nobody", True, "either --step or --nobody")
    said: dict[str, Any] = {"match": match, "position": position, "name": name}
    body |= {field: value for field, value in said.items() if value is not None}
    body["match"] = body.get("match") or None
    if step or nobody:
        body["steps"] = steps_of(step or [], _named(reached))
    if remind is not None:
        body["remind_s"] = None if remind == "never" else seconds("--remind", remind)
    if group is not None:
        body["group_s"] = seconds("--group", group)
    body["hours"] = _hours(body.get("hours"), hours, zone)
    if known is None:
        made = reached.call("POST", "/v1/routes", body=body)
    else:
        made = reached.call("PUT", f"/v1/routes/{known['id']}", body=body)
    console.print(f"route {made['id']}", markup=False)


def _named(reached: Gateway) -> Named:
    return Named(*(rows_of(reached, kind) for kind in ("channel", "group", "schedule")))


def _hours(known: dict[str, Any] | None, hours: str | None, zone: str | None) -> dict[str, Any] | None:
    if hours is not None:
        return hours_of(hours, zone or (known or {}).get("zone", "UTC"))
    if zone is None:
        return known
    if known is None:
        raise InvalidInput("--zone", zone, "with --hours: this route takes alerts at any time")
    return {**known, "zone": zone}


@app.command("remove")
def remove_route(route: Called) -> None:
    """Remove a route. Alerts that fire now keep the plan with which they began."""
    reached = gateway()
    reached.call("DELETE", f"/v1/routes/{one_of(rows_of(reached, 'route'), 'route', route)['id']}")
