"""TCP monitors: what is sent, and what the answer must contain."""

from __future__ import annotations

from pydantic import BaseModel, Field


class TcpFields(BaseModel):
    """Without `send` nothing is sent; without `expect` an accepted connection is enough."""

    send: str | None = Field(default=None, min_length=1, max_length=4096, description="sent as UTF-8")
    expect: str | None = Field(
        default=None, min_length=1, max_length=1000, description="text within the first 64 KiB of the answer"
    )
