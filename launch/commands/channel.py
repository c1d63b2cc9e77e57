"""Commands about channels, over the gateway."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from launch.client import gateway
from vedette.errors import InvalidInput

channel_app = typer.Typer(no_args_is_help=True, help="Where notifications go.")
console = Console(highlight=False)
_NUMBERS = {"port", "thread"}
_LISTS = {"to"}
"""Settings that are no text; `to` is one where it may be several (email)."""


@channel_app.command("add")
def add_channel(
    kind: Annotated[str, typer.Argument(help="webhook, email, slack, … (docs/channels.md)")],
    url: Annotated[str | None, typer.Argument(help="webhook: where to")] = None,
    name: Annotated[str | None, typer.Option()] = None,
    secret: Annotated[str | None, typer.Option(help="webhook: made if not given")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="NAME=VALUE, or NAME=@FILE for what stands in a file; may be repeated"),
    ] = None,
) -> None:
    """Make a channel; prints the secret of a webhook, this once."""
    config = config_of(kind, setting or [])
    config |= {key: value for key, value in (("url", url), ("secret", secret)) if value is not None}
    body = {"name": name or (url or kind)[:200], "kind": kind, "config": config}
    made = gateway().call("POST", "/v1/channels", body=body)
    told = f"; the signature's secret: {made['secret']}" if "secret" in made else ""
    console.print(f"channel {made['id']}{told}", markup=False)


def config_of(kind: str, settings: list[str]) -> dict[str, Any]:
    """Settings out of `NAME=VALUE`; a value that begins with @ is read from that file, `@@` stands for a plain @."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise InvalidInput("--set", setting, "NAME=VALUE")
        if value.startswith("@@"):
            value = value[1:]
        elif value.startswith("@"):
            try:
                value = Path(value[1:]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidInput(f"--set {name}", value, f"a file that can be read ({error})") from error
        if kind == "email" and name in _LISTS:
            found.setdefault(name, []).extend(one.strip() for one in value.split(",") if one.strip())
        else:
            found[name] = int(value) if name in _NUMBERS and value.isdecimal() else value
    return found


@channel_app.command("list")
def list_channels() -> None:
    """List channels."""
    table = Table("id", "name", "kind", "disabled_reason", title="channels")
    for row in gateway().call("GET", "/v1/channels")["channels"]:
        table.add_row(str(row["id"]), row["name"], row["kind"], row["disabled_reason"] or "")
    console.print(table)


@channel_app.command("test")
def try_channel(channel: int) -> None:
    """Send a test, and print the receiver's answer; exit code 1 if it did not take it."""
    found = gateway().call("POST", f"/v1/channels/{channel}/test")
    console.print(f"{'delivered' if found['delivered'] else 'not delivered'}: {found['answer']}", markup=False)
    if not found["delivered"]:
        sys.exit(1)


@channel_app.command("rotate")
def rotate_secret(
    channel: int,
    secret: Annotated[str | None, typer.Option(help="made if not given")] = None,
    overlap_s: Annotated[int, typer.Option(help="seconds for which the secret before signs too", min=0)] = 86_400,
) -> None:
    """Give a webhook another secret, and print it, this once."""
    body = {"secret": secret, "overlap_s": overlap_s}
    print(gateway().call("POST", f"/v1/channels/{channel}/rotate", body=body)["secret"])


@channel_app.command("enable")
def enable_channel(channel: int) -> None:
    """Use a channel again that was disabled; what has waited for it is delivered."""
    gateway().call("POST", f"/v1/channels/{channel}/enable")


@channel_app.command("remove")
def remove_channel(channel: int) -> None:
    """Remove a channel; what it has not delivered is dropped."""
    gateway().call("DELETE", f"/v1/channels/{channel}")
