"""What monitors of every kind have: name, target, rhythm, limits of time, places."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

Kind = Literal["http", "tcp", "tls", "dns", "ws", "icmp", "grpc"]
Location = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Milliseconds = Annotated[int, Field(ge=1, le=60_000)]
_TARGETS = (
    "http(s)://…; by kind: tcp://host:port, tls://host:port, dns://name, ws(s)://…, icmp://host, grpc(s)://host:port; "
    "the scheme tells the kind where that is left out"
)


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
