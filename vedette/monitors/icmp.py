"""ICMP monitors: how many echo requests may be sent."""

from __future__ import annotations

from pydantic import BaseModel, Field


class IcmpFields(BaseModel):
    """One reply is enough; requests follow each other evenly within the first half of the time-out."""

    packets: int = Field(default=3, ge=1, le=10)
