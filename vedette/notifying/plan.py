"""The plan of one alert: the steps of its route, as they stood when it began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from vedette.notifying.route import RouteSpec, Step


class Plan(BaseModel):
    """Who is told when. `route` is the name of the route, null for a rule's own channels or all of the account."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    route: str | None = None
    steps: list[Step] = Field(default_factory=list)
    remind_s: int | None = None
    group_s: int = 0

    def next_ms(self, started_ms: int, step: int, told_ms: int) -> int | None:
        """When something is due (ms UTC): the step of that number, or a reminder after what was told last."""
        due: list[int] = []
        if step < len(self.steps):
            due.append(started_ms + self.steps[step].after_s * 1000)
        if self.remind_s is not None and self.steps:
            due.append(told_ms + self.remind_s * 1000)
        return min(due, default=None)

    def reminds(self, told_ms: int, now_ms: int) -> bool:
        """Whether those who were told last at `told_ms` are to be told again by now."""
        return self.remind_s is not None and bool(self.steps) and told_ms + self.remind_s * 1000 <= now_ms

    def reached(self, started_ms: int, now_ms: int) -> int:
        """How many steps are due by now."""
        return sum(started_ms + step.after_s * 1000 <= now_ms for step in self.steps)

    def stored(self) -> dict[str, Any]:
        """As it is stored."""
        return self.model_dump(mode="json")


def plan_of(route: RouteSpec | None, channels: Sequence[int]) -> Plan:
    """The plan by a route; without one, `channels` are told at once, and that is all."""
    if route is not None:
        return Plan(route=route.name, steps=route.steps, remind_s=route.remind_s, group_s=route.group_s)
    return Plan(steps=[Step(channels=list(channels))] if channels else [])
