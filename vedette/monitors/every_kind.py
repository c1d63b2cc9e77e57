"""What monitors of every kind have: name, target, rhythm, limits of time, places."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vedette.errors import InvalidInput
from vedette.events.check_series import KNOWN_LABELS, MAX_LABELS_TEXT, labels_text
from vedette.events.names import MAX_LABELS, split_labels

Kind = Literal["http", "tcp", "tls", "dns", "ws", "icmp", "grpc", "heartbeat"]
LONGEST_LOCATION = 63
Location = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Milliseconds = Annotated[int, Field(ge=1, le=60_000)]
_TARGETS = (
    "http(s)://…; by kind: tcp://host:port, tls://host:port, dns://name, ws(s)://…, icmp://host, grpc(s)://host:port; "
    "the scheme tells the kind where that is left out; a heartbeat has none"
)


def _sound(labels: dict[str, str]) -> dict[str, str]:
    for name in labels:
        if name in KNOWN_LABELS:
            raise ValueError(
                f"labels by other names than {', '.join(sorted(KNOWN_LABELS))}, which Vedette gives itself"
            )
    try:
        text = labels_text(labels)
        same = split_labels(text, "labels") == labels
    except InvalidInput:
        same = False
    if not same or len(labels) > MAX_LABELS or len(text) > MAX_LABELS_TEXT:
        raise ValueError(
            f"at most {MAX_LABELS} labels, {MAX_LABELS_TEXT} characters together; names of letters, digits and _,"
            " values without control characters"
        )
    return labels


class CommonFields(BaseModel):
    """Fields of all kinds. `kind` comes first, since it decides about the others."""

    kind: Kind = "http"
    name: str = Field(min_length=1, max_length=200)
    url: str = Field(max_length=2000, description=_TARGETS)
    interval_s: int = Field(default=60, ge=1, le=86_400)
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    apdex_t_ms: int = Field(default=500, ge=1, le=60_000, description="Apdex target T; the time-out must exceed 4 T")
    degraded_above_ms: Milliseconds | None = Field(default=None, description="slower than this is degraded")
    down_above_ms: Milliseconds | None = Field(default=None, description="slower than this is down")
    ip_version: Literal["any", "4", "6"] = Field(default="any", description="which addresses of a name are used")
    locations: list[Location] = Field(default_factory=list, max_length=100, description="empty: all")
    paused: bool = False
    labels: Annotated[dict[str, str], AfterValidator(_sound)] = Field(
        default_factory=dict,
        description="by which rules, routes and silences choose",
        examples=[{"team": "shop", "env": "production"}],
    )
