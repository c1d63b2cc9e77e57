"""Commands about alerts and silences, over the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway

alert_app = typer.Typer(no_args_is_help=True, help="Alerts, and what to do about them.")
silence_app = typer.Typer(no_args_is_help=True, help="Times in which alerts call nobody.")
console = Console(highlight=False)
_SIGNED = {"ignore_unknown_options": True}
"""Identities of alerts may begin with a minus."""
_FAILURES = {
    "given_up": "given up",
    "refused": "refused for good",
    "permanent": "the channel cannot work",
}
Text = Annotated[str, typer.Option("--text", "-t", help="what there is to say about it")]


def _time(ms: int | None) -> str:
    return "" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _add(table: Table, *cells: Any) -> None:
    """A row of texts as they are: brackets in them are no markup."""
    table.add_row(*("" if cell is None else escape(str(cell)) for cell in cells))


def _deed(alert: str, deed: str, **body: Any) -> None:
    found = gateway().call("POST", f"/v1/alerts/{alert}/{deed}", body=body)
    console.print(f"{found['title']}: {found['timeline'][-1]['state']}", markup=False)


@alert_app.command("list")
def list_alerts(
    state: Annotated[str | None, typer.Option(help="firing, resolved, notice")] = "firing",
    everything: Annotated[bool, typer.Option("--all", help="in any state")] = False,
) -> None:
    """List alerts, the newest first."""
    path = "/v1/alerts" if everything or state is None else f"/v1/alerts?state={state}"
    table = Table("id", "severity", "title", "state", "since (UTC)", "acknowledged by", "assigned to")
    for row in gateway().call("GET", path)["alerts"]:
        cells = (row["id"], row["severity"], row["title"], row["state"], _time(row["started_ms"]))
        _add(table, *cells, row["acknowledged_by"], row["assignee"])
    console.print(table)


@alert_app.command("waiting")
def list_waiting(
    everything: Annotated[bool, typer.Option("--all", help="also what waits no more")] = False,
) -> None:
    """List what waits before it is an alert: pending (not long enough yet), suppressed (nobody is to be called)."""
    path = "/v1/alerts/waiting?limit=1000" + ("&ended=true" if everything else "")
    table = Table("state", "severity", "title", "rule", "since (UTC)", "until (UTC)", "why", "came of it")
    for row in gateway().call("GET", path)["waiting"]:
        cells = (row["state"], row["severity"], row["title"], row["rule_name"], _time(row["since_ms"]))
        _add(table, *cells, _time(row["ended_ms"]), row["why"], row["outcome"])
    console.print(table)


@alert_app.command("show", context_settings=_SIGNED)
def show(alert: str) -> None:
    """Show an alert with its timeline, and what became of its notifications."""
    found = gateway().call("GET", f"/v1/alerts/{alert}")
    console.print(f"{found['title']} ({found['state']}), by the rule {found['rule_name']!r}", markup=False)
    timeline = Table("when (UTC)", "what", "who", "said")
    for row in found["timeline"]:
        said = row["detail"]
        _add(timeline, _time(row["at_ms"]), row["state"], said.get("by"), said.get("text"))
    console.print(timeline)
    told = Table("channel", "event", "state", "attempts", "answer")
    for row in found["notifications"]:
        state = f"{row['state']}: {_FAILURES[row['failure']]}" if row["failure"] else row["state"]
        _add(told, row["channel_name"], row["event"], state, row["attempts"], row["last_answer"])
    console.print(told)


@alert_app.command("told", context_settings=_SIGNED)
def show_attempts(alert: str) -> None:
    """Show each attempt to tell somebody of an alert, with the receiver's answer."""
    table = Table("when (UTC)", "channel", "event", "attempt", "took", "outcome", "answer")
    for row in gateway().call("GET", f"/v1/alerts/{alert}/notifications")["notifications"]:
        for one in row["attempt_log"]:
            took = None if one["took_ms"] is None else f"{one['took_ms']} ms"
            outcome = one["outcome"].replace("_", " ")
            cells = (row["channel_name"], row["event"], one["attempt"], took, outcome, one["answer"])
            _add(table, _time(one["at_ms"]), *cells)
    console.print(table)


@alert_app.command("ack", context_settings=_SIGNED)
def acknowledge(alert: str, text: Text = "") -> None:
    """Take an alert up: no further channels are told, and nobody is reminded."""
    _deed(alert, "acknowledge", text=text)


@alert_app.command("unack", context_settings=_SIGNED)
def unacknowledge(alert: str, text: Text = "") -> None:
    """Give an alert back."""
    _deed(alert, "unacknowledge", text=text)


@alert_app.command("snooze", context_settings=_SIGNED)
def snooze(alert: str, minutes: Annotated[int, typer.Argument(min=1)] = 60, text: Text = "") -> None:
    """Put an alert off."""
    _deed(alert, "snooze", minutes=minutes, text=text)


@alert_app.command("assign", context_settings=_SIGNED)
def assign(alert: str, to: Annotated[str | None, typer.Argument(help="nobody if not given")] = None) -> None:
    """Give an alert to somebody."""
    _deed(alert, "assign", to=to)


@alert_app.command("comment", context_settings=_SIGNED)
def comment(alert: str, text: str) -> None:
    """Say something about an alert."""
    _deed(alert, "comment", text=text)


@alert_app.command("resolve", context_settings=_SIGNED)
def resolve(alert: str, text: Text = "") -> None:
    """End an alert by hand."""
    _deed(alert, "resolve", text=text)


@silence_app.command("add")
def add_silence(
    selector: Annotated[str, typer.Argument(help="such as '{source=\"web-1\"}' or '{severity!=\"critical\"}'")],
    minutes: Annotated[int, typer.Option("--for", min=1, help="minutes")] = 60,
    reason: str = "",
    name: Annotated[str | None, typer.Option(help="by which files know it; none: files leave it alone")] = None,
) -> None:
    """Let matching alerts call nobody from now on."""
    body = {"selector": selector, "minutes": minutes, "reason": reason, "name": name}
    made = gateway().call("POST", "/v1/silences", body=body)
    console.print(f"silence {made['id']} until {_time(made['to_ms'])} UTC")


@silence_app.command("list")
def list_silences(everything: Annotated[bool, typer.Option("--all", help="also those that are over")] = False) -> None:
    """List silences."""
    table = Table("id", "name", "selector", "from (UTC)", "to (UTC)", "by", "reason")
    for row in gateway().call("GET", f"/v1/silences?over={str(everything).lower()}")["silences"]:
        span = (_time(row["from_ms"]), _time(row["to_ms"]))
        _add(table, row["id"], row["name"] or "", row["selector"], *span, row["author"], row["reason"])
    console.print(table)


@silence_app.command("end")
def end_silence(silence: int) -> None:
    """End a silence: what it held back and still fires is told at once."""
    gateway().call("POST", f"/v1/silences/{silence}/end")
