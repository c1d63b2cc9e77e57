"""gRPC monitors: whose health is asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints


class GrpcFields(BaseModel):
    """The standard health service (grpc.health.v1) is asked."""

    service: Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_./-]*$")] = Field(
        default="", description="the service whose health is asked for; empty: the whole server's"
    )
