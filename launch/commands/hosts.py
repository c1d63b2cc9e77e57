"""Commands for many hosts: roles and what they give, and single hosts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from launch.client import gateway
from launch.commands.tables import show
from vedette.errors import InvalidInput

role_app = typer.Typer(no_args_is_help=True, help="Roles: what hosts run, and how.")
host_app = typer.Typer(no_args_is_help=True, help="Hosts and their agents.")
_STDIN = Path("-")


@role_app.command("list")
def list_roles() -> None:
    """List roles in the order in which they are laid over each other."""
    rows = gateway().call("GET", "/v1/roles")["roles"]
    for row in rows:
        row["plugins"] = [plugin["name"] for plugin in row.get("plugins", [])]
    show("roles", rows, "name", "priority", "hosts", "interval_s", "plugins", "notes")


@role_app.command("show")
def show_role(name: str) -> None:
    """Print a role as JSON, as `role set --file` takes it."""
    body = gateway().call("GET", f"/v1/roles/{quote(name, safe='')}")
    print(json.dumps({key: value for key, value in body.items() if key not in {"name", "hosts"}}, indent=2))


@role_app.command("set")
def set_role(
    name: str,
    file: Annotated[Path | None, typer.Option(help="JSON as `role show` prints it; - for standard input")] = None,
    priority: Annotated[int | None, typer.Option(help="of two roles the greater has its way")] = None,
    interval: Annotated[float | None, typer.Option(help="seconds between reports")] = None,
    plugin: Annotated[list[str], typer.Option(help="a plugin to run with its defaults; may be repeated")] = [],  # noqa: B006 - typer copies it
    off: Annotated[list[str], typer.Option(help="a collector to turn off; may be repeated")] = [],  # noqa: B006 - typer copies it
    notes: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Make a role, or replace what it says. Options go before what the file says."""
    body: dict[str, Any] = {} if file is None else _read(file)
    given = {"priority": priority, "interval_s": interval, "notes": notes}
    body |= {key: value for key, value in given.items() if value is not None}
    if plugin:
        body["plugins"] = [{"name": each, "plugin": each} for each in plugin]
    if off:
        body["collectors"] = {**body.get("collectors", {}), **dict.fromkeys(off, False)}
    made = gateway().call("PUT", f"/v1/roles/{quote(name, safe='')}", body=body)
    print(f"role {made['name']}; hosts that have it: {made['hosts']}")


def _read(file: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == _STDIN else file.read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise InvalidInput("file", str(file), f"a file with a role in JSON ({error})") from error
    if not isinstance(found, dict):
        raise InvalidInput("file", str(file), "a JSON object")
    return found


@role_app.command("remove")
def remove_role(name: str) -> None:
    """Remove a role, also from its hosts."""
    gateway().call("DELETE", f"/v1/roles/{quote(name, safe='')}")


@host_app.command("list")
def list_hosts() -> None:
    """List hosts and other senders."""
    show("hosts", gateway().call("GET", "/v1/sources")["sources"], "source", "state", "roles", "interval_ms")


@host_app.command("show")
def show_host(source: str) -> None:
    """Print what is known of a host, as JSON: facts, roles, configuration, plugins, what is the matter."""
    print(json.dumps(gateway().call("GET", f"/v1/sources/{quote(source, safe='')}"), indent=2))


@host_app.command("roles")
def set_host_roles(
    source: str,
    role: Annotated[list[str], typer.Argument(help="all roles that it is to have")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Give a host these roles and no others."""
    body = gateway().call("PUT", f"/v1/sources/{quote(source, safe='')}/roles", body={"roles": role})
    print(f"{source}: {', '.join(body['roles']) or 'no roles'}")


@host_app.command("config")
def set_host_config(
    source: str,
    file: Annotated[Path, typer.Argument(help="JSON: a role's fields without priority; - for standard input")],
) -> None:
    """Configure one host, above all of its roles."""
    gateway().call("PUT", f"/v1/sources/{quote(source, safe='')}/config", body=_read(file))


@host_app.command("remove")
def remove_host(source: str) -> None:
    """Let a host's agent out: its token ends, its name is free, its history stays."""
    gateway().call("DELETE", f"/v1/sources/{quote(source, safe='')}/agent")
