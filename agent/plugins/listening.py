"""Listening: a StatsD socket that the agent holds, and the runs that read it one after the other.

The socket stays open between runs, and what arrives meanwhile waits in its buffer. So a run that dies costs what it had
added up, and the agent itself never reads a packet.
"""

from __future__ import annotations

import socket

from agent.plugins.instance import Instance
from vedette.clock import Clock
from vedette.events.fleet import PluginState
from vedette.telemetry import get_logger

BUFFER = 4 << 20
"""Bytes of packets that may wait; the system may allow less."""
PATIENCE_S = 30.0


class Listener:
    """Runs one instance of the kind `statsd` without pause."""

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self._instance = instance
        self._clock = clock
        self._log = get_logger("plugins")

    async def run(self) -> None:
        """For ever. An address that cannot be had is told in the state, and tried again."""
        while True:
            try:
                bound = bind(str(self._instance.spec.options.get("address", "127.0.0.1:8125")))
            except (OSError, ValueError, OverflowError) as error:
                name = self._instance.spec.name
                self._instance.state = PluginState(name, "failing", f"options.address: {error}")
                self._log.warning("plugin_state", plugin=name, state="failing", error=str(error))
                await self._clock.sleep_until(self._clock.monotonic() + PATIENCE_S)
                continue
            with bound:
                await self._listen(bound.fileno())

    async def _listen(self, number: int) -> None:
        while True:
            due = self._clock.monotonic() + self._instance.spec.interval_s
            outcome = await self._instance.run((number,))
            if outcome.state != "ok":  # it may have ended at once, and would so again
                await self._clock.sleep_until(due)


def bind(address: str) -> socket.socket:
    """A UDP socket at `host:port` or `[v6]:port`; `OSError` if it cannot be had, `ValueError` if that is no address."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"{address!r} is not allowed; allowed: host:port")
    host = host.strip("[]")
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        found.bind((host, int(port)))
    except BaseException:
        found.close()
        raise
    return found
