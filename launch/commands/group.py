"""Commands about notification groups: named sets of channels, over the gateway."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway
from launch.naming import found_or_new, names_of, one_of, rows_of
from vedette.errors import InvalidInput

app = typer.Typer(
    no_args_is_help=True,
    help="Notification groups: named sets of channels, which rules and steps of routes name (docs/on-call.md).",
)
console = Console(highlight=False)
Called = Annotated[str, typer.Argument(metavar="GROUP", help="its name, or its number")]


@app.command("list")
def list_groups() -> None:
    """List groups with their channels."""
    reached = gateway()
    names = names_of(rows_of(reached, "channel"))
    table = Table("id", "name", "channels", title="groups")
    for row in rows_of(reached, "group"):
        members = ", ".join(names.get(one, str(one)) for one in row["channels"])
        table.add_row(*(escape(str(cell)) for cell in (row["id"], row["name"], members)))
    console.print(table)


@app.command("set")
def set_group(
    group: Called,
    channel: Annotated[
        list[str] | None, typer.Option(help="its name, or its number; repeat it; replaces all that there were")
    ] = None,
    name: Annotated[str | None, typer.Option(help="another name")] = None,
) -> None:
    """Make a group, or change the one of that name: what is not said stays."""
    reached = gateway()
    known = found_or_new(rows_of(reached, "group"), "group", group)
    if known is None and not channel:
        raise InvalidInput("--channel", None, "at least one channel")
    body = {"name": group, "channels": []} if known is None else {k: v for k, v in known.items() if k != "id"}
    if channel:
        channels = rows_of(reached, "channel")
        body["channels"] = [one_of(channels, "channel", called)["id"] for called in channel]
    if name is not None:
        body["name"] = name
    if known is None:
        made = reached.call("POST", "/v1/groups", body=body)
    else:
        made = reached.call("PUT", f"/v1/groups/{known['id']}", body=body)
    console.print(f"group {made['id']}", markup=False)


@app.command("remove")
def remove_group(group: Called) -> None:
    """Remove a group; refused while a rule or a route names it."""
    reached = gateway()
    reached.call("DELETE", f"/v1/groups/{one_of(rows_of(reached, 'group'), 'group', group)['id']}")
