"""Commands about the account itself: its settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from launch.client import gateway

app = typer.Typer(no_args_is_help=True, help="The account's settings.")
console = Console(highlight=False)


class Setting(StrEnum):
    """The settings there are."""

    trend_false_alarms_per_day = "trend-false-alarms-per-day"
    anomaly_false_alarms_per_week = "anomaly-false-alarms-per-week"


@app.command("show")
def show() -> None:
    """Show the settings."""
    for name, value in gateway().call("GET", "/v1/account/settings").items():
        console.print(f"{name.replace('_', '-')} {value:g}")


@app.command("set")
def change(setting: Setting, value: Annotated[float, typer.Argument(help="a number")]) -> None:
    """Change a setting; trends follow within the hour, rules about anomalies within a minute."""
    name = setting.value.replace("-", "_")
    body = gateway().call("PATCH", "/v1/account/settings", body={name: value})
    console.print(f"{setting.value} {body[name]:g}")
