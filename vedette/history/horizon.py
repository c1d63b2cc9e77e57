"""The horizon: up to when rows come from the archive, since the tables of a tier keep them no longer."""

from __future__ import annotations

from vedette.settings import TableSettings

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_MARGIN_MS = HOUR_MS
"""The janitor's clock may be ahead, and a query takes its time."""


def horizon_ms(settings: TableSettings, tier: str, now_ms: int) -> int:
    """Windows of the tier that begin before this are not looked for in tables; 0 if those keep all."""
    days = {
        "10s": settings.keep_10s_days,
        "1m": settings.keep_1m_days,
        "1h": settings.keep_1h_days,
        "1d": settings.keep_1d_days,
    }[tier]
    if not days:
        return 0
    unit = DAY_MS if tier == "1d" else HOUR_MS
    oldest = now_ms - days * DAY_MS + _MARGIN_MS
    return oldest + -oldest % unit


def cells(from_ms: int, to_ms: int) -> list[tuple[int, int]]:
    """The range cut at the borders of days (UTC)."""
    starts = [from_ms, *range(from_ms - from_ms % DAY_MS + DAY_MS, to_ms, DAY_MS)]
    return list(zip(starts, [*starts[1:], to_ms], strict=True)) if from_ms < to_ms else []
