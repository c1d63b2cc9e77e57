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

app = typer.Typer(no_args_is_help=True, help="Notification groups: channels that rules and routes name as one.")
console = Console(highlight=False)


@app.command("list")
def list_groups() -> None:
    """List groups with their channels."""
    reached = gateway()
    names = names_of(rows_of(reached, "channel"))
    table = Table("id", "name", "channels", title="groups")
    for row in rows_of(reached, "group"):
        channels = ", ".join(names.get(one, str(one)) for one in row["channels"])
        table.add_row(*(escape(str(cell)) for cell in (row["id"], row["name"], channels)))
    console.print(table)


@app.command("set")
def set_group(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="its name, or the number of one that there is")],
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", "-c", help="a channel's name or number; repeat it for each; replaces all there were"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="another name")] = None,
) -> None:
    """Make a group, or change the one of that name: what is not said stays."""
    reached = gateway()
    known = found_or_new(rows_of(reached, "group"), "group", group)
    if known is None and not channel:
        raise InvalidInput("--channel", None, "who is in it; once for each")
    channels = rows_of(reached, "channel") if channel else []
    chosen = [one_of(channels, "--channel", one)["id"] for one in channel or []]
    body = {
        "name": name or (group if known is None else known["name"]),
        "channels": chosen or (known or {})["channels"],
    }
    if known is None:
        made = reached.call("POST", "/v1/groups", body=body)
    else:
        made = reached.call("PUT", f"/v1/groups/{known['id']}", body=body)
    console.print(f"group {made['id']}", markup=False)


@app.command("remove")
def remove_group(group: Annotated[str, typer.Argument(metavar="GROUP", help="its name, or its number")]) -> None:
    """Remove a group; refused while a rule or route names it."""
    reached = gateway()
    reached.call("DELETE", f"/v1/groups/{one_of(rows_of(reached, 'group'), 'group', group)['id']}")
