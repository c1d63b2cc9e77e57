"""Judging: what an entry of a file says, by the same definitions as the gateway's, before anything is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from alerting.channels import CHANNELS, Channel
from alerting.rules import rule_adapter
from ingest_api.routes.channels import NewChannel
from ingest_api.routes.model_settings import NAME_RULE, NewModel
from ingest_api.routes.models import NAME
from ingest_api.routes.roles import ROLE_NAME, Role
from launch.declared.account import SHOWN, Account, body_of
from launch.declared.files import Fields
from launch.declared.silences import DeclaredSilence
from vedette.errors import InvalidInput, VedetteError
from vedette.maintenance import MaintenanceSpec
from vedette.notifying.group import GroupSpec
from vedette.notifying.report import ReportSpec
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import ScheduleSpec
from vedette.storable import check_storable

Path = tuple[str | int, ...]
Judged = TypeVar("Judged", bound=BaseModel)
_MAINTENANCE: TypeAdapter[Any] = TypeAdapter(MaintenanceSpec)


class Fault(Exception):
    """A field of an entry has a value that is not allowed; `path` leads to it within the entry."""

    def __init__(self, path: Path, value: object, allowed: str) -> None:
        super().__init__(allowed)
        self.path, self.value, self.allowed = path, value, allowed


class Refused(VedetteError):
    """Files say what is not allowed: a line for each fault."""

    code = "refused"


def judge(section: str, name: str, declared: Fields, account: Account) -> Fields:
    """The declaration with all its defaults, as the account would show it; a `Fault` says what is wrong.

    Channels, roles and models keep what is not named, so of those it is what is declared; so do schedules their
    overrides.
    """
    try:
        check_storable({"name": name, **declared})
        body = body_of(section, name, declared, account)
    except InvalidInput as error:
        raise Fault(split_path(error.field), error.value, error.allowed) from error
    if section in _DEFINED:
        found = _valid(_DEFINED[section], body).model_dump(mode="json")
        found.pop("name")
        shown = SHOWN[section](found, account)
        if section == "schedules" and "overrides" not in declared:
            del shown["overrides"]  # people take over from the page: where files say nothing of that, it stays
        return shown
    if section == "silences":
        return _valid(DeclaredSilence.model_validate, body).fields()
    if section == "channels":
        _check_channel(body, account.definitions[section].get(name))
    elif section == "models":
        _check_name(name, NAME, NAME_RULE)
        _valid(NewModel.model_validate, body)
    elif section == "roles":
        _check_name(name, re.compile(ROLE_NAME), "letters, digits, _ . - (at most 63)")
        _valid(Role.model_validate, {key: value for key, value in body.items() if key != "name"})
    return declared


_DEFINED: Mapping[str, Callable[[Any], BaseModel]] = {
    "groups": GroupSpec.model_validate,
    "rules": rule_adapter.validate_python,
    "routes": RouteSpec.model_validate,
    "schedules": ScheduleSpec.model_validate,
    "maintenance": _MAINTENANCE.validate_python,
    "reports": ReportSpec.model_validate,
}
"""Sections in which a field that an entry does not name has its default."""


def _valid(validate: Callable[[Any], Judged], body: Fields) -> Judged:
    try:
        return validate(body)
    except ValidationError as error:
        fault = error.errors()[0]
        about, path = fault.get("ctx", {}), fault["loc"]
        allowed = str(fault["msg"]).removeprefix("Value error, ")
        value: object = "<missing>" if fault["type"] == "missing" else fault.get("input")
        if fault["type"].startswith("union_tag"):
            path = (*path, str(about["discriminator"]).strip("'"))
            value, allowed = about.get("tag", "<missing>"), str(about.get("expected_tags", allowed))
        elif path and path[0] not in body and path[0] == body.get("kind"):
            path = path[1:]  # by which of several kinds it was judged
        raise Fault(path, value, allowed) from error


def _check_channel(body: Fields, known: Fields | None) -> None:
    _valid(NewChannel.model_validate, body)
    kind = CHANNELS.get(body["kind"])
    if kind is None:
        raise Fault(("kind",), body["kind"], ", ".join(sorted(CHANNELS)))
    if known is not None and known["kind"] != body["kind"]:
        raise Fault(("kind",), body["kind"], f"{known['kind']}, as it was made")
    try:
        if known is None:
            kind.from_config(body["config"])
        else:
            kind.check_change({**known["config"], **body["config"]})
    except InvalidInput as error:
        raise Fault(("config", *split_path(error.field)), error.value, error.allowed) from error
    if known is not None:
        _check_moved(kind, body["config"], known["config"])


def _check_moved(kind: type[Channel], config: Fields, known: Fields) -> None:
    """Secrets that would be sent to another place must be given again. Of those that a channel may have, only the
    gateway knows whether this one does."""
    moved = [name for name in kind.DESTINATION if config.get(name, known.get(name)) != known.get(name)]
    lacking = [name for name in sorted(kind.secrets() - config.keys()) if kind.model_fields[name].is_required()]
    if moved and lacking:
        raise Fault(("config", moved[0]), config[moved[0]], f"another place only with {', '.join(lacking)} given again")


def _check_name(name: str, pattern: re.Pattern[str], allowed: str) -> None:
    if pattern.fullmatch(name) is None:
        raise Fault(("name",), name, allowed)


def split_path(field: str) -> Path:
    """A path such as `steps[0].channels` in its parts."""
    found = re.findall(r"\[(\d+)\]|([^.\[\]]+)", field)
    return tuple(int(number) if number else text for number, text in found)
