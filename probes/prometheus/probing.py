"""Probing: one scrape, from its query to its text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from probes.check import Vantage
from probes.kinds import build_check
from probes.prometheus.exposition import exposition
from probes.prometheus.modules import Module
from probes.prometheus.targets import monitor_of
from probes.visit import Visit, Visitor
from vedette.errors import InvalidInput, Overloaded
from vedette.events.checks import CheckResult

USUAL_MODULE = "http_2xx"
USUAL_S, EARLIER_S = 10.0, 0.5
"""The time-out where nobody names one, and how much sooner than the scrape's own a check ends."""

AT_ONCE = 100


class Probing:
    """Checks targets from the probe's own vantage point, under its rules about private addresses."""

    def __init__(self, modules: Mapping[str, Module], vantage: Vantage) -> None:
        self._modules = modules
        self._vantage = vantage
        self._running = 0

    async def scrape(self, target: str, module_name: str | None, scrape_timeout_s: float | None) -> str:
        """The samples of one check; raises `InvalidInput`, or `Overloaded` when too many run at once."""
        name = module_name or USUAL_MODULE
        module = self._modules.get(name)
        if module is None:
            raise InvalidInput("module", name, ", ".join(sorted(self._modules)))
        if not target:
            raise InvalidInput("target", "", "an address, or a URL for http modules")
        if self._running >= AT_ONCE:
            raise Overloaded(f"{AT_ONCE} probes run already", retry_after_s=1.0)
        monitor = monitor_of(module, target, _timeout_s(module, scrape_timeout_s))
        # every check type is a visit; the port does not promise it
        check = cast("Visitor", await asyncio.to_thread(build_check, monitor, self._vantage))
        self._running += 1
        try:
            # who scrapes has given up when a check begins anew after a trial of the quick TLS engine
            result, visit = await check.visited(self._vantage.clock.now_ms(), careful=True)
        finally:
            self._running -= 1
        return exposition(module, result, visit, _refusal(module, result, visit))


def _timeout_s(module: Module, scrape_s: float | None) -> float:
    limits = [limit for limit in (module.timeout_s, scrape_s - EARLIER_S if scrape_s else None) if limit is not None]
    return max(0.1, min(limits, default=USUAL_S))


def _refusal(module: Module, result: CheckResult, visit: Visit) -> str | None:
    """What the module wants beside a good answer, where that does not hold."""
    if result.outcome != "up" or module.prober != "http":
        return None
    if module.http_versions and result.http_version not in module.http_versions:
        return f"HTTP {result.http_version} is none of {', '.join(sorted(module.http_versions))}"
    if module.wants_tls is not None and (visit.tls_version is not None) is not module.wants_tls:
        return "the last request was made without TLS" if module.wants_tls else "the last request was made over TLS"
    return None
