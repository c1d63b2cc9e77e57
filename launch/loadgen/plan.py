"""The plan of a load: everything that its samples and check results follow from."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.errors import ConfigurationError

MOST_ITEMS = 5_000
"""Reports or results of one request; the intake takes twice as many."""
CHECKS_LANE = -1
"""The lane of check results; those of samples are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A load as numbers. The same plan gives the same reports, bit by bit.

    `sources` report `names` values each, `steps` times, `interval_ms` of their own time apart, the first at `start_ms`
    (UTC). `lanes` senders share the sources; a request has about `reports` of them. Each of `monitors` (numbers that
    the gateway knows) has a check result at each of `locations` locations, at each step.
    """

    seed: int
    start_ms: int
    interval_ms: int
    sources: int
    names: int
    steps: int
    lanes: int
    reports: int
    monitors: tuple[int, ...] = field(default=())
    locations: int = 1

    def __post_init__(self) -> None:
        if self.lanes > self.sources:
            raise ConfigurationError("--senders", self.lanes, f"at most as many as there are sources ({self.sources})")
        if -(-self.sources // self.lanes) > MOST_ITEMS:
            allowed = f"at most {MOST_ITEMS * self.lanes}, more with --senders"
            raise ConfigurationError("--sources", self.sources, allowed)
        if len(self.monitors) * self.locations > MOST_ITEMS:
            number = len(self.monitors) * self.locations
            raise ConfigurationError("--monitors", number, f"at most {MOST_ITEMS}, counted at each location")

    @property
    def end_ms(self) -> int:
        """When the last report was made, in the sources' own time."""
        return self.start_ms + (self.steps - 1) * self.interval_ms

    def source(self, number: int) -> str:
        """The name of a source: no other load has it, for then its counters would go on from there."""
        return f"loadgen-{self.seed}-{self.start_ms:x}-{number:04}"

    def location(self, number: int) -> str:
        """The name of a location."""
        return f"loadgen-{self.seed}-{self.start_ms:x}-{number}"

    def all_lanes(self) -> list[int]:
        """The lanes that have something to send."""
        return [*range(self.lanes), *([CHECKS_LANE] if self.monitors else [])]

    def lane_of(self, source: int) -> int:
        """Whose source it is."""
        return source % self.lanes

    def sources_of(self, lane: int) -> range:
        """The sources of a lane."""
        return range(lane, self.sources, self.lanes)

    def steps_per_request(self, lane: int) -> int:
        """How many steps of all that is the lane's go together."""
        items = len(self.monitors) * self.locations if lane == CHECKS_LANE else len(self.sources_of(lane))
        return max(1, self.reports // items)

    def requests(self, lane: int) -> int:
        """How many requests a lane sends."""
        return -(-self.steps // self.steps_per_request(lane))

    def steps_of(self, lane: int, request: int) -> range:
        """The steps of a lane's request, which are numbered from 0."""
        size = self.steps_per_request(lane)
        return range(request * size, min(self.steps, (request + 1) * size))

    def time(self, step: int) -> int:
        """When a step is, in the sources' own time (ms UTC)."""
        return self.start_ms + step * self.interval_ms
