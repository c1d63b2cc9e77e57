"""What an account has, in the form in which files declare it: by name, and with names instead of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerting.channels import CHANNELS
from launch.client import Gateway
from launch.declared import silences
from launch.declared.files import SECTIONS, Fields
from vedette.errors import InvalidInput

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
        if not isinstance(name, str) or name not in known:
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
        "groups": gateway.call("GET", "/v1/groups")["groups"],
        "monitors": gateway.call("GET", "/v1/monitors")["monitors"],
        "roles": gateway.call("GET", "/v1/roles")["roles"],
        "models": gateway.call("GET", "/v1/models")["models"],
        "schedules": gateway.call("GET", "/v1/schedules")["schedules"],
        "routes": gateway.call("GET", "/v1/routes")["routes"],
        "silences": [row for row in gateway.call("GET", "/v1/silences?limit=1000")["silences"] if row["name"]],
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
            found.definitions[section][row["name"]] = SHOWN.get(section, _as_it_is)(definition, found)
    return found


def _as_it_is(row: Fields, account: Account) -> Fields:
    return row


def _channel(row: Fields, account: Account) -> Fields:
    """Without what nobody gives: a file that said when a replaced secret ends would undo a later replacement."""
    kind = CHANNELS.get(row["kind"])
    left_out = {"kind", *(kind.NOT_GIVEN if kind else ())}
    return {"kind": row["kind"], "config": {name: value for name, value in row.items() if name not in left_out}}


def _named_rule(row: Fields, account: Account) -> Fields:
    named: Fields = {section: [account.name(section, one) for one in row.get(section, ())] for section in _TOLD}
    for thing, section in _OF_RULES.items():
        if row.get(thing) is not None:
            named[thing] = account.name(section, row[thing])
    return {**row, **named}


def _named_schedule(row: Fields, account: Account) -> Fields:
    overrides = [{**one, "channel": account.name("channels", one["channel"])} for one in row["overrides"]]
    return {**row, "rotation": [account.name("channels", one) for one in row["rotation"]], "overrides": overrides}


def _named_route(row: Fields, account: Account) -> Fields:
    steps = [
        {**step, **{section: [account.name(section, one) for one in step.get(section, ())] for section in _OF_STEPS}}
        for step in row["steps"]
    ]
    return {**row, "steps": steps}


def _named_maintenance(row: Fields, account: Account) -> Fields:
    return {**row, "monitors": [account.name("monitors", number) for number in row["monitors"]]}


def _named_report(row: Fields, account: Account) -> Fields:
    return {**row, **{section: [account.name(section, one) for one in row[section]] for section in _OF_REPORTS}}


def _named_group(row: Fields, account: Account) -> Fields:
    return {"channels": [account.name("channels", number) for number in row["channels"]]}


def _silence(row: Fields, account: Account) -> Fields:
    return silences.shown(row)


_TOLD = ("channels", "groups")
_OF_STEPS = frozenset({"channels", "groups", "schedules"})
_OF_REPORTS = ("channels", "monitors")
_OF_RULES = {"monitor": "monitors", "model": "models"}
SHOWN: Mapping[str, Callable[[Fields, Account], Fields]] = {
    "channels": _channel,
    "groups": _named_group,
    "silences": _silence,
    "rules": _named_rule,
    "schedules": _named_schedule,
    "routes": _named_route,
    "maintenance": _named_maintenance,
    "reports": _named_report,
}


def body_of(section: str, name: str, declared: Fields, account: Account) -> Fields:
    """The declaration with its name, and numbers in place of other names. `InvalidInput` tells which field names what
    is not known, by its path in the declaration."""
    body: Fields = {"name": name, **declared}
    return _NUMBERED[section](body, account) if section in _NUMBERED else body


def _numbers(kind: str, names: Any, where: str, account: Account) -> list[int]:
    if not isinstance(names, list):
        raise InvalidInput(where, names, "a list of names")
    return [account.number(kind, one, f"{where}[{number}]") for number, one in enumerate(names)]


def _listed(*sections: str) -> Callable[[Fields, Account], Fields]:
    def numbered(body: Fields, account: Account) -> Fields:
        return {**body, **{one: _numbers(one, body[one], one, account) for one in sections if one in body}}

    return numbered


def _rule(body: Fields, account: Account) -> Fields:
    found = _listed(*_TOLD)(body, account)
    for thing, kind in _OF_RULES.items():
        if isinstance(found.get(thing), str):
            found[thing] = account.number(kind, found[thing], thing)
    return found


def _schedule(body: Fields, account: Account) -> Fields:
    found = {**body, "rotation": _numbers("channels", body.get("rotation"), "rotation", account)}
    overrides = _mappings(body, "overrides")
    if overrides:
        found["overrides"] = [
            {**one, "channel": account.number("channels", one.get("channel"), f"overrides[{number}].channel")}
            for number, one in enumerate(overrides)
        ]
    return found


def _route(body: Fields, account: Account) -> Fields:
    steps = [
        {
            **step,
            **{kind: _numbers(kind, step[kind], f"steps[{n}].{kind}", account) for kind in _OF_STEPS & step.keys()},
        }
        for n, step in enumerate(_mappings(body, "steps"))
    ]
    return {**body, "steps": steps}


def _mappings(body: Fields, field: str) -> list[Fields]:
    found = body.get(field, [])
    if not isinstance(found, list):
        raise InvalidInput(field, found, "a list")
    for number, one in enumerate(found):
        if not isinstance(one, dict):
            raise InvalidInput(f"{field}[{number}]", one, "a mapping")
    return found


_NUMBERED: Mapping[str, Callable[[Fields, Account], Fields]] = {
    "groups": _listed("channels"),
    "rules": _rule,
    "schedules": _schedule,
    "routes": _route,
    "maintenance": _listed("monitors"),
    "reports": _listed(*_OF_REPORTS),
}
