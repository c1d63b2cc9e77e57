"""Gathering: the contents of a report out of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerting.reports.alerts import Unread, alerting_of, concerned, unread
from alerting.reports.contents import Contents, Hosts, Named
from alerting.reports.endpoints import by_hours, endpoints_of, figures
from vedette.notifying.report import ReportSpec
from vedette.store import report_figures as tables
from vedette.store.pool import Connection

LISTED = 20
"""Names of a list."""
SAID = 100
"""Characters of a name, and of what is said of it."""
_FEATURES = 5


def gather(
    connection: Connection, account: int, spec: ReportSpec, due_ms: int, now_ms: int, missed_ms: Sequence[int] = ()
) -> Contents:
    """What the report says that is due at `due_ms` and made at `now_ms` (both ms UTC). Blocks: with thousands of
    monitors it takes seconds."""
    period = spec.period(due_ms, tables.last_made(connection, account, spec.name, due_ms))
    span = period.from_ms, period.to_ms
    monitors = tables.monitors_checked(connection, account, spec.monitors)
    ids = [row["id"] for row in monitors]
    labels = spec.match is not None

    def chosen(rows: list[Any]) -> list[Any]:
        return concerned(rows, spec.match, spec.monitors)

    silences = tables.silences_within(connection, account, *span)
    begun = tables.alerts_begun(connection, account, *span, labels=labels or bool(silences))
    earlier = tables.alerts_begun(connection, account, period.before_ms, period.from_ms, labels=labels)
    still = tables.alerts_open(connection, account, labels=labels)
    return Contents(
        name=spec.name,
        kind=spec.kind,
        zone=spec.zone,
        parts=list(spec.shown_parts()),
        from_ms=period.from_ms,
        to_ms=period.to_ms,
        before_ms=period.before_ms,
        due_ms=due_ms,
        made_ms=now_ms,
        missed_ms=list(missed_ms),
        endpoints=endpoints_of(
            monitors,
            figures(connection, monitors, *span, now_ms),
            figures(connection, monitors, period.before_ms, period.from_ms, now_ms),
            *by_hours(connection, ids, period),
        ),
        alerting=alerting_of(
            chosen(begun),
            chosen(earlier),
            chosen(still),
            _silences(silences),
            _suppressed(tables.outages_suppressed(connection, account, ids, *span)),
            spec.zone,
            {f"monitor:{row['id']}": row["name"] for row in monitors},
            Unread(unread(begun), unread(earlier), unread(still), chosen=labels or bool(spec.monitors)),
            silences,
        ),
        changed=_changed(tables.changes_within(connection, account, ids, *span)),
        drift=_drift(tables.drift_within(connection, account, *span)),
        hosts=_hosts(tables.hosts_heard(connection, account, *span, now_ms)),
    )


def _named(rows: list[tuple[str, str, int | None]], more: int = 0) -> Named:
    return Named([(name[:SAID], said[:SAID], at) for name, said, at in rows[:LISTED]], len(rows) + more)


def _silences(rows: Sequence[tables.Row]) -> Named:
    said = ((row, f"by {row['author']}" + (f": {row['reason']}" if row["reason"] else "")) for row in rows)
    return _named([(row["selector"], words, row["ends_ms"]) for row, words in said], unread(rows))


def _suppressed(rows: Sequence[tables.Row]) -> Named:
    def why(row: tables.Row) -> str:
        return "maintenance" if row["maintenance"] else f"{row['parent'] or 'what it depends on'} was down"

    return _named([(row["name"], why(row), row["started_ms"]) for row in rows], unread(rows))


def _changed(rows: Sequence[tables.Row]) -> Named:
    return _named([(row["name"], _change(row), row["at_ms"]) for row in rows], unread(rows))


def _change(row: tables.Row) -> str:
    if row["what"] == "trend":
        return f"Apdex {row['size']:+.3f} ({'at once' if row['kind'] == 'step' else 'slowly'})"
    return {"release": "release", "monitor": f"monitor {row['kind']}", "host": "new host"}[row["what"]]


def _drift(rows: Sequence[tables.Row]) -> Named:
    found: list[tuple[str, str, int | None]] = []
    for row in rows:
        features = ", ".join(row["features"][:_FEATURES])
        more = len(row["features"]) - _FEATURES
        words = f"{features}{f' and {more} more' if more > 0 else ''}" if row["features"] else "no drift"
        found.append((row["name"], f"{words} ({row['raised']} of {row['windows']} judgements)", None))
    return _named(found)


def _hosts(rows: Sequence[tables.Row]) -> Hosts:
    def those(which: str) -> Named:
        return _named([(row["name"], "", None) for row in rows if row[which]])

    return Hosts(total=len(rows), fresh=those("fresh"), silent=those("silent"))
