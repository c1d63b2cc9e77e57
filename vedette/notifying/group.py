"""Notification groups: named sets of channels, which rules and routes name in place of each of them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GroupSpec(BaseModel):
    """Whoever tells the group tells all of its channels."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "shop team", "channels": [1, 2]}]}
    )

    name: str = Field(min_length=1, max_length=200)
    channels: list[int] = Field(min_length=1, max_length=1000)
