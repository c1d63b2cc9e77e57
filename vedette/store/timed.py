"""Timed tables: those whose rows belong to a time, with how long they are kept and how they are cut into chunks."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from vedette.settings import TableSettings


class TimedTable(NamedTuple):
    """A table, its column of time, and what the settings say of it.

    `keep_days` 0: for ever. `chunk` None: stays a plain table everywhere, for it is small. `segment` are the columns
    that rows of one object share; the columnstore keeps those rows together.
    """

    name: str
    column: str
    keep_days: int
    chunk: timedelta | None = None
    segment: str = ""


def timed_tables(settings: TableSettings) -> tuple[TimedTable, ...]:
    """All timed tables. Rows of alerts, incidents and changes count from their end, so open ones stay."""
    wide, narrow = "source_id, layout_id", "monitor_id, location"
    chunk = {
        "10s": timedelta(hours=settings.chunk_10s_hours),
        "1m": timedelta(hours=settings.chunk_1m_hours),
        "1h": timedelta(hours=settings.chunk_1h_hours),
        "1d": timedelta(hours=settings.chunk_1d_hours),
        "results": timedelta(hours=settings.chunk_results_hours),
    }
    return (
        TimedTable("rollup_10s", "bucket", settings.keep_10s_days, chunk["10s"], wide),
        TimedTable("rollup_1m", "bucket", settings.keep_1m_days, chunk["1m"], wide),
        TimedTable("rollup_1h", "bucket", settings.keep_1h_days, chunk["1h"], wide),
        TimedTable("rollup_1d", "bucket", settings.keep_1d_days, chunk["1d"], wide),
        TimedTable("check_results", "scheduled_at", settings.keep_results_days, chunk["results"], narrow),
        TimedTable("signals", "logged_at", settings.keep_signals_days, chunk["results"], "account_id, kind"),
        TimedTable("check_rollup_1m", "bucket", settings.keep_1m_days, chunk["1m"], narrow),
        TimedTable("check_rollup_1h", "bucket", settings.keep_1h_days, chunk["1h"], narrow),
        TimedTable("check_phases_1h", "bucket", settings.keep_1h_days, chunk["1h"], narrow),
        TimedTable("check_rollup_1d", "bucket", settings.keep_1d_days, chunk["1d"], narrow),
        TimedTable("drift_windows", "started_at", settings.keep_1h_days),
        TimedTable("quality_windows", "started_at", settings.keep_1h_days),
        TimedTable("multivariate_windows", "started_at", settings.keep_1h_days),
        TimedTable("model_metrics", "started_at", settings.keep_1h_days),
        TimedTable("refresh_tokens", "expires_at", 1),
        TimedTable("alert_links", "expires_at", 1),
        TimedTable("alert_waits", "since", 7),
        TimedTable("alerts", "ended_at", settings.keep_alerts_days),
        TimedTable("notification_attempts", "at", settings.keep_attempts_days),
        TimedTable("report_runs", "due_at", settings.keep_alerts_days),
        TimedTable("incidents", "ended_at", settings.keep_alerts_days),
        TimedTable("trend_changes", "ended_at", settings.keep_alerts_days),
    )
