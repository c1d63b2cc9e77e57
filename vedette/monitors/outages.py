"""Outage fields: when a monitor of any kind counts as down, and who is asked before."""

from __future__ import annotations

from pydantic import BaseModel, Field, model_validator

from vedette.monitors.every_kind import Location


class OutageFields(BaseModel):
    """How outages are confirmed; see `vedette.windows.votes.Policy`."""

    quorum: int = Field(default=2, ge=1, le=100, description="locations that must fail; all, where there are fewer")
    recheck: bool = Field(default=True, description="a failure at one location is looked into at once from others")
    confirm_locations: list[Location] = Field(
        default_factory=list, max_length=100, description="the locations that look again; empty: all others"
    )
    recover_after: int = Field(default=1, ge=1, le=10, description="good results in a row that end an outage")
    parent: int | None = Field(
        default=None, ge=1, lt=1 << 62, description="a monitor; while it is down, nobody is called for this one"
    )

    @model_validator(mode="after")
    def _confirmed_where_it_is_checked(self) -> OutageFields:
        locations: list[str] = getattr(self, "locations", [])
        for location in self.confirm_locations if locations else ():
            if location not in locations:
                raise ValueError(f"confirm_locations: {location!r} must be one of locations ({', '.join(locations)})")
        return self
