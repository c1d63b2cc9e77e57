"""Configuration as code: `vedette apply` and `vedette export`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launch.client import gateway

if TYPE_CHECKING:
    from launch.declared.planning import Change

app = typer.Typer()
_SIGNS = {"create": "+", "change": "~", "remove": "-"}


@app.command()
def apply(
    file: Annotated[list[Path] | None, typer.Option("-f", "--file", help="a file or folder; may be repeated")] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="remove what the files do not name, of what they name")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan only; exit code 2 if there is one")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    show_schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of files, and end")] = False,
) -> None:
    """Make the account as files declare it: channels, groups, monitors, roles, models, schedules, routes, silences,
    rules, maintenance, reports.

    Shows what it would do, and asks.
    """
    from launch.declared.files import read_files
    from launch.declared.planning import carry_out, plan
    from launch.declared.schema import schema
    from vedette.clock import SystemClock

    if show_schema:
        print(json.dumps(schema(), indent=2))
        return
    if not file:
        raise typer.BadParameter("at least one file or folder", param_hint="-f")
    declared = read_files(file)
    found, now_ms = gateway(), SystemClock().now_ms()
    changes = plan(found, declared, prune=prune, now_ms=now_ms)
    if not changes:
        print("nothing to do: the account is as declared")
        return
    for change in changes:
        for line in told(change):
            print(line)
    counts = {action: sum(change.action == action for change in changes) for action in _SIGNS}
    print(", ".join(f"{count} to {action}" for action, count in counts.items() if count))
    if dry_run:
        sys.exit(2)
    if not yes and not typer.confirm("Do that?"):
        sys.exit(1)
    done = 0
    try:
        for _ in carry_out(found, declared, changes, now_ms):
            done += 1
    finally:
        print(f"{done} of {len(changes)} done")


@app.command()
def export(
    section: Annotated[list[str] | None, typer.Option(help="channels, rules, …; all if not given")] = None,
) -> None:
    """Print the account as a file that `vedette apply` understands. Secrets of channels are not in it."""
    from ingest_api.importing.emitting import yaml_of
    from launch.declared.account import read_account
    from launch.declared.files import SECTIONS

    for one in section or ():
        if one not in SECTIONS:
            raise typer.BadParameter(f"{one!r}: one of {', '.join(SECTIONS)}", param_hint="--section")
    found = gateway()
    account = read_account(found)
    chosen = [one for one in SECTIONS if not section or one in section]
    written: dict[str, list[dict[str, Any]]] = {
        one: [{"name": name, **fields} for name, fields in account.definitions[one].items()] for one in chosen
    }
    if "monitors" in chosen:
        own = json.loads(found.fetch("/v1/monitors/export", params={"format": "json"}))
        written["monitors"] = own["monitors"] if isinstance(own, dict) else own
    sys.stdout.write(yaml_of({name: entries for name, entries in written.items() if entries}))


def told(change: Change) -> list[str]:
    """A change in lines."""
    lines = [f"{_SIGNS[change.action]} {change.section.removesuffix('s')} {change.name}"]
    for field, before, after in change.differences:
        lines.append(f"    {field}" if after == "…" else f"    {field}: {_short(before)} → {_short(after)}")
    return lines


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
