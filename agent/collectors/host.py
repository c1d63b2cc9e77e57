"""The host itself: since when it runs."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from agent.collectors.base import Group


class HostCollector:
    """`host.boot_time_s` (seconds UTC since 1970) and `host.uptime_s`, never negative."""

    name = "host"

    def __init__(
        self,
        boot_time: Callable[[], float] = psutil.boot_time,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._boot_time = boot_time
        self._now = now

    def collect(self, at: float) -> list[Group]:
        """One group."""
        booted = self._boot_time()
        return [Group({"host.uptime_s": max(0.0, self._now() - booted), "host.boot_time_s": booted})]
