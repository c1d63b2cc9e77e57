"""Holding: while another machine has this agent's identity, nothing goes out under it."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.delivery import Receipt, Report, Transport
from vedette.errors import Unavailable

_AGAIN_S = 15.0


class HeldTransport:
    """A transport that sends nothing while it is held: reports stay in the spool, and go out afterwards."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.held = False

    async def send(self, reports: Sequence[Report]) -> Receipt:
        """As the transport beneath; `Unavailable` while it is held."""
        if self.held:
            raise Unavailable(
                "another machine reports under this name; nothing is sent until that is settled", _AGAIN_S
            )
        return await self._inner.send(reports)

    async def close(self) -> None:
        """Close the transport beneath."""
        await self._inner.close()
