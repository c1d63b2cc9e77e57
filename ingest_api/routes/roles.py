"""Roles and hosts: what configures agents centrally, and what is known of each."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingest_api.context import Context, context
from ingest_api.fleet.checking_in import flags_of
from ingest_api.fleet.configuring import config_of
from ingest_api.fleet.orders import tell_changed
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotFound
from vedette.events.codec import invalid
from vedette.events.fleet import check_source
from vedette.events.plugins import PluginSpec, check_spec
from vedette.store import agents, roles, series

router = APIRouter(prefix="/v1", tags=["agents"])
AWAY_MS = 180_000
"""An agent that has not checked in for so long is away."""
ROLE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"


class Layer(BaseModel):
    """A part of a host's configuration; what is absent is left to the other parts, and at last to the agent."""

    model_config = ConfigDict(extra="forbid")
    interval_s: float | None = Field(default=None, ge=1, le=3600, description="seconds between reports")
    collectors: dict[str, bool] = Field(default_factory=dict, description="which run: {name: false} turns one off")
    mask_arguments: bool | None = Field(default=None, description="arguments of processes are not shown")
    plugins: list[dict[str, Any]] = Field(default_factory=list, max_length=200)
    without: list[str] = Field(default_factory=list, description="plugins of roles that this host does not run")
    statsd: dict[str, Any] | None = None
    realtime_archive: bool | None = None

    @field_validator("plugins")
    @classmethod
    def _specs(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen: set[str] = set()
        for number, plugin in enumerate(value):
            try:
                spec = msgspec.convert(plugin, PluginSpec)
                check_spec(spec)
            except InvalidInput as error:
                raise ValueError(f"in plugin {number}: {error}") from error
            except msgspec.ValidationError as error:
                fault = invalid(error, plugin)
                raise ValueError(f"in plugin {number}: {fault.field}: {fault.allowed}") from error
            if not spec.name or spec.name in seen:
                raise ValueError(f"in plugin {number}: a name that no other plugin here has")
            seen.add(spec.name)
        return value

    def config(self) -> dict[str, Any]:
        """What it says, without what it leaves open."""
        found = self.model_dump(exclude={"priority", "notes"})
        return {name: value for name, value in found.items() if value not in (None, {}, [])}


class Role(Layer):
    """What hosts with this role get. Of two roles, the greater `priority` has its way."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"priority": 10, "plugins": [{"name": "nginx", "plugin": "nginx"}], "notes": "front ends"}]
        },
    )
    priority: int = Field(default=0, ge=-1000, le=1000)
    notes: str = Field(default="", max_length=2000)


class Roles(BaseModel):
    """The roles of a host."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"roles": ["web"]}]})
    roles: list[str] = Field(max_length=50)


@router.get("/roles", summary="Roles")
def list_roles(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """In the order in which they are laid over each other, with how many hosts have each."""
    return {"roles": [_shown_role(row, principal) for row in roles.roles(found.store, principal.account)]}


@router.get("/roles/{name}", summary="One role")
def get_role(
    name: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """As in the list."""
    return _shown_role(roles.role(found.store, principal.account, name), principal)


@router.put("/roles/{name}", summary="Make or change a role")
def put_role(
    body: Role,
    name: str = Path(pattern=ROLE_NAME),
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Hosts that have it are told at once."""
    roles.put_role(found.store, principal.account, name, body.priority, body.config(), body.notes)
    tell_changed(found.log, principal.account, roles.sources_with(found.store, principal.account, name))
    return _shown_role(roles.role(found.store, principal.account, name), principal)


@router.delete("/roles/{name}", status_code=204, summary="Remove a role")
def remove_role(
    name: str, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Hosts that had it go on with what their other roles say."""
    had = roles.sources_with(found.store, principal.account, name)
    roles.remove_role(found.store, principal.account, name)
    tell_changed(found.log, principal.account, had)
    return Response(status_code=204)


@router.get("/fleet/defaults", summary="What configures every host")
def get_defaults(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Below all roles."""
    return _masked(roles.settings(found.store, principal.account, roles.DEFAULTS), principal)


@router.put("/fleet/defaults", summary="Change what configures every host")
def put_defaults(
    body: Layer, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """All hosts are told at once."""
    roles.put_settings(found.store, principal.account, roles.DEFAULTS, body.config())
    everybody = [row["source"] for row in agents.agents(found.store, principal.account)]
    tell_changed(found.log, principal.account, everybody)
    return body.config()


@router.put("/sources/{source:path}/roles", summary="Give a host its roles")
def put_source_roles(
    source: str, body: Roles, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """These and no others. A host may be given roles before it has ever reported."""
    check_source(source)
    roles.set_roles(found.store, principal.account, source, body.roles)
    tell_changed(found.log, principal.account, [source])
    return {"source": source, "roles": roles.roles_of(found.store, principal.account, source)}


@router.put("/sources/{source:path}/config", summary="Configure one host")
def put_source_config(
    source: str, body: Layer, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Above all of its roles."""
    check_source(source)
    roles.put_settings(found.store, principal.account, source, body.config())
    tell_changed(found.log, principal.account, [source])
    return body.config()


@router.delete("/sources/{source:path}/agent", status_code=204, summary="Let an agent out")
def remove_agent(
    source: str, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Ends the token that it was enrolled with. Its history stays; another machine may be enrolled under its name."""
    agents.forget(found.store, principal.account, source)
    found.tokens.forget()
    return Response(status_code=204)


@router.get("/sources/{source:path}", summary="One host")
def get_source(
    source: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Its roles, the configuration that it should have, and what its agent said last; `agent` is null without one.

    `flags`: `clone` (two machines under one name), `clock` (its clock is off), `refused` (parts of the configuration),
    `away` (the agent has not checked in for three minutes).
    """
    account = principal.account
    row = agents.agent(found.store, account, source)
    seen = next((s for s in series.sources(found.store, account) if s["source"] == source), None)
    has = roles.roles_of(found.store, account, source)
    if row is None and seen is None and not has:
        raise NotFound(f"there is no source {source!r}")
    config, version = config_of(found.store, account, source)
    body = {
        **(seen or {"source": source}),
        "roles": has,
        "config": _masked(_brief(config), principal),
        "config_version": version,
        "flags": [],
        "agent": None,
    }
    if row is not None:
        away = row["checked_in_ms"] is None or found.clock.now_ms() - row["checked_in_ms"] > AWAY_MS
        body["flags"] = [*flags_of(row), *(["away"] if away else [])]
        body["agent"] = _shown_agent(row)
    return body


def _shown_agent(row: dict[str, Any]) -> dict[str, Any]:
    hidden = {"source", "fingerprint", "machines", "signalled"}
    shown = {name: value for name, value in row.items() if name not in hidden}
    return {**shown, "fingerprint": row["fingerprint"][:12]}


def _shown_role(row: dict[str, Any], principal: Principal) -> dict[str, Any]:
    config = _masked(row["config"], principal)
    return {"name": row["name"], "priority": row["priority"], "notes": row["notes"], "hosts": row["hosts"], **config}


def _brief(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the hash of signed code in place of its text, which is at `/v1/plugins/{name}`."""
    if "plugins" not in config:
        return config
    hashes = [
        {"code": {"sha256": plugin["code"]["sha256"]}} if "code" in plugin else {} for plugin in config["plugins"]
    ]
    return {**config, "plugins": [{**p, **h} for p, h in zip(config["plugins"], hashes, strict=True)]}


def _masked(config: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """The configuration as `principal` may see it: what plugins are given may be secret, and is for administrators."""
    if principal.has("admin") or "plugins" not in config:
        return config
    plugins = [{**plugin, "options": dict.fromkeys(plugin.get("options", {}), "***")} for plugin in config["plugins"]]
    return {**config, "plugins": plugins}
