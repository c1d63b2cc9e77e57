"""Alert load: how many alerts, when, of which rules, how soon they were taken up and over, and what was told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerting.reports.contents import Alerting, Counted, Line, Lines, Load, Named
from vedette.notifying.labels import labels_of, matches

NIGHT = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
"""Local hours."""
LISTED, TOP = 20, 10
TITLE = 120
"""Characters of a title."""
Row = Mapping[str, Any]


class Unread(NamedTuple):
    """How many alerts were not looked at, for there were too many: of those that began in the period, in the period
    before, and that are open. With `chosen`, the report is about some alerts only, perhaps not about these."""

    begun: int = 0
    earlier: int = 0
    open: int = 0
    chosen: bool = False


_NOTHING = Unread()


def unread(rows: Sequence[Row]) -> int:
    """How many more there are than were read."""
    return rows[0]["total"] - len(rows) if rows else 0


def concerned(rows: Sequence[Row], match: str | None, monitors: Sequence[int]) -> list[Row]:
    """Alerts that a report is about: those that its selector takes; and of those about monitors, its own, if it names
    any."""
    named = {str(monitor) for monitor in monitors}
    found = []
    for row in rows:
        subject = str(row["subject"])
        if named and subject.startswith("monitor:") and re.split("[@/]", subject[8:])[0] not in named:
            continue
        labels = labels_of(row["rule_name"], subject, row["severity"], row.get("detail") or {}) if match else {}
        if match is None or matches(match, labels):
            found.append(row)
    return found


def load_of(rows: Sequence[Row], zone: str, *, cut: bool = False) -> Load:
    """The load of alerts that began in one period, of more if `cut`. Notices, which are over at once, are counted
    apart."""
    alerts = [row for row in rows if row["state"] != "notice"]
    by_hour = [0] * 24
    place = ZoneInfo(zone)
    for row in alerts:
        by_hour[datetime.fromtimestamp(row["started_ms"] / 1000, place).hour] += 1
    taken_up = [row["acknowledged_ms"] - row["started_ms"] for row in alerts if row["acknowledged_ms"] is not None]
    over = [row["ended_ms"] - row["started_ms"] for row in alerts if row["ended_ms"] is not None]
    return Load(
        began=len(alerts),
        notices=len(rows) - len(alerts),
        critical=sum(row["severity"] == "critical" for row in alerts),
        night=sum(by_hour[hour] for hour in NIGHT),
        acknowledged=len(taken_up),
        acknowledge_s=_mean_s(taken_up),
        resolve_s=_mean_s(over),
        messages=sum(row["messages"] for row in rows),
        by_hour=by_hour,
        cut=cut,
    )


def alerting_of(
    rows: Sequence[Row],
    earlier: Sequence[Row],
    still: Sequence[Row],
    silences: Named,
    suppressed: Named,
    zone: str,
    names: Mapping[str, str] | None = None,
    left: Unread = _NOTHING,
    silenced_by: Sequence[Row] = (),
) -> Alerting:
    """All about alerts, from those that began in the period, in the period before, and those that are open now.

    `names` are what people call the subjects of monitors, as `monitor:4`; `left` is what was not read. Of
    notices that a silence keeps from everybody nothing is noted, so they are compared with `silenced_by`.
    """
    called = names or {}
    told = [row for row in rows if row["delivered"] or row["pending"] or row["failed"]]
    held = [row for row in rows if not (row["delivered"] or row["pending"] or row["failed"])]
    still_open = lines(still, lambda row: "nobody knows whether it holds" if row["unknown"] else _taken_up(row))
    if left.open:
        still_open = Lines(still_open.rows, len(still) + (0 if left.chosen else left.open), left.chosen)
    return Alerting(
        load=load_of(rows, zone, cut=left.begun > 0),
        before=load_of(earlier, zone, cut=left.earlier > 0),
        rules=_top(rows, earlier, lambda row: str(row["rule_name"])),
        noisiest=_top(rows, earlier, lambda row: f"{row['rule_name']}: {_called(row['subject'], called)}"),
        told=lines(told, _told, cut=left.begun > 0),
        held_back=lines(held, lambda row: _held(row, silenced_by), cut=left.begun > 0),
        open=still_open,
        silences=silences,
        suppressed=suppressed,
    )


def _called(subject: str, names: Mapping[str, str]) -> str:
    thing, at, place = subject.partition("@")
    return f"{names.get(thing, thing)}{at}{place}"


def _held(row: Row, silences: Sequence[Row]) -> str:
    silent = row["held"] > 0
    if not silent and row["state"] == "notice" and silences:
        labels = labels_of(row["rule_name"], str(row["subject"]), row["severity"], row.get("detail") or {})
        silent = any(
            one["starts_ms"] <= row["started_ms"] < one["ends_ms"] and matches(one["selector"], labels)
            for one in silences
        )
    return "by a silence" if silent else "nobody, by its route"


def _told(row: Row) -> str:
    if row["delivered"]:
        return _taken_up(row)
    return "not delivered yet" if row["pending"] else "could not be delivered"


def _taken_up(row: Row) -> str:
    return f"acknowledged by {row['acknowledged_by']}" if row["acknowledged_by"] else ""


def lines(rows: Sequence[Row], said: Any, *, cut: bool = False) -> Lines:
    """The first alerts as lines; `cut` if there may be more than these rows."""
    return Lines(
        [
            Line(
                id=str(row["id"]),
                title=str(row["title"])[:TITLE],
                rule=str(row["rule_name"])[:TITLE],
                severity=str(row["severity"]),
                state=str(row["state"]),
                started_ms=row["started_ms"],
                ended_ms=row["ended_ms"],
                said=said(row)[:TITLE],
            )
            for row in rows[:LISTED]
        ],
        len(rows),
        cut,
    )


def _top(rows: Sequence[Row], earlier: Sequence[Row], key: Any) -> list[Counted]:
    now, before = Counter(map(key, rows)), Counter(map(key, earlier))
    order = sorted(now, key=lambda name: (-now[name], name))[:TOP]
    return [Counted(name[:TITLE], now[name], before[name]) for name in order]


def _mean_s(times_ms: Sequence[int]) -> float | None:
    return round(sum(times_ms) / len(times_ms) / 1000, 1) if times_ms else None
