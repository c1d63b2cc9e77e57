"""Varnish: requests, hits, backends, threads and storage, from varnishstat."""

import json
import re

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.command import output

_BACKEND = re.compile(r"^VBE\.[^.]+\.(?P<name>.+)\.happy$")
_STORAGE = re.compile(r"^S(?:MA|MF|MU)\.(?P<name>.+)\.(?P<field>g_bytes|g_space)$")


class VarnishPlugin(Plugin):
    """One Varnish. The agent's user must be in the group that may read its memory (varnish)."""

    name = "varnish"
    title = "Varnish"
    section = "Web"
    options = (Option("instance", "", "the name or folder given to varnishd with -n; empty: the default one"),)
    metrics = (
        Metric("uptime_s", "Uptime of the child", "s", rules=(Rule("Varnish was restarted", below=300),)),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric("hits", "Hits", "1/s", larger_is_better=True, kind="counter"),
        Metric("misses", "Misses", "1/s", larger_is_better=False, kind="counter"),
        Metric("passes", "Requests that are not cached", "1/s", kind="counter"),
        Metric("sessions", "New sessions", "1/s", kind="counter"),
        Metric(
            "sessions_dropped",
            "Sessions that were dropped",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("Varnish drops sessions", above=0, for_s=60, severity="critical"),),
        ),
        Metric("backend_requests", "Requests to backends", "1/s", kind="counter"),
        Metric(
            "backend_failures",
            "Fetches that failed",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("Varnish cannot fetch from backends", above=1, for_s=120),),
        ),
        Metric(
            "backend_up",
            "A backend is healthy",
            larger_is_better=True,
            rules=(Rule("a backend of Varnish is down", below=1, for_s=60, severity="critical"),),
        ),
        Metric("threads", "Threads"),
        Metric("threads_limited", "Times that no more threads were allowed", "1/s", 4, kind="counter"),
        Metric("objects", "Objects"),
        Metric("evictions", "Objects that had to make room", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("storage_used_bytes", "Storage in use", "bytes"),
        Metric("storage_free_bytes", "Storage that is free", "bytes"),
    )

    def run(self) -> None:
        """Run varnishstat once."""
        place = ["-n", self.option("instance")] if self.option("instance") else []
        said = output(["varnishstat", "-1", "-j", "-t", "1", *place], timeout_s=self.remaining_s(), most=4 << 20)
        try:
            whole = json.loads(said)
            found = {name: int(about["value"]) for name, about in (whole.get("counters") or whole).items()
                     if isinstance(about, dict)}  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PluginError("varnishstat says something else than it should", said[:200]) from None
        for metric, field in _GAUGES:
            self.report(metric, found.get(f"MAIN.{field}"))
        for metric, field in _COUNTERS:
            self.counter(metric, found.get(f"MAIN.{field}"))
        self._backends(found)
        for name, value in found.items():
            if match := _STORAGE.match(name):
                metric = "storage_used_bytes" if match["field"] == "g_bytes" else "storage_free_bytes"
                self.report(metric, value, storage=match["name"])

    def _backends(self, found: dict[str, int]) -> None:
        """`happy` is a bitmap of the last probes, the lowest bit the latest. Of a backend where it was never anything
        but 0 nothing is said: it may have no probes. The same backend in two configurations is up if one says so."""
        seen = set(self.memory("probed", []))
        up: dict[str, bool] = {}
        for name, value in found.items():
            if match := _BACKEND.match(name):
                backend = match["name"]
                up[backend] = up.get(backend, False) or bool(value & 1)
                if value:
                    seen.add(backend)
        self.remember("probed", sorted(seen & up.keys()))
        for backend in sorted(seen & up.keys()):
            self.report("backend_up", float(up[backend]), backend=backend)


_GAUGES = (("uptime_s", "uptime"), ("threads", "threads"), ("objects", "n_object"))
_COUNTERS = (
    ("requests", "client_req"),
    ("hits", "cache_hit"),
    ("misses", "cache_miss"),
    ("passes", "s_pass"),
    ("sessions", "sess_conn"),
    ("sessions_dropped", "sess_dropped"),
    ("backend_requests", "backend_req"),
    ("backend_failures", "fetch_failed"),
    ("threads_limited", "threads_limited"),
    ("evictions", "n_lru_nuked"),
)
