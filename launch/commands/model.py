"""Commands about models and their drift, over the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from launch.client import Gateway, gateway
from launch.commands.tables import show
from vedette.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="Models, and what has drifted in them.")
Model = Annotated[str, typer.Argument(help="name or id")]
Since = Annotated[str, typer.Option("--from", help="-7d, ISO 8601, or milliseconds")]
Until = Annotated[str, typer.Option("--to")]


def model_id(known: Gateway, model: str) -> int:
    """The number of a model; `NotFound` if there is none of that name or number."""
    for one in known.call("GET", "/v1/models")["models"]:
        if model in (one["name"], str(one["id"])):
            return int(one["id"])
    raise NotFound(f"model {model} does not exist")


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"


@app.command("list")
def list_models() -> None:
    """List models."""
    rows = gateway().call("GET", "/v1/models")["models"]
    show("models", rows, "id", "name", "window_s", "alpha", "segment_by")


@app.command("drift")
def drift(
    model: Model,
    segment: Annotated[str | None, typer.Option(help="rows of this segment alone")] = None,
    since: Since = "-7d",
    until: Until = "now",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """Show the features that moved most."""
    known = gateway()
    params: dict[str, Any] = {"from": since, "to": until, "limit": limit}
    if segment is not None:
        params["segment"] = segment
    found = known.call("GET", f"/v1/models/{model_id(known, model)}/movers", params=params)["movers"]
    rows = [
        {
            **one,
            "drifted": _of(one["drifted"], one["windows"]),
            "greatest psi": _figure(one["psi"]),
            "in the window of": "" if one["start_ms"] is None else _time(one["start_ms"]),
            "moved": [f"{bin_['bin']}: {bin_['reference']:.1%} → {bin_['window']:.1%}" for bin_ in one["moved"][:2]],
        }
        for one in found
    ]
    title = f"{model}" if segment is None else f"{model}, segment {segment}"
    show(title, rows, "feature", "version", "drifted", "greatest psi", "in the window of", "moved")


@app.command("segments")
def segments(
    model: Model,
    since: Since = "-7d",
    until: Until = "now",
    every: Annotated[bool, typer.Option("--all", help="also features that have not drifted")] = False,
) -> None:
    """Show drift by segment, the worst first."""
    known = gateway()
    params = {"from": since, "to": until}
    found = known.call("GET", f"/v1/models/{model_id(known, model)}/segments", params=params)
    rows = [
        {
            **cell,
            "version": segment["version"],
            "segment": segment["segment"],
            "drifted": _of(cell["drifted"], cell["windows"]),
            "greatest psi": _figure(cell["psi"]),
            "raised": "yes" if cell["raised"] else "",
        }
        for segment in found["segments"]
        for cell in segment["features"]
        if every or cell["drifted"]
    ]
    show(
        f"{model}, by {found['segment_by']}", rows, "segment", "version", "feature", "drifted", "greatest psi", "raised"
    )
    waiting = [str(one["reference"]) for one in found["references"] if one["segments"] is None]
    if waiting:
        typer.echo(f"reference {', '.join(waiting)} has no such segments: give it again to have them counted")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
