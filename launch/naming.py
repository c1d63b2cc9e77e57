"""Things of an account as people call them on the command line: by name, or by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launch.client import Gateway
from vedette.errors import InvalidInput

_FOUND = {"channel": "channels", "group": "groups", "schedule": "schedules", "route": "routes"}


def rows_of(gateway: Gateway, kind: str) -> list[dict[str, Any]]:
    """All channels, groups, schedules or routes of the account, as `kind` says in the singular."""
    section = _FOUND[kind]
    found: list[dict[str, Any]] = gateway.call("GET", f"/v1/{section}")[section]
    return found


def find(rows: list[dict[str, Any]], called: str) -> dict[str, Any] | None:
    """The one of that name, else of that number; None if there is none."""
    named = next((row for row in rows if row["name"] == called), None)
    return named or next((row for row in rows if str(row["id"]) == called), None)


def one_of(rows: list[dict[str, Any]], kind: str, called: str) -> dict[str, Any]:
    """The same; `InvalidInput` names those that there are."""
    found = find(rows, called)
    if found is None:
        raise InvalidInput(kind, called, ", ".join(f"{row['name']} ({row['id']})" for row in rows) or "there is none")
    return found


def found_or_new(rows: list[dict[str, Any]], kind: str, called: str) -> dict[str, Any] | None:
    """The same, or None for a name that is new; a number that there is not is refused: it is no name for a new one."""
    return one_of(rows, kind, called) if called.isdecimal() else find(rows, called)


def names_of(rows: list[dict[str, Any]]) -> Mapping[int, str]:
    """Names by number."""
    return {int(row["id"]): str(row["name"]) for row in rows}
