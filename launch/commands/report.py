"""Commands about scheduled reports: make, list, look at, send, over the gateway."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway

report_app = typer.Typer(no_args_is_help=True, help="What is sent at set times: the week, the day.")
console = Console(highlight=False)


@report_app.command("add")
def add_report(
    name: str,
    kind: Annotated[str, typer.Argument(help="weekly or daily")],
    channel: Annotated[list[int], typer.Option("--channel", "-c", help="who gets it; may be repeated")],
    when: Annotated[str, typer.Option(help="a cron expression; else Monday, or each day, at 8:00")] = "",
    zone: Annotated[str, typer.Option(help="of the times, as Europe/Berlin")] = "UTC",
    part: Annotated[list[str], typer.Option(help="uptime, apdex, worst, …; may be repeated")] = [],  # noqa: B006 - typer copies it
    monitor: Annotated[list[int], typer.Option(help="only these; may be repeated")] = [],  # noqa: B006 - typer copies it
    match: Annotated[str | None, typer.Option(help="of alerts only these: '{severity=\"critical\"}'")] = None,
) -> None:
    """Make a report (docs/reports.md)."""
    body = {
        "name": name,
        "kind": kind,
        "channels": channel,
        "when": when,
        "zone": zone,
        "parts": part,
        "monitors": monitor,
        "match": match,
    }
    made = gateway().call("POST", "/v1/reports", body=body)
    console.print(f"report {made['id']}; due at {_time(made['next_ms'])}", markup=False)


@report_app.command("list")
def list_reports() -> None:
    """List reports."""
    table = Table("id", "name", "kind", "when", "zone", "due next (UTC)", title="reports")
    for row in gateway().call("GET", "/v1/reports")["reports"]:
        cells = str(row["id"]), row["name"], row["kind"], row["when"], row["zone"], _time(row["next_ms"])
        table.add_row(*map(escape, cells))
    console.print(table)


@report_app.command("show")
def show_report(report: int) -> None:
    """Show when a report was sent, and what became of it in each channel."""
    found = gateway().call("GET", f"/v1/reports/{report}")
    table = Table("due (UTC)", "state", "channel", "delivery", "attempts", "answer", title=escape(found["name"]))
    for run in found["runs"]:
        head = _time(run["due_ms"]), run["state"] + (f" by {run['by_hand']}" if run["by_hand"] else "")
        for one in run["notifications"]:
            told = one["channel"], one["state"], str(one["attempts"]), one["answer"] or ""
            table.add_row(*map(escape, (*head, *told)))
        if not run["notifications"]:
            table.add_row(*map(escape, (*head, "", "", "", run["reason"] or "")))
    console.print(table)


@report_app.command("preview")
def preview(
    report: int,
    html: Annotated[Path | None, typer.Option(help="write it there as HTML with pictures; else print its text")] = None,
    at: Annotated[str, typer.Option(help="as if it were due then: -1d, ISO 8601, or milliseconds")] = "now",
) -> None:
    """Show what a report would say; nothing is sent."""
    params: dict[str, Any] = {"format": "text" if html is None else "html", "at": at}
    content = gateway().fetch(f"/v1/reports/{report}/preview", params=params)
    if html is None:
        sys.stdout.write(content.decode())
    else:
        html.write_bytes(content)
        console.print(f"written to {html}", markup=False)


@report_app.command("send")
def send_report(report: int) -> None:
    """Send a report at once, as if it were due now."""
    run = gateway().call("POST", f"/v1/reports/{report}/send")
    console.print(f"waits for {', '.join(one['channel'] for one in run['notifications'])}", markup=False)


@report_app.command("remove")
def remove_report(report: int) -> None:
    """Remove a report, with what is known of those that were sent."""
    gateway().call("DELETE", f"/v1/reports/{report}")


def _time(ms: int | None) -> str:
    return "never" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"
