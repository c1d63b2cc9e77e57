"""Definitions of scheduled reports as they are stored, each with the time at which it is due next."""

from __future__ import annotations

from typing import Any

from vedette.errors import InvalidInput, NotFound
from vedette.notifying.report import ReportSpec
from vedette.store.pool import Connection, Jsonb, Store

UNABLE = ("opsgenie", "pagerduty")
"""Kinds of channels that keep alerts, and nothing else."""
_SHOWN = (
    "SELECT id, name, config, (extract(epoch FROM next_at) * 1000)::bigint AS next_ms"
    " FROM reports WHERE account_id = %s"
)


def reports_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's reports, each with the time at which it is due next."""
    return [_shown(row) for row in store.rows(f"{_SHOWN} ORDER BY id", account)]


def report_of(store: Store, account: int, report: int) -> dict[str, Any]:
    """One of them; `NotFound` if the account has it not."""
    row = store.row(f"{_SHOWN} AND id = %s", account, report)
    if row is None:
        raise NotFound(f"report {report} does not exist")
    return _shown(row)


def spec_of(row: dict[str, Any]) -> ReportSpec:
    """The definition in what is shown of a report."""
    return ReportSpec.model_validate({name: row[name] for name in ReportSpec.model_fields if name in row})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], **row["config"], "next_ms": row["next_ms"]}


def put_report(store: Store, account: int, spec: ReportSpec, now_ms: int, report: int | None = None) -> dict[str, Any]:
    """Make a report, or replace the one of that number.

    It is due at the next of its times after `now_ms`; one that keeps its times stays due when it was. `InvalidInput`
    names a channel or monitor that the account has not, and a channel that cannot carry a report; `Conflict` if another
    report has that name.
    """
    with store.transaction() as connection:
        _check(connection, account, spec)
        config = Jsonb(spec.config())
        next_ms = spec.next_ms(now_ms)
        if report is None:
            found = connection.execute(
                "INSERT INTO reports (account_id, name, config, next_at) VALUES (%s, %s, %s, to_timestamp(%s / 1000.0))"
                " RETURNING id",
                (account, spec.name, config, next_ms),
            ).fetchone()
        else:
            found = connection.execute(
                "UPDATE reports SET name = %s, config = %s, next_at = CASE WHEN config->>'when' = %s"
                " AND config->>'zone' = %s THEN next_at ELSE to_timestamp(%s / 1000.0) END"
                " WHERE id = %s AND account_id = %s RETURNING id",
                (spec.name, config, spec.when, spec.zone, next_ms, report, account),
            ).fetchone()
    if found is None:
        raise NotFound(f"report {report} does not exist")
    return report_of(store, account, found["id"])


def remove_report(store: Store, account: int, report: int) -> None:
    """Remove a report, with what is known of those that were sent, and what was not delivered."""
    if not store.execute("DELETE FROM reports WHERE id = %s AND account_id = %s", report, account):
        raise NotFound(f"report {report} does not exist")


def _check(connection: Connection, account: int, spec: ReportSpec) -> None:
    rows = connection.execute(
        "SELECT id, kind FROM channels WHERE account_id = %s AND id = ANY(%s) FOR KEY SHARE", (account, spec.channels)
    ).fetchall()
    kinds = {row["id"]: row["kind"] for row in rows}
    for number in sorted(spec.channels):
        if number not in kinds:
            raise InvalidInput("channels", number, "channels of this account")
        if kinds[number] in UNABLE:
            raise InvalidInput(
                "channels", number, f"channels that carry messages; this one ({kinds[number]}) keeps alerts"
            )
    known = connection.execute(
        "SELECT id FROM monitors WHERE account_id = %s AND id = ANY(%s)", (account, spec.monitors)
    ).fetchall()
    for number in sorted(set(spec.monitors) - {row["id"] for row in known}):
        raise InvalidInput("monitors", number, "monitors of this account")
