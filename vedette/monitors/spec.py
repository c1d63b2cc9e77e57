"""MonitorSpec: one monitor of any kind, as users define it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationInfo, field_validator, model_validator

from vedette.errors import OfField
from vedette.monitors.dns import DnsFields
from vedette.monitors.every_kind import CommonFields
from vedette.monitors.grpc import GrpcFields
from vedette.monitors.heartbeat import KIND as HEARTBEAT
from vedette.monitors.heartbeat import PROBED, HeartbeatFields, check_heartbeat, stated
from vedette.monitors.http import HeaderFields, HttpFields
from vedette.monitors.icmp import IcmpFields
from vedette.monitors.outages import OutageFields
from vedette.monitors.targets import check_target, kind_of
from vedette.monitors.tcp import TcpFields
from vedette.monitors.tls import TlsFields, TrustFields

KINDS: dict[str, tuple[type[BaseModel], ...]] = {
    "http": (HttpFields, HeaderFields, TrustFields),
    "tcp": (TcpFields,),
    "tls": (TlsFields, TrustFields),
    "dns": (DnsFields,),
    "ws": (HeaderFields, TrustFields),
    "icmp": (IcmpFields,),
    "grpc": (GrpcFields, TrustFields),
    HEARTBEAT: (HeartbeatFields,),
}
"""The check types, and the fields that each has beside the common ones."""

_PARTS = {part for parts in KINDS.values() for part in parts}
_OWNERS: dict[str, list[str]] = {
    name: [kind for kind, parts in KINDS.items() if any(name in part.model_fields for part in parts)]
    for part in _PARTS
    for name in part.model_fields
} | {name: [kind for kind in KINDS if kind != HEARTBEAT] for name in PROBED}
"""Which kinds have a field; those that all have are not in it."""

_EXAMPLES: list[JsonValue] = [
    {"name": "shop", "url": "https://shop.example/health", "interval_s": 60},
    {"name": "mail", "url": "tcp://mail.example:25", "expect": "220 "},
    {"name": "backup", "kind": "heartbeat", "cron": "30 2 * * *", "zone": "Europe/Berlin", "grace_s": 1800},
]


class MonitorSpec(
    HttpFields,
    HeaderFields,
    TlsFields,
    TrustFields,
    TcpFields,
    DnsFields,
    IcmpFields,
    GrpcFields,
    HeartbeatFields,
    OutageFields,
    CommonFields,
):
    """One endpoint to be checked. Which fields it may have follows from its `kind`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})

    @model_validator(mode="before")
    @classmethod
    def _kind_from_scheme(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("kind") == HEARTBEAT:
            return {"url": "", **data}
        if isinstance(data, dict) and "kind" not in data:
            kind = kind_of(data.get("url"))
            return data if kind is None else {**data, "kind": kind}
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _field_of_this_kind(cls, value: Any, info: ValidationInfo) -> Any:
        name, kind = info.field_name or "", info.data.get("kind")
        owners = _OWNERS.get(name)
        if owners is None or kind is None or kind in owners:
            return value
        if value == cls.model_fields[name].get_default(call_default_factory=True):
            return value
        raise ValueError(f"only with kind {' or '.join(owners)}; this monitor's kind is {kind}")

    @field_validator("url")
    @classmethod
    def _target(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind == HEARTBEAT and value:
            raise ValueError("none with kind heartbeat: nothing is asked, the job pings")
        if kind is not None and kind != HEARTBEAT:
            check_target(kind, value)
        return value

    @model_validator(mode="after")
    def _due_at_some_time(self) -> MonitorSpec:
        if self.kind == HEARTBEAT:
            check_heartbeat(self)
        return self

    @model_validator(mode="after")
    def _target_below_timeout(self) -> MonitorSpec:
        if self.timeout_s * 1000 <= 4 * self.apdex_t_ms:
            allowed = (
                f"timeout_s ({self.timeout_s}) must exceed four times apdex_t_ms ({self.apdex_t_ms}): "
                "a slow answer must be seen to be counted"
            )
            if "apdex_t_ms" not in self.model_fields_set:
                raise OfField("timeout_s", self.timeout_s, allowed)
            raise OfField("apdex_t_ms", self.apdex_t_ms, allowed)
        return self

    @model_validator(mode="after")
    def _limits_in_order(self) -> MonitorSpec:
        for name in ("degraded_above_ms", "down_above_ms"):
            limit = getattr(self, name)
            if limit is not None and limit >= self.timeout_s * 1000:
                allowed = f"{name} ({limit}) must be below timeout_s ({self.timeout_s}): it could never be seen"
                raise OfField(name, limit, allowed)
        degraded, down = self.degraded_above_ms, self.down_above_ms
        if degraded is not None and down is not None and degraded >= down:
            allowed = f"degraded_above_ms ({degraded}) must be below down_above_ms ({down})"
            raise OfField("degraded_above_ms", degraded, allowed)
        warn, fail = self.certificate_degraded_days, self.certificate_down_days
        if warn is not None and fail is not None and warn <= fail:
            allowed = f"certificate_degraded_days ({warn:g}) must be above certificate_down_days ({fail:g})"
            raise OfField("certificate_degraded_days", warn, allowed)
        return self

    @model_validator(mode="after")
    def _assertions_have_a_body(self) -> MonitorSpec:
        for assertion in self.assertions:
            if self.method == "HEAD" and assertion.type != "header":
                allowed = f"assertions on the {assertion.type} need a body, which HEAD has none of"
                raise OfField("method", self.method, allowed)
        return self

    @model_validator(mode="after")
    def _headers_are_not_set_twice(self) -> MonitorSpec:
        names = {name.lower() for name in self.headers}
        if self.auth is not None and "authorization" in names:
            raise ValueError("auth or the header Authorization, not both")
        if self.kind == "ws" and names & {"sec-websocket-key", "sec-websocket-version"}:
            raise ValueError("headers without Sec-WebSocket-Key and Sec-WebSocket-Version, which the probe sets")
        return self

    def config(self) -> dict[str, Any]:
        """What is stored beside name, URL and pause: the fields of its kind (of a heartbeat, the stated ones too)."""
        foreign = {name for name, kinds in _OWNERS.items() if self.kind not in kinds}
        own = self.model_dump(exclude={"name", "url", "paused"} | foreign)
        return {**own, **stated(self)} if self.kind == HEARTBEAT else own


def masked(definition: dict[str, Any]) -> dict[str, Any]:
    """A stored definition of any kind without its secrets: header values, credentials, what is sent."""
    shown = dict(definition)
    if shown.get("headers"):
        shown["headers"] = dict.fromkeys(shown["headers"], "***")
    for name in ("auth", "proxy_auth"):
        if shown.get(name):
            open_keys = {"type", "username"}
            shown[name] = {key: value if key in open_keys else "***" for key, value in shown[name].items()}
    for name in ("body", "send"):
        if shown.get(name) is not None:
            shown[name] = "***"
    return shown
