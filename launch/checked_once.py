"""Checked once: one check from this machine, outside any schedule, and what it saw as lines of text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import msgspec
from pydantic import ValidationError

from vedette.clock import SystemClock
from vedette.errors import ConfigurationError, InvalidInput, shown
from vedette.events.checks import CheckResult

if TYPE_CHECKING:
    from probes.net.certificate_names import CertificateNames
    from probes.visit import Visitor

LOCATION = "here"
_DAY_MS = 86_400_000
_MOST_NAMES = 6
_PHASES = ("dns", "connect", "tls", "ttfb", "transfer")


@dataclass(frozen=True, slots=True)
class Looked:
    """A check's result and what it saw beside, at `now_ms` (UTC)."""

    result: CheckResult
    now_ms: int
    address: str | None = None
    redirects: int = 0
    tls_version: str | None = None
    certificate: CertificateNames | None = None


def check_once(fields: dict[str, Any], location: str) -> Looked:
    """Check what `fields` define. Blocks for at most the time-out.

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
        from probes.check import Vantage
        from probes.kinds import build_check
        from probes.monitors import Monitor
        from probes.net.certificate_names import certificate_names
    except ImportError as error:  # the extra `probe` is not installed
        allowed = f"an installation with the extra `probe` ({error})"
        raise ConfigurationError("vedette monitor test", shown(fields["url"]), allowed) from error
    definition = {"id": 1, "name": spec.name, "url": spec.url, **spec.config()}
    monitor = msgspec.convert(definition, Monitor)
    clock = SystemClock()
    now_ms = clock.now_ms()
    # every check type is a visit; the port does not promise it
    check = cast("Visitor", build_check(monitor, Vantage(location, clock)))
    result, visit = asyncio.run(check.visited(now_ms))
    found = certificate_names(visit.certificate) if visit.certificate else None
    return Looked(result, now_ms, visit.address, visit.redirects, visit.tls_version, found)


def lines_of(url: str, looked: Looked) -> Iterator[str]:
    """The outcome, phases and certificate, aligned; what the endpoint said cannot move the terminal's cursor."""
    yield f"{_plain(url)}: {looked.result.outcome}"
    yield ""
    rows = list(_rows(looked))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        yield f"{name:<{width}}  {_plain(value)}"


def _rows(looked: Looked) -> Iterator[tuple[str, str]]:
    result = looked.result
    for name in _PHASES:
        taken = getattr(result.phases, name)
        if taken is not None:
            yield name, f"{taken:8.1f} ms"
    yield "total", f"{result.total_ms:8.1f} ms"
    if result.status is not None:
        yield "status", str(result.status)
    if looked.redirects:
        yield "redirects", str(looked.redirects)
    if result.http_version is not None:
        yield "http", result.http_version
    yield "bytes", str(result.bytes)
    evidence = dict(result.evidence or {})
    address = evidence.pop("address", looked.address)
    if address is not None:
        yield "address", address
    if looked.tls_version is not None:
        yield "tls", looked.tls_version
    yield from _certificate(looked)
    if result.error is not None:
        yield "error", result.error
    yield from evidence.items()


def _certificate(looked: Looked) -> Iterator[tuple[str, str]]:
    """Whom it names and who gave it out, and the earliest end of all that were seen, which is what limits look at."""
    seen, expires = looked.certificate, looked.result.tls_expires
    if seen is not None:
        yield "certificate", seen.subject
        if seen.names:
            more = len(seen.names) - _MOST_NAMES
            yield "  for", ", ".join(seen.names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        yield "  issuer", seen.issuer
        yield "  since", _moment(seen.not_before_ms)
    if expires is not None:
        days = (expires - looked.now_ms) / _DAY_MS
        left = f"{days:.1f} days left" if days >= 0 else f"expired {-days:.1f} days ago"
        yield "certificate" if seen is None else "  until", f"{_moment(expires)} ({left})"


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
