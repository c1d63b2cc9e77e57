"""CheckResult: what one probe saw of one endpoint in one slot."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from vedette.errors import InvalidInput

Outcome = Literal["up", "degraded", "down", "missed", "probe_error"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
MOST_EVIDENCE, LONGEST_EVIDENCE = 10, 1000
"""Most entries of a result's evidence, and most characters of one."""
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_VERSION = re.compile(r"[0-9](\.[0-9])?")
COUNTED: frozenset[Outcome] = frozenset({"up", "degraded", "down"})
"""Outcomes that say something about the endpoint; the others leave its denominators."""


class Phases(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Milliseconds of each phase that was reached; a phase never reached is absent, not zero."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    ttfb: float | None = None
    transfer: float | None = None


class CheckRecord(msgspec.Struct, omit_defaults=True):
    """A check's result as the log holds it: unknown fields of a newer writer are passed over.

    `scheduled_ms` is the slot, `started_ms` when it really began (both milliseconds UTC), `total_ms` runs
    from the start to the last byte, `tls_expires` is the certificate's end (ms UTC), `attempt` tells
    re-checks of one slot apart. `evidence` of a failure is short text by name (`address`, `phase`, `headers`, …).
    `http_version` is what the last answer was in, of kinds that speak HTTP.
    """

    monitor: int
    location: str
    scheduled_ms: int
    started_ms: int
    outcome: Outcome
    total_ms: float = 0.0
    status: int | None = None
    error: str | None = None
    phases: Phases = msgspec.field(default_factory=Phases)
    bytes: int = 0
    tls_expires: int | None = None
    apdex_t_ms: int = 500
    attempt: int = 1
    account: int = 0
    evidence: dict[str, str] | None = None
    http_version: str | None = None


class CheckResult(CheckRecord, forbid_unknown_fields=True):
    """A check's result as a probe reports it: an unknown field is a mistake."""


def check_result(result: CheckRecord, oldest_ms: int, newest_ms: int) -> None:
    """Raise `InvalidInput` for the first field outside its limits."""
    limits: tuple[tuple[str, float, float, float], ...] = (
        ("monitor", result.monitor, 1, 1 << 62),
        ("scheduled_ms", result.scheduled_ms, oldest_ms, newest_ms),
        ("started_ms", result.started_ms, oldest_ms, newest_ms),
        ("total_ms", result.total_ms, 0, 3_600_000),
        ("bytes", result.bytes, 0, 1 << 62),
        ("apdex_t_ms", result.apdex_t_ms, 1, 3_600_000),
        ("attempt", result.attempt, 1, 1000),
        ("status", result.status or 0, 0, 999),
        ("tls_expires", result.tls_expires or 0, -(1 << 40), 253_402_300_800_000),
        ("account", result.account, 0, (1 << 31) - 1),
    )
    for field, value, low, high in limits:
        if not low <= value <= high:
            raise InvalidInput(field, value, f"a number from {low} to {high}")
    if not 1 <= len(result.location) <= 63 or not result.location.isprintable():
        raise InvalidInput("location", result.location, "1 to 63 printable characters")
    if result.error is not None and (len(result.error) > 1000 or _UNSTORABLE.search(result.error)):
        raise InvalidInput("error", result.error, "at most 1000 characters, without NUL")
    if result.http_version is not None and _VERSION.fullmatch(result.http_version) is None:
        raise InvalidInput("http_version", result.http_version, "a version such as 1.1 or 2")
    _check_evidence(result.evidence or {})
    for name, phase in msgspec.structs.asdict(result.phases).items():
        if phase is not None and not 0 <= phase <= 3_600_000:
            raise InvalidInput(f"phases.{name}", phase, "milliseconds from 0 to 3600000")


def _check_evidence(evidence: dict[str, str]) -> None:
    if len(evidence) > MOST_EVIDENCE:
        raise InvalidInput("evidence", len(evidence), f"at most {MOST_EVIDENCE} entries")
    for name, text in evidence.items():
        if not 1 <= len(name) <= 40 or not name.isprintable():
            raise InvalidInput("evidence", name, "names of 1 to 40 printable characters")
        if len(text) > LONGEST_EVIDENCE or _UNSTORABLE.search(text):
            raise InvalidInput(f"evidence.{name}", text, f"at most {LONGEST_EVIDENCE} characters, without NUL")
