"""The body of a webhook: what each event says, as types, and the JSON Schema that is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from alerting.reports.contents import Contents
from vedette.store.grouping import MOST

Ms = Annotated[int, Meta(description="milliseconds UTC")]
Key = Annotated[str, Meta(description="of the notification, the same for every attempt: the header Idempotency-Key")]
Identity = Annotated[str, Meta(description="the same in all messages about one alert")]


class Alert(Struct, forbid_unknown_fields=True, kw_only=True):
    """An alert as it stands when the message is made; in `alerts` each of those that one message tells of."""

    id: Identity
    rule: Annotated[str, Meta(description="the rule's name")]
    subject: Annotated[str, Meta(description="as KIND:NAME, such as monitor:4 or series:web-1/cpu.used_ratio")]
    title: str
    severity: Annotated[
        Literal["critical", "warning", "info", ""], Meta(description="empty for alerts of versions before severities")
    ]
    value: Annotated[float | None, Meta(description="the number that was looked at; null for kinds without")]
    started_ms: Ms
    ended_ms: Annotated[int | None, Meta(description="milliseconds UTC; null while it goes on")]
    acknowledged_by: str | None
    start_given_up: Annotated[bool | UnsetType, Meta(description="of an end: its start could not be delivered")] = UNSET


class Detail(Struct, kw_only=True):
    """What the signal said (by its kind), and what the rule adds. All may be absent, and others be there."""

    runbook: Annotated[str | UnsetType, Meta(description="a page that says what to do")] = UNSET
    body: Annotated[str | UnsetType, Meta(description="the rule's template, filled in; what a notice says")] = UNSET
    title: Annotated[str | UnsetType, Meta(description="of a notice")] = UNSET
    said_ms: Annotated[int | UnsetType, Meta(description="of a notice: when, by the host's own clock")] = UNSET
    template_fault: Annotated[str | UnsetType, Meta(description="why a template could not be filled in")] = UNSET
    flapping: Annotated[int | UnsetType, Meta(description="the alert stands for many starts and ends")] = UNSET
    gone: Annotated[int | UnsetType, Meta(description="of an end: the series is no more")] = UNSET
    changed: Annotated[
        Literal["rule"] | UnsetType, Meta(description="of an end: the rule is about other subjects now")
    ] = UNSET
    removed: Annotated[Literal["rule", "monitor"] | UnsetType, Meta(description="of an end: what is no more")] = UNSET
    by: Annotated[str | UnsetType, Meta(description="of an update or end: who did it")] = UNSET
    text: Annotated[str | UnsetType, Meta(description="of an update or end: what that person said")] = UNSET
    error: Annotated[str | UnsetType | None, Meta(description="what an endpoint's check has found")] = UNSET


class _OfAlerts(Struct, forbid_unknown_fields=True, kw_only=True, tag_field="event"):
    id: Key
    at_ms: Annotated[int, Meta(description="when it happened, milliseconds UTC")]
    alert: Alert
    detail: Detail


Several = Annotated[
    list[Alert], Meta(min_length=2, max_length=MOST, description="all that this message tells of, `alert` the first")
]


class Start(_OfAlerts, tag="start"):
    """An alert fires. Of one alert it comes once, and before all else."""

    alerts: Several | UnsetType = UNSET


class Update(_OfAlerts, tag="update"):
    """Between start and end."""

    update: Literal["acknowledged", "unacknowledged", "reminded"]
    alerts: Several | UnsetType = UNSET


class End(_OfAlerts, tag="end"):
    """An alert is over. Of one alert it comes once, and after all else."""

    alerts: Several | UnsetType = UNSET


class OneOff(_OfAlerts, tag="one-off"):
    """Said once, and over with it: a notice of a plugin, or the test of a channel."""


class Report(Contents, frozen=True, kw_only=True):
    """A report, as `GET /v1/reports/{id}/preview?format=json` shows it, with its identity."""

    id: str


class Reported(Struct, forbid_unknown_fields=True, kw_only=True, tag_field="event", tag="report"):
    """A report is due."""

    id: Key
    at_ms: Ms
    report: Report


Body = Start | Update | End | OneOff | Reported


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the body, for receivers. It is open: fields may be added in later versions."""
    found, parts = msgspec.json.schema_components([Body], ref_template="#/$defs/{name}")
    for part in parts.values():
        part.pop("additionalProperties", None)
        part["description"] = " ".join(part["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Vedette posts to a webhook",
        "description": "Fields may be added: receivers ignore those that they do not know.",
        **found[0],
        "$defs": dict(sorted(parts.items())),
    }
