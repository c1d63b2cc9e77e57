"""StatsD: what programs on this host send over UDP: counters, gauges, timers, sets, with sample rates and tags."""

import json
import random
import socket
import time

from agent.plugins.kinds.statsd_lines import is_foreign, parse_line
from agent.plugins.kinds.statsd_totals import Key, Totals
from vedette_plugin import Metric, Option, Plugin, PluginError

MOST_PACKET = 65_535
KEEP_GAUGE_S = 3600
"""A gauge that nobody has set for so long is reported no more."""


class StatsdPlugin(Plugin):
    """One listener. Each run listens for an interval on a socket that the agent holds open."""

    name = "statsd"
    title = "StatsD"
    section = "Applications"
    options = (
        Option("address", "127.0.0.1:8125", "host:port to listen at"),
        Option("percentiles", ["50", "95", "99"], "of timers"),
        Option("interval_s", 60.0, "set by the agent"),
    )
    metrics = (
        Metric("packets", "Packets", kind="delta"),
        Metric("lines", "Lines", kind="delta"),
        Metric("bad_lines", "Lines that cannot be read", larger_is_better=False, kind="delta"),
        Metric("packets_dropped", "Packets lost in the system", larger_is_better=False, kind="counter"),
    )

    def run(self) -> None:
        """Listen, then report."""
        percentiles = self._percentiles()
        totals = Totals(self._max_series, self._gauges(), random.Random())  # noqa: S311 - a fair sample, no secret
        self._packets = self._lines = self._bad = 0
        with socket.socket(fileno=self.descriptors[0]) as listener:
            self._listen(listener, totals)
            self.counter("packets_dropped", dropped(listener))
        self.increase("packets", self._packets)
        self.increase("lines", self._lines)
        self.increase("bad_lines", self._bad)
        for name, kind, value, tags in totals.values(percentiles):
            if kind == "delta":
                self.increase(name, value, **dict(tags))
            else:
                self.report(name, value, **dict(tags))
        self.over += totals.over
        self._keep(totals)

    def _listen(self, listener: socket.socket, totals: Totals) -> None:
        until = time.monotonic() + self.option("interval_s")
        while (left := until - time.monotonic()) > 0:
            listener.settimeout(left)
            try:
                packet = listener.recv(MOST_PACKET)
            except TimeoutError:
                return
            self._packets += 1
            now = time.time()
            for raw in packet.split(b"\n"):
                if raw.strip():
                    self._line(raw.strip().decode("utf-8", "replace"), totals, now)

    def _line(self, text: str, totals: Totals, now: float) -> None:
        self._lines += 1
        if is_foreign(text):
            return
        try:
            totals.add(parse_line(text), now)
        except (ValueError, OverflowError) as error:
            self._bad += 1
            if self._bad == 1:
                print(f"bad line: {text[:100]!r}: {error}")  # noqa: T201 - `vedette plugin test` shows it

    def _percentiles(self) -> list[float]:
        given = self.option("percentiles")
        try:
            found = [float(one) for one in given]
        except ValueError:
            found = [0.0]
        if not all(0 < one <= 100 for one in found):
            raise PluginError(f"option percentiles: {given!r} is not allowed; allowed: numbers above 0, at most 100")
        return found

    def _gauges(self) -> dict[Key, tuple[float, float]]:
        """Those of the interval before, but for the stale ones."""
        kept = {}
        for key, (value, at) in self.memory("gauges", {}).items():
            if time.time() - at < KEEP_GAUGE_S:
                name, tags = json.loads(key)
                kept[name, tuple((tag, text) for tag, text in tags)] = (value, at)
        return kept

    def _keep(self, totals: Totals) -> None:
        self.remember("gauges", {json.dumps(key): pair for key, pair in totals.gauges.items()})


def dropped(listener: socket.socket) -> float | None:
    """Packets that found the socket's buffer full, as Linux counts them; None elsewhere."""
    port = f"{listener.getsockname()[1]:04X}"
    table = "udp6" if listener.family == socket.AF_INET6 else "udp"
    try:
        with open(f"/proc/net/{table}", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded here
            for row in file:
                fields = row.split()
                if fields[1].endswith(f":{port}"):
                    return float(fields[-1])
    except (OSError, IndexError, ValueError):
        return None
    return None
