"""Checked once: one check from this machine, outside any schedule, and what it saw as lines of text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from vedette.clock import SystemClock
from vedette.errors import ConfigurationError, InvalidInput, shown
from vedette.events.checks import CheckResult

LOCATION = "here"
_DAY_MS = 86_400_000
_PHASES = ("dns", "connect", "tls", "ttfb", "transfer")


def check_once(fields: dict[str, Any], location: str) -> tuple[CheckResult, int]:
    """Check what `fields` define; the result, and the time (ms UTC). Blocks for at most the time-out.

    Raises `InvalidInput` for a definition that cannot be.
    """
    from vedette.monitors import MonitorSpec

    try:
        spec = MonitorSpec.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "monitor"
        value = fields["url"] if field == "monitor" else first["input"]
        raise InvalidInput(field, value, first["msg"].removeprefix("Value error, ")) from error
    try:
        from probes.kinds import run_check
        from probes.monitors import Monitor
        from probes.tls import TlsContexts
    except ImportError as error:  # the extra `probe` is not installed
        allowed = f"an installation with the extra `probe` ({error})"
        raise ConfigurationError("vedette monitor test", shown(fields["url"]), allowed) from error
    definition = {"id": 1, "name": spec.name, "url": spec.url, **spec.config()}
    monitor = msgspec.convert(definition, Monitor)
    clock = SystemClock()
    now_ms = clock.now_ms()
    check = run_check(monitor, location=location, scheduled_ms=now_ms, clock=clock, tls=TlsContexts())
    return asyncio.run(check), now_ms


def lines_of(url: str, result: CheckResult, now_ms: int) -> Iterator[str]:
    """The outcome, phases and certificate, aligned; what the endpoint said cannot move the terminal's cursor."""
    yield f"{_plain(url)}: {result.outcome}"
    yield ""
    rows = list(_rows(result, now_ms))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        yield f"{name:<{width}}  {_plain(value)}"


def _rows(result: CheckResult, now_ms: int) -> Iterator[tuple[str, str]]:
    for name in _PHASES:
        taken = getattr(result.phases, name)
        if taken is not None:
            yield name, f"{taken:8.1f} ms"
    yield "total", f"{result.total_ms:8.1f} ms"
    if result.status is not None:
        yield "status", str(result.status)
    if result.http_version is not None:
        yield "http", result.http_version
    yield "bytes", str(result.bytes)
    if result.tls_expires is not None:
        days = (result.tls_expires - now_ms) / _DAY_MS
        until = datetime.fromtimestamp(result.tls_expires / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield (
            "certificate",
            f"until {until} ({f'{days:.1f} days left' if days >= 0 else f'expired {-days:.1f} days ago'})",
        )
    if result.error is not None:
        yield "error", result.error
    yield from (result.evidence or {}).items()


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
