"""Commands about metrics of models, and about drift of all columns together, over the gateway."""

from __future__ import annotations

import math
import secrets
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway
from launch.commands.ask import sparkline
from launch.commands.model import Model, Since, Until, model_id
from vedette.errors import InvalidInput

app = typer.Typer()
console = Console(highlight=False)


@app.command("metrics")
def metrics(
    model: Model,
    since: Since = "-7d",
    until: Until = "now",
    version: Annotated[str | None, typer.Option()] = None,
    metric: Annotated[str | None, typer.Option(help="one of them, by its name")] = None,
) -> None:
    """Show the means of a model's metrics by window, with sparklines."""
    chosen = {name: value for name, value in (("version", version), ("metric", metric)) if value is not None}
    params = {"from": since, "to": until, **chosen}
    known = gateway()
    answer = known.call("GET", f"/v1/models/{model_id(known, model)}/metrics", params=params)
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


@app.command("multivariate")
def multivariate(
    model: Model,
    since: Annotated[str, typer.Option("--from", help="the window: -1d, ISO 8601, or milliseconds")] = "-1d",
    until: Until = "now",
    against: Annotated[str, typer.Option(help="the beginning of what it is compared with")] = "-8d",
    against_to: Annotated[str, typer.Option(help="and its end")] = "-1d",
    alpha: Annotated[float, typer.Option(help="share of quiet windows that may show drift")] = 0.05,
) -> None:
    """Compare two ranges of a model's rows, all columns together; exit code 3 if there is drift. For schedules."""
    body = {"window": {"from": since, "to": until}, "baseline": {"from": against, "to": against_to}, "alpha": alpha}
    known = gateway(timeout_s=300)
    found = known.call("POST", f"/v1/models/{model_id(known, model)}/multivariate", body=body)
    domain, plane = found["domain"], found["reconstruction"]
    sizes = f"{found['window']['rows']} rows against {found['baseline']['rows']}"
    console.print(f"{'drift' if found['drifted'] else 'no drift'} (p {found['adjusted']:.3g}), {sizes}")
    console.print(f"ROC area {domain['auc']:.3f} ({domain['low']:.3f} to {domain['high']:.3f}), p {domain['p']:.3g}")
    if plane is None:
        console.print("no reconstruction error: nothing varies in the rows before")
    else:
        limits = f"usually {plane['lower']:.4g} to {plane['upper']:.4g}"
        console.print(f"reconstruction error {plane['error']:.4g}, {limits}, p {plane['p']:.3g}")
    for mean in found["moved"]:
        if mean["adjusted"] <= alpha:
            before, now = ("none" if mean[side] is None else f"{mean[side]:.3g}" for side in ("baseline", "window"))
            console.print(escape(f"{mean['feature']} was {before}, now {now}"))
    for pair in found["pairs"]:
        if pair["adjusted"] <= alpha:
            moved = f"{pair['baseline']:.2f}, now {pair['window']:.2f}"
            console.print(escape(f"correlation of {pair['first']} and {pair['second']} was {moved}"))
    if found["absent"]:
        console.print(escape(f"not compared, since one of both has no such column: {', '.join(found['absent'])}"))
    if found["drifted"]:
        raise typer.Exit(3)


@app.command("together")
def wholes(
    model: Model,
    since: Since = "-30d",
    until: Until = "now",
    version: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Show the windows of a model in which all columns were looked at together (its setting multivariate_s)."""
    params = {"from": since, "to": until} | ({} if version is None else {"version": version})
    known = gateway()
    answer = known.call("GET", f"/v1/models/{model_id(known, model)}/multivariate", params=params)
    table = Table("window", "version", "state", "rows", "ROC area", "error", "p", "")
    for one in answer["windows"]:
        result = one["result"]
        domain, plane = result.get("domain"), result.get("reconstruction")
        numbers = (domain and domain["auc"], plane and plane["error"], result.get("adjusted"))
        shown = ("" if number is None else f"{number:.3g}" for number in numbers)
        begun = datetime.fromtimestamp(one["start_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        said = escape(result.get("reason", ""))
        table.add_row(begun, escape(one["version"]), one["state"], str(one["rows"]), *shown, said)
    console.print(table)


@app.command("report")
def report(
    model: Model,
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
    known = gateway()
    number = model if model.isdecimal() else model_id(known, model)  # a token that reports may not be one that reads
    answer = known.call("POST", f"/v1/models/{number}/metrics", body=body)
    for one in answer["refused"]:
        console.print(f"{escape(str(one['name']))}: {escape(one['reason'])}")
    console.print(f"{answer['values']} taken, {answer['refused_values']} refused")
