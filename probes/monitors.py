"""Monitor: one endpoint to be checked, as the gateway describes it to probes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from probes.assertions import Assertion
from probes.credentials import Auth
from probes.places import Place
from vedette.errors import InvalidInput
from vedette.events.codec import decode

Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


Limit = Annotated[int, msgspec.Meta(ge=1, le=3_600_000)]


class Monitor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to check and how; fields of a newer gateway are passed over.

    `timeout_s` covers the whole check with its redirects. `expected_status` holds codes (`301`), classes
    (`2xx`) and ranges (`200-204`) for the last answer. `max_redirects` 0 means: do not follow, judge the
    redirect itself. Reading stops at `body_limit_bytes`. `locations` empty means: checked from everywhere.
    Times above `degraded_above_ms` or `down_above_ms`, and certificates with fewer days left than theirs, count
    as such. Which of the fields after these mean something follows from `kind` (see `vedette.monitors`).
    """

    id: Annotated[int, msgspec.Meta(ge=1, le=1 << 62)]
    name: str
    url: str
    kind: str = "http"
    method: str = "GET"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    interval_s: Seconds = 60
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0
    expected_status: list[str] = msgspec.field(default_factory=lambda: ["2xx"])
    max_redirects: Annotated[int, msgspec.Meta(ge=0, le=50)] = 5
    body_limit_bytes: Annotated[int, msgspec.Meta(ge=0, le=1 << 30)] = 1_048_576
    verify_tls: bool = True
    apdex_t_ms: Annotated[int, msgspec.Meta(ge=1, le=3_600_000)] = 500
    paused: bool = False
    locations: list[str] = msgspec.field(default_factory=list)
    degraded_above_ms: Limit | None = None
    down_above_ms: Limit | None = None
    ip_version: Literal["any", "4", "6"] = "any"
    certificate_degraded_days: float | None = None
    certificate_down_days: float | None = None
    body: str | None = None
    auth: Auth | None = None
    assertions: list[Assertion] = msgspec.field(default_factory=list)
    server_name: str | None = None
    send: str | None = None
    expect: str | None = None
    record_type: str = "A"
    resolver: str | None = None
    http_version: Literal["auto", "1.1", "2"] = "auto"
    proxy: str | None = None
    proxy_auth: Auth | None = None
    service: str = ""
    expected_answers: list[str] = msgspec.field(default_factory=list)
    exact_answers: bool = False
    packets: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3

    def wanted_at(self, location: str) -> bool:
        """Whether a probe at `location` checks this monitor now."""
        return not self.paused and (not self.locations or location in self.locations)


class MonitorList(msgspec.Struct):
    """The gateway's answer, each monitor still unread, so that one bad one costs only itself.

    `place` is None where an older gateway does not tell it.
    """

    monitors: list[msgspec.Raw]
    place: Place | None = None


_list = msgspec.json.Decoder(MonitorList)
_monitor = msgspec.json.Decoder(Monitor)


def read_list(body: bytes) -> MonitorList:
    """The gateway's answer; raises `InvalidInput` when `body` is no list of monitors at all."""
    return decode(_list, body)


def read_each(raws: Iterable[msgspec.Raw]) -> tuple[list[Monitor], list[InvalidInput]]:
    """The monitors among `raws` (one JSON object each), and the complaints about the others."""
    monitors: dict[int, Monitor] = {}
    problems: list[InvalidInput] = []
    for raw in raws:
        try:
            monitor = decode(_monitor, bytes(raw))
        except InvalidInput as problem:
            problems.append(problem)
            continue
        monitors[monitor.id] = monitor
    return list(monitors.values()), problems
