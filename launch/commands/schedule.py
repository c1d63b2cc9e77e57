"""Commands about on-call schedules: who is on call now and next, and who takes over, over the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import Gateway, gateway
from launch.naming import found_or_new, names_of, one_of, rows_of
from launch.timespans import MOMENT, SPAN, moment_ms, now_ms, seconds, shown
from vedette.errors import InvalidInput, NotFound

app = typer.Typer(
    no_args_is_help=True,
    help="Who is on call: channels in turn, and those who take over for a while (docs/on-call.md).",
)
console = Console(highlight=False)
Called = Annotated[str, typer.Argument(metavar="SCHEDULE", help="its name, or its number")]
_YEAR_DAYS = 366


@app.command("list")
def list_schedules() -> None:
    """List schedules: who is on call, until when, and who then. Times are local to each schedule's zone."""
    reached = gateway()
    names = names_of(rows_of(reached, "channel"))
    table = Table("id", "name", "on call", "until", "then", "zone", title="schedules")
    for row in rows_of(reached, "schedule"):
        cells = _now(reached, row, names)
        table.add_row(*(escape(str(cell)) for cell in (row["id"], row["name"], *cells, row["zone"])))
    console.print(table)


@app.command("show")
def show(schedule: Called, days: Annotated[int, typer.Option(min=1, max=_YEAR_DAYS, help="so far ahead")] = 28) -> None:
    """Show a schedule: its rotation, who is on call when, and who takes over. Times are local to its zone."""
    reached = gateway()
    names = names_of(rows_of(reached, "channel"))
    row = one_of(rows_of(reached, "schedule"), "schedule", schedule)
    zone = row["zone"]
    turns = ", ".join(names.get(one, str(one)) for one in row["rotation"])
    days_each = "a day" if row["days"] == 1 else f"{row['days']} days"
    console.print(
        f"{row['name']} ({row['id']}): {turns}; {days_each} each, from {row['first']} on, at {row['handover']} {zone}",
        markup=False,
        soft_wrap=True,
    )
    ahead = Table("from", "until", "on call", "", title="who is on call")
    for shift in _shifts(reached, row, days=days)["shifts"]:
        told = shown(shift["from_ms"], zone), shown(shift["to_ms"], zone) or "for ever"
        who = names.get(shift["channel"], str(shift["channel"]))
        ahead.add_row(*told, escape(who), "takes over" if shift["override"] else "")
    console.print(ahead)
    if row["overrides"]:
        table = Table("from", "until", "channel", title="overrides; of several that hold, the last counts")
        for one in row["overrides"]:
            who = names.get(one["channel"], str(one["channel"]))
            table.add_row(shown(one["from_ms"], zone), shown(one["to_ms"], zone), escape(who))
        console.print(table)


@app.command("now")
def who_is_on_call(
    schedule: Annotated[str | None, typer.Argument(metavar="SCHEDULE", help="its name or number; all if none")] = None,
    at: Annotated[str, typer.Option(help=f"when: {MOMENT}")] = "now",
) -> None:
    """Say who is on call, until when, and who then."""
    reached = gateway()
    names = names_of(rows_of(reached, "channel"))
    rows = rows_of(reached, "schedule")
    for row in rows if schedule is None else [one_of(rows, "schedule", schedule)]:
        who, until, then = _now(reached, row, names, at)
        after = f" until {until} ({row['zone']}), then {then}" if until else ""
        console.print(f"{row['name']}: {who}{after}", markup=False, soft_wrap=True)


@app.command("set")
def set_schedule(
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help="its name, or the number of one that there is")],
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", "-c", help="who is on call, in turn: a channel's name or number; repeat it for each"),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="how many days each; 7 if not said")] = None,
    first: Annotated[
        str | None, typer.Option(help="the day on which the first of them begins, as 2026-11-30; today if not said")
    ] = None,
    handover: Annotated[str | None, typer.Option(help="at which time of day, as 09:00")] = None,
    zone: Annotated[str | None, typer.Option(help="of that time, as Europe/Berlin; UTC if not said")] = None,
    name: Annotated[str | None, typer.Option(help="another name")] = None,
) -> None:
    """Make a schedule, or change the one of that name: what is not said stays, overrides too."""
    reached = gateway()
    known = found_or_new(rows_of(reached, "schedule"), "schedule", schedule)
    if known is None and not channel:
        raise InvalidInput("--channel", None, "who is on call, in turn; once for each")
    channels = rows_of(reached, "channel") if channel else []
    said: dict[str, Any] = {
        "name": name,
        "rotation": [one_of(channels, "--channel", one)["id"] for one in channel] if channel else None,
        "days": days,
        "first": first,
        "handover": handover,
        "zone": zone,
    }
    fields = ("name", "rotation", "days", "first", "handover", "zone")
    body = {"name": schedule} if known is None else {field: known[field] for field in fields}
    body |= {field: value for field, value in said.items() if value is not None}
    if known is None:
        body.setdefault("first", f"{datetime.now(_zone(body.get('zone', 'UTC'))):%Y-%m-%d}")
        made = reached.call("POST", "/v1/schedules", body=body)
    else:
        made = reached.call("PUT", f"/v1/schedules/{known['id']}", body=body)
    who, until, then = _now(reached, made, names_of(rows_of(reached, "channel")))
    after = f" until {until}, then {then}" if until else ""
    console.print(f"schedule {made['id']}; on call: {who}{after}", markup=False, soft_wrap=True)


