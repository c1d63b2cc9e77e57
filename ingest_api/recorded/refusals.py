"""Refusals: what was refused and why, told in the gateway's log without a line for each message."""

from __future__ import annotations

from vedette.clock import Clock
from vedette.telemetry import get_logger

EACH_S = 60.0
"""A reason of a partition is told at once, and then so often at most."""
_MOST_REASONS = 20
"""Reasons of a partition that are told apart; senders can make up any number of them."""
_OTHERS = "other reasons"


class Refusals:
    """Tells the first message that a partition refuses for a reason, and each minute how many more there were.

    All of them stand in `vedette.rejects`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._more: dict[int, dict[str, int]] = {}
        """How many messages of each partition and reason were not told yet."""
        self._since = clock.monotonic()
        self._logger = get_logger("recorded")

    def note(self, partition: int, offset: int, reason: str) -> None:
        """One message was refused."""
        self.tell_due()
        more = self._more.setdefault(partition, {})
        if reason not in more and len(more) >= _MOST_REASONS:
            reason = _OTHERS
        if reason in more:
            more[reason] += 1
        else:
            more[reason] = 0
            self._logger.warning("message_rejected", partition=partition, offset=offset, reason=reason)

    def tell_due(self) -> None:
        """Tell how many more there were, if the minute is over."""
        if self._clock.monotonic() - self._since >= EACH_S:
            self.tell()

    def tell(self) -> None:
        """Tell how many more there were, and begin anew."""
        for partition, more in self._more.items():
            for reason, messages in more.items():
                if messages:
                    self._logger.warning("messages_rejected", partition=partition, reason=reason, messages=messages)
        self._more, self._since = {}, self._clock.monotonic()
