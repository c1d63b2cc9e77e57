"""Commands about models: what their metrics came to, and a report of some, over the gateway."""

from __future__ import annotations

import math
import secrets
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway
from launch.commands.ask import sparkline
from vedette.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help="Metrics of models.")
console = Console(highlight=False)


@app.command("metrics")
def metrics(
    model: Annotated[int, typer.Argument(help="the model's number")],
    since: Annotated[str, typer.Option("--from", help="-7d, ISO 8601, or milliseconds")] = "-7d",
    until: Annotated[str, typer.Option("--to")] = "now",
    version: Annotated[str | None, typer.Option()] = None,
    metric: Annotated[str | None, typer.Option(help="one of them, by its name")] = None,
) -> None:
    """Show the means of a model's metrics by window, with sparklines."""
    chosen = {name: value for name, value in (("version", version), ("metric", metric)) if value is not None}
    params = {"from": since, "to": until, **chosen}
    answer = gateway().call("GET", f"/v1/models/{model}/metrics", params=params)
    table = Table("metric", "version", "means", "windows", "values", "last", "min", "max")
    rows = sorted(answer["windows"], key=_key)  # stays in the order of time within each
    for (name, of_version), found in groupby(rows, key=_key):
        windows = list(found)
        extremes = (windows[-1]["mean"], min(one["min"] for one in windows), max(one["max"] for one in windows))
        numbers = (len(windows), sum(one["count"] for one in windows), *(f"{value:.4g}" for value in extremes))
        line = sparkline([one["mean"] for one in windows], 30)
        table.add_row(escape(name), escape(of_version), line, *map(str, numbers))
    console.print(table)


def _key(window: dict[str, Any]) -> tuple[str, str]:
    return window["metric"], window["version"]


@app.command("report")
def report(
    model: Annotated[int, typer.Argument(help="the model's number")],
    values: Annotated[list[str], typer.Argument(help="as cost=2.5 tokens=812")],
    version: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Report metrics of a model, all of now."""
    names, numbers = [], []
    for text in values:
        name, equals, value = text.rpartition("=")
        try:
            numbers.append(float(value))
        except ValueError:
            equals = ""
        if not equals or not math.isfinite(numbers[-1]):
            raise InvalidInput("values", text, "NAME=NUMBER, as cost=2.5")
        names.append(name)
    body = {"version": version, "epoch": secrets.token_hex(8), "seq": 1, "names": names, "values": numbers}
    answer = gateway().call("POST", f"/v1/models/{model}/metrics", body=body)
    for one in answer["refused"]:
        console.print(f"{escape(str(one['name']))}: {escape(one['reason'])}")
    console.print(f"{answer['values']} taken, {answer['refused_values']} refused")