@app.command("override")
def take_over(
    schedule: Called,
    channel: Annotated[str, typer.Argument(help="who takes over: a channel's name or number")],
    for_s: Annotated[str | None, typer.Option("--for", help=f"for how long: {SPAN}")] = None,
    until: Annotated[str | None, typer.Option(help=f"or until when: {MOMENT}")] = None,
    since: Annotated[str, typer.Option("--from", help=f"from when on: {MOMENT}")] = "now",
) -> None:
    """Let a channel be on call instead of whom the rotation names, for a while."""
    if (for_s is None) == (until is None):
        raise InvalidInput("--until", until, "either --for or --until")
    reached = gateway()
    row = one_of(rows_of(reached, "schedule"), "schedule", schedule)
    taker = one_of(rows_of(reached, "channel"), "channel", channel)
    zone = row["zone"]
    body: dict[str, Any] = {"channel": taker["id"]}
    begin = moment_ms("--from", since, zone, now_ms())
    if since != "now":
        body["from_ms"] = begin
    if for_s is not None:
        body["minutes"] = -(-seconds("--for", for_s) // 60)
    elif until is not None:
        body["to_ms"] = moment_ms("--until", until, zone, begin)
    made = reached.call("POST", f"/v1/schedules/{row['id']}/overrides", body=body)
    span = f"from {shown(made['from_ms'], zone)} until {shown(made['to_ms'], zone)} ({zone})"
    console.print(f"{taker['name']} is on call of {row['name']} {span}", markup=False, soft_wrap=True)


@app.command("end-override")
def give_back(
    schedule: Called, at: Annotated[str, typer.Option(help=f"the one that holds then: {MOMENT}")] = "now"
) -> None:
    """Remove the override that holds now, or at another time: whoever was on call without it is so again."""
    reached = gateway()
    row = one_of(rows_of(reached, "schedule"), "schedule", schedule)
    at_ms = _shifts(reached, row, at)["from_ms"]
    holds = next((one for one in reversed(row["overrides"]) if one["from_ms"] <= at_ms < one["to_ms"]), None)
    if holds is None:
        raise NotFound(f"nobody takes over in {row['name']} at {shown(at_ms, row['zone'])} ({row['zone']})")
    reached.call("DELETE", f"/v1/schedules/{row['id']}/overrides", params=holds)
    names = names_of(rows_of(reached, "channel"))
    who, _, _ = _now(reached, row, names, at)
    console.print(f"{row['name']}: {who}", markup=False, soft_wrap=True)


@app.command("remove")
def remove_schedule(schedule: Called) -> None:
    """Remove a schedule; refused while a route names it."""
    reached = gateway()
    reached.call("DELETE", f"/v1/schedules/{one_of(rows_of(reached, 'schedule'), 'schedule', schedule)['id']}")


def _shifts(reached: Gateway, row: dict[str, Any], at: str = "now", days: int = _YEAR_DAYS) -> dict[str, Any]:
    """What the gateway says of who is on call from `at` on; `from_ms` is that moment, by its clock if it is now."""
    params: dict[str, Any] = {"days": days}
    if at != "now":
        params["from"] = moment_ms("--at", at, row["zone"], now_ms())
    found: dict[str, Any] = reached.call("GET", f"/v1/schedules/{row['id']}/shifts", params=params)
    return found


def _now(reached: Gateway, row: dict[str, Any], names: Mapping[int, str], at: str = "now") -> tuple[str, str, str]:
    """Who is on call, until when, and who then; empty words where that never ends."""
    [first, *later] = _shifts(reached, row, at)["shifts"]
    who = names.get(first["channel"], str(first["channel"]))
    then = names.get(later[0]["channel"], str(later[0]["channel"])) if later else ""
    return who, shown(first["to_ms"], row["zone"]), then


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput("--zone", name, "the name of a time zone such as UTC or Europe/Berlin") from error
