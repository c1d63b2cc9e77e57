"""Commands about situations: alerts that belong together, what else changed, and the draft of a post-mortem."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway

app = typer.Typer(
    no_args_is_help=True, help="Alerts that belong together, and what else changed around their beginning."
)
console = Console(highlight=False)
_SIGNED = {"ignore_unknown_options": True}
"""Identities of alerts may begin with a minus."""
_SHOWN = 15
Number = Annotated[str, typer.Argument(help="the id of a situation, or of one of its alerts")]


@app.command("list")
def list_situations(
    since: Annotated[str, typer.Option("--from", help="as in -24h, or ISO 8601")] = "-7d",
    is_open: Annotated[bool, typer.Option("--open", help="only those that go on")] = False,
    least: Annotated[int, typer.Option(min=1, help="only those of at least so many alerts")] = 1,
) -> None:
    """List situations, the newest first."""
    asked = {"from": since, "least": least, **({"state": "open"} if is_open else {})}
    found = gateway().call("GET", "/v1/situations", params=asked)
    table = Table("id", "severity", "title", "alerts", "firing", "began (UTC)", "ended (UTC)", "acknowledged by")
    for row in found["situations"]:
        counts = (row["alerts"], row["firing"])
        times = (_time(row["started_ms"]), _time(row["ended_ms"]))
        _add(table, row["id"], row["severity"], row["title"], *counts, *times, row["acknowledged_by"])
    console.print(table)
    if found["cut"]:
        console.print("There are too many alerts in this time: only the newest of them were looked at.")


@app.command("show", context_settings=_SIGNED)
def show(situation: Number) -> None:
    """Show a situation: its alerts, what it cost, and what else changed, the likeliest cause first."""
    found = gateway().call("GET", f"/v1/situations/{situation}")
    cost = found["impact"]
    console.print(f"[bold]{escape(found['title'])}[/] ({found['state']}), since {_time(found['started_ms'])} UTC")
    console.print(
        f"{found['alerts']} alerts, {found['firing']} firing; down for {cost['down_s']} s;"
        f" {cost['failed_checks']} of {cost['checks']} checks failed"
    )
    alerts = Table("began (UTC)", "ended (UTC)", "alert", "belongs here by")
    for row in found["members"]:
        link = row["because"]
        why = "" if link is None else f"{link['what']} {link['which']}"
        _add(alerts, _time(row["started_ms"]), _time(row["ended_ms"]), row["title"] or row["rule_name"], why)
    console.print(alerts)
    changed = Table("score", "what", "which", "when (UTC)", "before", "after")
    for row in found["changed"][:_SHOWN]:
        numbers = (_number(row["before"]), _number(row["after"]))
        _add(changed, f"{row['score']:.2f}", row["kind"], row["title"], _time(row["at_ms"]), *numbers)
    console.print(changed)


@app.command("post-mortem", context_settings=_SIGNED)
def post_mortem(situation: Number) -> None:
    """Write the draft of a post-mortem (Markdown) to the standard output."""
    typer.echo(gateway().fetch(f"/v1/situations/{situation}/post-mortem").decode(), nl=False)


@app.command("acknowledge", context_settings=_SIGNED)
def acknowledge(
    situation: Number, text: Annotated[str, typer.Option("--text", "-t", help="what there is to say")] = ""
) -> None:
    """Take up all alerts of a situation that are open and that nobody has."""
    left, done = 1, 0
    while left:
        answer = gateway().call("POST", f"/v1/situations/{situation}/acknowledge", body={"text": text})
        left, done = answer["left"], done + len(answer["acknowledged"])
    console.print(f"{done} alerts acknowledged")


def _time(ms: int | None) -> str:
    return "" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _add(table: Table, *cells: Any) -> None:
    """A row of texts as they are: brackets in them are no markup."""
    table.add_row(*("" if cell is None else escape(str(cell)) for cell in cells))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"
