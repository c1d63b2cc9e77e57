"""Commands about channels, over the gateway."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from launch.client import Gateway, gateway
from vedette.errors import InvalidInput, NotFound
from vedette.notifying.channel_secrets import CHANNEL_SECRETS

channel_app = typer.Typer(no_args_is_help=True, help="Where notifications go.")
console = Console(highlight=False)
_NUMBERS = {"port", "thread"}
_LISTS = {"to"}
"""Settings that are no text; `to` is one where it may be several (email)."""
_BESIDE = {"id", "name", "kind", "disabled_reason", "previous_until_s"}
"""What answers have beside the settings that people give."""
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="NAME=VALUE, or NAME=@FILE for what stands in a file; may be repeated"),
]


@channel_app.command("add")
def add_channel(
    kind: Annotated[str, typer.Argument(help="webhook, email, slack, … (docs/channels.md)")],
    url: Annotated[str | None, typer.Argument(help="webhook: where to")] = None,
    name: Annotated[str | None, typer.Option()] = None,
    secret: Annotated[str | None, typer.Option(help="webhook: made if not given")] = None,
    setting: Settings = None,
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


@channel_app.command("show")
def show_channel(channel: int) -> None:
    """Show a channel's settings, without those that are secret."""
    row = _row(gateway(), channel)
    console.print(f"{row['name']} ({row['kind']}): {row['disabled_reason'] or 'in use'}", markup=False)
    for name, value in row.items():
        if name not in _BESIDE:
            console.print(f"{name}: {', '.join(value) if isinstance(value, list) else value}", markup=False)
    if row.get("previous_until_s") is not None:
        until = datetime.fromtimestamp(row["previous_until_s"], UTC)
        console.print(f"the secret before the last rotation signs too until {until:%Y-%m-%d %H:%M} UTC", markup=False)


@channel_app.command("change")
def change_channel(
    channel: int,
    name: Annotated[str | None, typer.Option(help="another name")] = None,
    setting: Settings = None,
    unset: Annotated[list[str] | None, typer.Option(help="a setting that shall say nothing; may be repeated")] = None,
) -> None:
    """Change a channel: what is not said stays, secrets too. Those must be said again if another server would get them.
    What waits for the channel goes by the new settings. (A webhook's secret: see `rotate`.)"""
    reached = gateway()
    row = _row(reached, channel)
    config = {key: value for key, value in row.items() if key not in _BESIDE}
    for key in unset or []:
        if key == "secret":
            raise InvalidInput("--unset", key, "another one, by `vedette channel rotate`: messages are always signed")
        if key not in config and key not in CHANNEL_SECRETS:
            raise InvalidInput("--unset", key, f"{', '.join(sorted(config)) or 'nothing is said'}, or a secret's name")
        config.pop(key, None)
        if key in CHANNEL_SECRETS:
            config[key] = None
    config |= config_of(row["kind"], setting or [])
    body = {"name": row["name"] if name is None else name, "kind": row["kind"], "config": config}
    console.print(f"channel {reached.call('PUT', f'/v1/channels/{channel}', body=body)['id']}", markup=False)


def _row(reached: Gateway, channel: int) -> dict[str, Any]:
    for row in reached.call("GET", "/v1/channels")["channels"]:
        if row["id"] == channel:
            return dict(row)
    raise NotFound(f"channel {channel} does not exist")


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
    overlap_s: Annotated[
        int, typer.Option(help="seconds for which the secret before signs too; 0: the new one alone, at once", min=0)
    ] = 86_400,
) -> None:
    """Give a webhook another secret, and print it, this once. Until the overlap is over, messages carry two signatures,
    with the new secret and with the one before: give the receiver the new one meanwhile (docs/webhooks.md)."""
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
