"""The probe's process: event loop, signals, limits."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal

import uvloop

from probes import worker
from probes.once import run_once
from vedette.clock import SystemClock
from vedette.settings import ProbeSettings
from vedette.telemetry import configure_logs, get_logger, metrics

RESOLVER_THREADS = "64"
"""libuv looks names up in 4 threads; a few slow names would then delay, and mistime, all others."""


def main(settings: ProbeSettings) -> None:
    """Run a probe until SIGTERM or SIGINT; returns when everything is in the spool."""
    configure_logs(settings.log_level, settings.log_format)
    os.environ.setdefault("UV_THREADPOOL_SIZE", RESOLVER_THREADS)  # read by libuv at its first look-up
    raise_open_files(settings.concurrency)
    metrics().serve(settings.metrics_port)
    uvloop.run(_run(settings))


def main_once(settings: ProbeSettings) -> int:
    """One round without any state; how many monitors were checked. Raises as `probes.once.run_once`."""
    configure_logs(settings.log_level, settings.log_format)
    os.environ.setdefault("UV_THREADPOOL_SIZE", RESOLVER_THREADS)
    raise_open_files(settings.concurrency)
    outcomes = uvloop.run(run_once(settings, SystemClock(), random.Random()))  # noqa: S311 spreads retries only
    return outcomes.total()


async def _run(settings: ProbeSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await worker.run(settings, SystemClock(), random.Random(), stop)  # noqa: S311 spreads retries, guards nothing


def raise_open_files(concurrency: int) -> None:
    """Allow this process as many open files as the system lets it; logs when that is too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < concurrency + 100:
        get_logger("probe").warning("few_open_files", limit=hard, concurrency=concurrency)
