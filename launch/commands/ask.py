"""The command that asks for series: `query`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway

app = typer.Typer()
console = Console(highlight=False)
_BARS = "▁▂▃▄▅▆▇█"
_NARROW, _WIDE = 16, 30
"""Characters of a sparkline: on a terminal of 80 columns, and on one with room."""
_ROOMY = 110


def sparkline(values: Sequence[float | None], width: int = 60) -> str:
    """One character for each of the last `width` values, low to high; a gap is a blank."""
    shown = values[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, spread = min(known), max(known) - min(known)
    steps = len(_BARS) - 1
    return "".join(
        " " if value is None else _BARS[round((value - low) / spread * steps) if spread else 0] for value in shown
    )


@app.command()
def query(
    series: Annotated[list[str], typer.Argument(help='selectors, as cpu.used_ratio{source="web-1"}')],
    since: Annotated[str, typer.Option("--from", help="-15m, ISO 8601, or milliseconds")] = "-1h",
    until: Annotated[str, typer.Option("--to")] = "now",
    step: Annotated[int | None, typer.Option(help="seconds")] = None,
    agg: Annotated[str, typer.Option(help="avg, min, max, sum, count, last, rate, p50, p90, p95, p99")] = "avg",
) -> None:
    """Show series as a table with sparklines."""
    params = {"series": series, "from": since, "to": until, "agg": agg, **({"step": step} if step else {})}
    answer = gateway().call("GET", "/v1/query", params=params)
    console.print(table_of(answer, agg, console.width))


def table_of(answer: dict[str, Any], agg: str, columns: int) -> Table:
    """The gateway's answer for a terminal of that many columns: texts are folded, so that sparklines are whole."""
    width = _WIDE if columns >= _ROOMY else _NARROW
    table = Table(title=f"{agg} per {answer['step_s']} s", box=box.SIMPLE, pad_edge=False)
    table.add_column("source", overflow="fold", min_width=8)
    table.add_column("series", overflow="fold", min_width=12)
    table.add_column("", no_wrap=True, overflow="crop", min_width=width)
    for heading in ("last", "min", "max"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in answer["series"]:
        known = [value for value in row["values"] if value is not None]
        labels = ",".join(f"{key}={value}" for key, value in row["labels"].items())
        name = f"{row['name']}{{{labels}}}" if labels else row["name"]
        numbers = (known[-1], min(known), max(known)) if known else ()
        shown = [f"{number:.4g}" for number in numbers] or ["-"] * 3
        table.add_row(escape(row["source"]), escape(name), sparkline(row["values"], width), *shown)
    return table
