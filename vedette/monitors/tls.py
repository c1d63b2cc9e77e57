"""TLS of a monitor: whether the certificate is verified, and how long it must still be valid."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

_NAME = r"^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}[.:]?)*$"
Days = Annotated[float, Field(ge=0, le=3650)]


class TrustFields(BaseModel):
    """HTTP, WebSocket and TLS monitors. Days are counted from the check to the certificate's end."""

    verify_tls: bool = True
    certificate_degraded_days: Days | None = Field(default=None, description="fewer days left: degraded")
    certificate_down_days: Days | None = Field(default=None, description="fewer days left: down")


class TlsFields(BaseModel):
    """What only TLS monitors have."""

    server_name: Annotated[str, StringConstraints(max_length=253, pattern=_NAME)] | None = Field(
        default=None, description="the name to ask for and to verify, where it is not the host"
    )
