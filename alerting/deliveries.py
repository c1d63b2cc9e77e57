"""Running deliveries: a bounded number of tasks at once, and of those only a few for each channel."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine

AT_ONCE = 50
AT_ONCE_PER_CHANNEL = 4
"""So that a receiver that hangs holds up nobody but itself."""
SPARE = 10
"""Of all places, those that only channels without any get: a dozen receivers that hang must not take them all."""


class Deliveries:
    """The tasks of one worker, each in a place of its channel. Not thread-safe: of one event loop."""

    def __init__(self) -> None:
        self._channels: dict[asyncio.Task[None], int] = {}

    @property
    def free(self) -> int:
        """How many more may run."""
        return AT_ONCE - len(self._channels)

    @property
    def busy(self) -> dict[int, int]:
        """Places taken, by channel; channels without any are left out."""
        return dict(Counter(self._channels.values()))

    def start(self, channel: int, delivery: Coroutine[None, None, None]) -> None:
        """Run a delivery, which must raise nothing; its place is free again when it is done."""
        task = asyncio.create_task(delivery)
        self._channels[task] = channel
        task.add_done_callback(self._channels.pop)

    async def any_done(self, other: asyncio.Task[object], timeout_s: float) -> None:
        """Wait until one delivery or `other` is done, at most `timeout_s`."""
        await asyncio.wait({other, *self._channels}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> None:
        """Wait for all; raises what one of them should not have raised."""
        await asyncio.gather(*self._channels)
