"""What an account has, in the form in which files declare it: by name, and with names instead of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from alerting.rules import rule_adapter
from launch.client import Gateway
from launch.declared.files import SECTIONS
from vedette.errors import InvalidInput
from vedette.maintenance import MaintenanceSpec
from vedette.notifying.report import ReportSpec
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import ScheduleSpec

Fields = dict[str, Any]
_MAINTENANCE: TypeAdapter[Any] = TypeAdapter(MaintenanceSpec)
_SHOWN_ONLY = {"id", "name", "active", "until_ms", "created_ms", "on_call", "disabled_reason", "versions", "hosts",
               "next_ms"}  # fmt: skip
"""What answers have beside a definition."""


@dataclass(slots=True)
class Account:
    """Numbers and definitions by section and name."""

    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    definitions: dict[str, dict[str, Fields]] = field(default_factory=dict)

    def number(self, section: str, name: Any, where: str) -> int:
        """The number of what `name` names; `InvalidInput` if there is none such."""
        known = self.ids.get(section, {})
        if name not in known:
            raise InvalidInput(where, name, f"one of the {section}: {', '.join(sorted(known)) or 'there are none'}")
        return known[name]

    def name(self, section: str, number: int) -> Any:
        """The name of a number; the number itself if that thing is gone."""
        return next((name for name, known in self.ids.get(section, {}).items() if known == number), number)


def read_account(gateway: Gateway) -> Account:
    """All that files may declare, as it is now."""
    found = Account()
    rows: dict[str, list[Fields]] = {
        "channels": gateway.call("GET", "/v1/channels")["channels"],
        "monitors": gateway.call("GET", "/v1/monitors")["monitors"],
        "roles": gateway.call("GET", "/v1/roles")["roles"],
        "models": gateway.call("GET", "/v1/models")["models"],
        "schedules": gateway.call("GET", "/v1/schedules")["schedules"],
        "routes": gateway.call("GET", "/v1/routes")["routes"],
        "rules": gateway.call("GET", "/v1/rules")["rules"],
        "maintenance": gateway.call("GET", "/v1/maintenance")["maintenance"],
        "reports": gateway.call("GET", "/v1/reports")["reports"],
    }
    for section in SECTIONS:
        found.ids[section] = {row["name"]: row.get("id", 0) for row in rows[section]}
        found.definitions[section] = {}
    for section in SECTIONS:
        for row in rows[section]:
            definition = {name: value for name, value in row.items() if name not in _SHOWN_ONLY}
            found.definitions[section][row["name"]] = _SHOWN.get(section, _as_it_is)(definition, found)
    return found


def _as_it_is(row: Fields, account: Account) -> Fields:
    return row


def _channel(row: Fields, account: Account) -> Fields:
    return {"kind": row.pop("kind"), "config": row}


def _named_rule(row: Fields, account: Account) -> Fields:
    named: Fields = {"channels": [account.name("channels", number) for number in row["channels"]]}
    for thing, section in _OF_RULES.items():
        if row.get(thing) is not None:
            named[thing] = account.name(section, row[thing])
    return {**row, **named}


def _named_schedule(row: Fields, account: Account) -> Fields:
    overrides = [{**one, "channel": account.name("channels", one["channel"])} for one in row["overrides"]]
    return {**row, "rotation": [account.name("channels", one) for one in row["rotation"]], "overrides": overrides}


def _named_route(row: Fields, account: Account) -> Fields:
    steps = [
        {**step, **{section: [account.name(section, one) for one in step[section]] for section in _OF_STEPS}}
        for step in row["steps"]
    ]
    return {**row, "steps": steps}


def _named_maintenance(row: Fields, account: Account) -> Fields:
    return {**row, "monitors": [account.name("monitors", number) for number in row["monitors"]]}


def _named_report(row: Fields, account: Account) -> Fields:
    return {**row, **{section: [account.name(section, one) for one in row[section]] for section in _OF_REPORTS}}


_OF_STEPS = ("channels", "schedules")
_OF_REPORTS = ("channels", "monitors")
_OF_RULES = {"monitor": "monitors", "model": "models"}
_SHOWN: Mapping[str, Callable[[Fields, Account], Fields]] = {
    "channels": _channel,
    "rules": _named_rule,
    "schedules": _named_schedule,
    "routes": _named_route,
    "maintenance": _named_maintenance,
    "reports": _named_report,
}


def body_of(section: str, name: str, declared: Fields, account: Account) -> Fields:
    """The request that makes it: names become numbers. `InvalidInput` names what is not known."""
    where = f"{section} {name!r}"
    body: Fields = {"name": name, **declared}
    if section in {"rules", "schedules", "routes", "maintenance", "reports"}:
        body = _numbered(section, body, account, where)
    return body


def _numbered(section: str, body: Fields, account: Account, where: str) -> Fields:
    def numbers(kind: str, names: Any) -> list[int]:
        if not isinstance(names, list):
            raise InvalidInput(f"{where}: {kind}", names, "a list of names")
        return [account.number(kind, one, f"{where}: {kind}") for one in names]

    if section == "rules":
        body["channels"] = numbers("channels", body.get("channels", []))
        for thing, kind in _OF_RULES.items():
            if isinstance(body.get(thing), str):
                body[thing] = account.number(kind, body[thing], f"{where}: {thing}")
    elif section == "maintenance":
        body["monitors"] = numbers("monitors", body.get("monitors", []))
    elif section == "reports":
        for kind in _OF_REPORTS:
            body[kind] = numbers(kind, body.get(kind, []))
    elif section == "schedules":
        body["rotation"] = numbers("channels", body.get("rotation"))
        body["overrides"] = [
            {**one, "channel": account.number("channels", one.get("channel"), f"{where}: overrides")}
            for one in body.get("overrides", [])
        ]
    else:
        body["steps"] = [
            {**step, **{kind: numbers(kind, step[kind]) for kind in _OF_STEPS if kind in step}}
            for step in body.get("steps", [])
        ]
    return body


def whole(section: str, name: str, declared: Fields, account: Account) -> Fields:
    """The declaration with all its defaults, as the account would show it; `InvalidInput` tells what is wrong."""
    body = body_of(section, name, declared, account)
    kinds: Mapping[str, Callable[[Fields], Any]] = {
        "rules": rule_adapter.validate_python,
        "routes": RouteSpec.model_validate,
        "schedules": ScheduleSpec.model_validate,
        "maintenance": _MAINTENANCE.validate_python,
        "reports": ReportSpec.model_validate,
    }
    if section not in kinds:
        return declared
    try:
        found = kinds[section](body).model_dump(mode="json")
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        raise InvalidInput(f"{section} {name!r}: {field}", fault.get("input"), str(fault["msg"])) from error
    found.pop("name")
    return _SHOWN[section](found, account)
