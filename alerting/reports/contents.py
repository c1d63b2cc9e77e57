"""Contents: all that a report says, as numbers and names; also the form in which webhooks get it."""

from __future__ import annotations

import msgspec


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor over the period, and over the one before. Shares are 0 to 1, None without checks; `apdex` is as its
    specification shows it. `down_minutes` are those without a success."""

    id: int
    name: str
    uptime: float | None
    uptime_before: float | None
    reachability: float | None
    down_minutes: int
    apdex: str
    apdex_before: str
    band: str | None


class Bands(msgspec.Struct, frozen=True):
    """Monitors by the band of their Apdex."""

    excellent: int = 0
    good: int = 0
    fair: int = 0
    poor: int = 0
    unacceptable: int = 0


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """All monitors of the report. `uptime` is the mean over those that were checked, `reachability` the share of all
    checks that succeeded, `whole` how many had an uptime of 100 %. Where not `exact`, uptimes are lower bounds.

    `hours` are checks that counted and that failed, by the hours of the period from `hours_ms` (ms UTC) on.
    """

    monitors: int
    checked: int
    exact: bool
    uptime: float | None
    uptime_before: float | None
    reachability: float | None
    reachability_before: float | None
    whole: int
    bands: Bands
    bands_before: Bands
    worst: list[Endpoint]
    slowest: list[Endpoint]
    hours_ms: int
    hours: list[tuple[int, int]]


class Counted(msgspec.Struct, frozen=True):
    """How many alerts a rule or subject had, now and in the period before."""

    name: str
    count: int
    before: int


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that began in the period. `by_hour` are counts by the local hour of day, `night` those from 22 to 6;
    means are in seconds, over those that were acknowledged, or have ended; None if none was or has. `messages` were
    delivered. With `cut`, there were more alerts than are counted."""

    began: int
    notices: int
    critical: int
    night: int
    acknowledged: int
    acknowledge_s: float | None
    resolve_s: float | None
    messages: int
    by_hour: list[int]
    cut: bool


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An alert; `said` is more about it."""

    id: str
    title: str
    rule: str
    severity: str
    state: str
    started_ms: int
    ended_ms: int | None
    said: str = ""


class Lines(msgspec.Struct, frozen=True):
    """The first of so many alerts. With `cut`, not all were looked at, and there may be more."""

    rows: list[Line]
    total: int
    cut: bool = False


class Named(msgspec.Struct, frozen=True):
    """The first of so many names, each with what is to be said of it and when it was (ms UTC; None: no time)."""

    rows: list[tuple[str, str, int | None]]
    total: int


class Alerting(msgspec.Struct, frozen=True, kw_only=True):
    """What there was of alerts: the load and that of the period before, by rule, the noisiest subjects; what was told,
    held back by silences or told to nobody, what is open when the report is made; silences, and outages that were told
    to nobody."""

    load: Load
    before: Load
    rules: list[Counted]
    noisiest: list[Counted]
    told: Lines
    held_back: Lines
    open: Lines
    silences: Named
    suppressed: Named


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """How many hosts there are, which are new, and which are silent when the report is made."""

    total: int
    fresh: Named
    silent: Named


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A report. Times are ms UTC; `made_ms` is when it was made, `missed_ms` are earlier ones that were left out,
    because nobody was there to send them. `parts` are what it shows."""

    name: str
    kind: str
    zone: str
    parts: list[str]
    from_ms: int
    to_ms: int
    before_ms: int
    due_ms: int
    made_ms: int
    missed_ms: list[int]
    endpoints: Endpoints
    alerting: Alerting
    changed: Named
    drift: Named
    hosts: Hosts


def as_json(contents: Contents) -> dict[str, object]:
    """What a notification holds of it."""
    found: dict[str, object] = msgspec.to_builtins(contents)
    return found


def from_json(found: object) -> Contents:
    """The contents in a notification; `msgspec.ValidationError` for one that another version made otherwise."""
    return msgspec.convert(found, Contents)
