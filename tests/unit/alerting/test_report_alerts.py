"""The alert load of a report, and what was told, by hand."""

from __future__ import annotations

from alerting.reports.alerts import LISTED, TOP, Unread, alerting_of, concerned, load_of
from tests.unit.alerting.report_contents import MONDAY, NOBODY, alert
from vedette.notifying.report import HOUR_MS


def test_the_load_is_counted_by_hour_of_the_zone_and_its_means_over_those_that_have_a_time() -> None:
    rows = [
        alert(1, started_ms=MONDAY, ended_ms=MONDAY + 60_000, acknowledged_ms=MONDAY + 30_000),
        alert(2, started_ms=MONDAY + 12 * HOUR_MS, ended_ms=None, state="firing", severity="warning"),
        alert(3, started_ms=MONDAY + 21 * HOUR_MS, ended_ms=MONDAY + 21 * HOUR_MS + 120_000, delivered=2),
        alert(4, state="notice", ended_ms=MONDAY + 2 * HOUR_MS),
    ]
    found = load_of(rows, "Europe/Berlin")
    assert (found.began, found.notices, found.critical, found.messages) == (3, 1, 2, 5)
    assert [hour for hour, count in enumerate(found.by_hour) if count] == [1, 13, 22]
    assert (found.night, found.acknowledged, found.acknowledge_s, found.resolve_s) == (2, 1, 30.0, 90.0)
    nothing = load_of([], "UTC")
    assert (nothing.began, nothing.acknowledge_s, nothing.resolve_s, nothing.cut) == (0, None, None, False)


def test_alerts_are_told_apart_by_what_became_of_their_notifications() -> None:
    rows = [
        alert(1, acknowledged_by="ann"),
        alert(2, delivered=0, pending=1),
        alert(3, delivered=0, failed=1),
        alert(4, delivered=0, held=1),
        alert(5, delivered=0),
    ]
    found = alerting_of(rows, [], [alert(6, ended_ms=None, unknown=True)], NOBODY, NOBODY, "UTC")
    assert [(row.id, row.said) for row in found.told.rows] == [
        ("1", "acknowledged by ann"),
        ("2", "not delivered yet"),
        ("3", "could not be delivered"),
    ]
    assert [(row.id, row.said) for row in found.held_back.rows] == [
        ("4", "by a silence"),
        ("5", "nobody, by its route"),
    ]
    assert [(row.id, row.said) for row in found.open.rows] == [("6", "nobody knows whether it holds")]


def test_the_noisiest_come_first_with_what_they_were_before_and_lists_are_cut() -> None:
    rows = [alert(number % 40, title="x" * 1000) for number in range(100)] + [alert(7)] * 5
    found = alerting_of(rows, [alert(7), alert(50)], [], NOBODY, NOBODY, "UTC")
    assert (found.noisiest[0].name, found.noisiest[0].count, found.noisiest[0].before) == ("Outage: monitor:7", 8, 1)
    assert [(one.name, one.count, one.before) for one in found.rules] == [("Outage", 105, 2)]
    assert (len(found.noisiest), len(found.told.rows), found.told.total) == (TOP, LISTED, 105)
    assert max(len(row.title) for row in found.told.rows) <= 120


def test_what_was_not_looked_at_is_said() -> None:
    left = Unread(begun=1, earlier=0, open=5)
    found = alerting_of([alert(1)], [], [alert(2)], NOBODY, NOBODY, "UTC", left=left)
    assert (found.load.cut, found.before.cut, found.told.cut, found.held_back.cut) == (True, False, True, True)
    assert (found.open.total, found.open.cut) == (6, False)
    chosen = alerting_of([], [], [], NOBODY, NOBODY, "UTC", left=left._replace(chosen=True))
    assert (chosen.open.total, chosen.open.cut) == (0, True)


def test_monitors_are_called_by_their_names() -> None:
    rows = [alert(1), alert(1, subject="monitor:1@fra-1"), alert(2), alert(3, subject="source:web-1")]
    found = alerting_of(rows, [], [], NOBODY, NOBODY, "UTC", {"monitor:1": "shop"})
    assert [one.name for one in found.noisiest] == [
        *("Outage: monitor:2", "Outage: shop", "Outage: shop@fra-1", "Outage: source:web-1"),
    ]


def test_a_report_of_some_monitors_leaves_out_the_alerts_of_others() -> None:
    rows = [alert(1), alert(2), alert(3, subject="monitor:1@fra-1"), alert(4, subject="source:web-1")]
    assert [row["id"] for row in concerned(rows, None, [1])] == [1, 3, 4]
    assert [row["id"] for row in concerned(rows, '{source="web-1"}', [])] == [4]
    assert [row["id"] for row in concerned(rows, None, [])] == [1, 2, 3, 4]
