"""More commands of `vedette monitor`: one endpoint as it is, changed, and as it was; its incidents and badges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import access, gateway
from launch.given import Set, given_fields

app = typer.Typer()
console = Console(highlight=False)
Since = Annotated[str, typer.Option("--from", help="-24h, ISO 8601, or milliseconds")]
Until = Annotated[str, typer.Option("--to")]


@app.command("show")
def show_monitor(monitor: int, since: Since = "-30d", until: Until = "now") -> None:
    """Show how an endpoint is, at each location, with uptime, reachability and Apdex of a range."""
    known, path = gateway(), f"/v1/monitors/{monitor}"
    row = known.call("GET", path)
    params = {"from": since, "to": until}
    shares, scores = (known.call("GET", f"{path}/{what}", params=params) for what in ("uptime", "apdex"))
    since_ms = "" if row["since_ms"] is None else f" since {_time(row['since_ms'])}"
    console.print(f"{row['name']}: {row['state']}{since_ms}", markup=False)
    if row["incident"] is not None:
        console.print(f"incident {row['incident']}", markup=False)
    now = {place["location"]: place for place in row["places"]}
    score_of = {place["location"]: place["display"] for place in scores["locations"]}
    table = Table("location", "state", "ms", "checked (UTC)", "uptime", "reachability", "apdex", "error")
    table.add_row(
        "all", row["state"], "", "", _share(shares["uptime"]), _share(shares["reachability"]), scores["display"]
    )
    shares_of = {place["location"]: place for place in shares["locations"]}
    for location in sorted(now.keys() | shares_of.keys()):
        place, share = now.get(location), shares_of.get(location, {})
        at = ("", "", "") if place is None else (place["outcome"], f"{place['total_ms']:.0f}", _time(place["at_ms"]))
        ratios = (_share(share.get("uptime")), _share(share.get("reachability")))
        error = "" if place is None else place["error"] or ""
        table.add_row(*map(escape, (location, *at, *ratios, score_of.get(location, ""), error)))
    console.print(table)


@app.command("change")
def change_monitor(monitor: int, fields: Set) -> None:
    """Change fields of an endpoint, as paused=true or interval_s=30; the others stay."""
    known, path = gateway(), f"/v1/monitors/{monitor}"
    made = known.call("PUT", path, body={**_definition(known.call("GET", path)), **given_fields(fields)})
    console.print(f"monitor {made['id']}: {made['name']}", markup=False)


def _definition(row: dict[str, Any]) -> dict[str, Any]:
    """What its user has given of an endpoint that the gateway shows."""
    from vedette.monitors import MonitorSpec
    from vedette.monitors.heartbeat import without_stated

    return {name: value for name, value in without_stated(row).items() if name in MonitorSpec.model_fields}


@app.command("history")
def history(
    monitor: int,
    since: Since = "-24h",
    until: Until = "now",
    step: Annotated[int | None, typer.Option(help="seconds")] = None,
    location: Annotated[str | None, typer.Option(help="one of them; else all together")] = None,
) -> None:
    """Show counts, times and Apdex of an endpoint, step by step."""
    chosen = {name: value for name, value in (("step", step), ("location", location)) if value is not None}
    found = gateway().call("GET", f"/v1/monitors/{monitor}/history", params={"from": since, "to": until, **chosen})
    table = Table("from (UTC)", "checks", "failed", "missed", "mean ms", "p50", "p95", "p99", "apdex")
    for n, at_ms in enumerate(found["timestamps"]):
        checks = sum(found[name][n] for name in ("up", "degraded", "down"))
        if checks or found["missed"][n]:
            times = (found[name][n] for name in ("avg_ms", "p50_ms", "p95_ms", "p99_ms"))
            counts = map(str, (checks, found["down"][n], found["missed"][n]))
            shown = ("" if value is None else f"{value:.1f}" for value in times)
            table.add_row(_time(at_ms), *counts, *shown, escape(found["apdex"][n]["display"]))
    console.print(table)


@app.command("phases")
def phases(
    monitor: int,
    since: Since = "-24h",
    until: Until = "now",
    location: Annotated[str | None, typer.Option(help="one of them; else all together")] = None,
) -> None:
    """Show percentiles of each phase of a check, of those that did not fail."""
    chosen = {} if location is None else {"location": location}
    found = gateway().call("GET", f"/v1/monitors/{monitor}/phases", params={"from": since, "to": until, **chosen})
    table = Table("phase", "checks", "p50 ms", "p90", "p95", "p99", title=f"since {_time(found['from'])} UTC")
    for name, row in found["phases"].items():
        shares = (f"{row[share]:.1f}" for share in ("p50_ms", "p90_ms", "p95_ms", "p99_ms"))
        table.add_row(name, str(row["count"]), *shares)
    console.print(table)


@app.command("incidents")
def incidents(
    monitor: Annotated[int | None, typer.Argument(help="one endpoint; else all")] = None,
    since: Since = "-7d",
    until: Until = "now",
    state: Annotated[str | None, typer.Option(help="open, ended, confirmed or partial")] = None,
) -> None:
    """List outages, newest first."""
    chosen = {name: value for name, value in (("monitor", monitor), ("state", state)) if value is not None}
    found = gateway().call("GET", "/v1/incidents", params={"from": since, "to": until, **chosen})
    table = Table(title="incidents")
    table.add_column("id", no_wrap=True)  # half of one is of no use
    for head in ("endpoint", "worst", "began (UTC)", "confirmed", "ended", "error"):
        table.add_column(head)
    for row in found["incidents"]:
        times = (_time(row[name]) for name in ("started_ms", "confirmed_ms", "ended_ms"))
        table.add_row(row["id"], escape(row["monitor_name"]), row["severity"], *times, escape(row["error"] or ""))
    console.print(table)


@app.command("badges")
def badges(
    monitor: int,
    private: Annotated[bool, typer.Option("--private", help="end the links that there are, and make none")] = False,
) -> None:
    """Make links to an endpoint's badges that need no sign-in; those from before lead nowhere then."""
    path = f"/v1/monitors/{monitor}/badges"
    if private:
        gateway().call("DELETE", path)
        return
    for link in gateway().call("POST", path)["badges"].values():
        print(f"{access()[0].rstrip('/')}{link}")


def _time(at_ms: int | None) -> str:
    return "" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3%}"
