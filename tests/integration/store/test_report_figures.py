"""What reports read when there is more than they look at."""

from __future__ import annotations

import pytest

from alerting.reports.gathering import gather
from alerting.reports.sections import sections_of, title_of
from tests.integration.store.decisions import add_channels
from vedette.notifying.report import DAY_MS, HOUR_MS, ReportSpec
from vedette.store import accounts, report_figures
from vedette.store.pool import Store
from vedette.store.report_definitions import put_report

NOW = 1_795_392_000_000
"""Monday, 23 November 2026, 0:00 UTC."""


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def add_alert(store: Store, account: int, number: int, severity: str = "info", ago_ms: int = 1000) -> None:
    store.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, severity, state, started_at)"
        " VALUES (%s, %s, %s, 'Outage', %s, 'down', %s, 'firing', to_timestamp(%s / 1000.0))",
        *(number, account, number, f"source:web-{number}", severity, NOW - ago_ms),
    )


def test_the_gravest_open_alerts_are_looked_at_first_and_what_was_left_out_is_said(
    store: Store, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_figures, "MOST_OPEN", 2)
    for number in range(1, 5):
        add_alert(store, account, number, ago_ms=(10 - number) * DAY_MS)
    add_alert(store, account, 9, "critical")
    spec = ReportSpec(name="day", kind="daily", channels=[1], when="0 0 * * *", parts=["open"])
    with store.transaction() as connection:
        everything = gather(connection, account, spec, NOW, NOW)
        grave, first = (
            gather(connection, account, spec.model_copy(update={"match": match}), NOW, NOW)
            for match in ('{severity="critical"}', '{source="web-1"}')
        )
    assert [row.id for row in everything.alerting.open.rows] == ["9", "4"]
    assert (everything.alerting.open.total, everything.alerting.open.cut) == (5, False)
    assert [row.id for row in grave.alerting.open.rows] == ["9"]
    assert title_of(grave).endswith("1 or more open")
    assert (first.alerting.open.total, first.alerting.open.cut) == (0, True)
    (section,) = sections_of(first)
    assert section.notes == ("Not all alerts were looked at, for there are too many.",)


def test_a_selector_hides_no_alerts_that_were_not_looked_at(
    store: Store, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_figures, "MOST_ALERTS", 3)
    for number in range(1, 5):
        add_alert(store, account, number)
    spec = ReportSpec(name="day", kind="daily", channels=[1], when="0 0 * * *", match='{source="web-3"}')
    with store.transaction() as connection:
        assert gather(connection, account, spec, NOW, NOW).alerting.load.cut
        store.execute("DELETE FROM alerts WHERE id = 1")
        assert not gather(connection, account, spec, NOW, NOW).alerting.load.cut


def test_a_message_that_tells_several_alerts_counts_once(store: Store, account: int) -> None:
    (channel,) = add_channels(store, "ops")
    for number in (1, 2):
        add_alert(store, account, number)
        store.execute(
            "INSERT INTO alert_transitions (id, alert_id, state, at, detail) VALUES (%s, %s, 'firing', now(), '{}')",
            *(number, number),
        )
        store.execute(
            "INSERT INTO notifications (id, transition_id, alert_id, channel_id, body, state, carrier)"
            " VALUES (%s, %s, %s, %s, '{}', 'delivered', %s)",
            *(number, number, number, channel, 1 if number == 2 else None),
        )
    spec = ReportSpec(name="day", kind="daily", channels=[channel], when="0 0 * * *")
    with store.transaction() as connection:
        found = gather(connection, account, spec, NOW, NOW).alerting
    assert (found.load.messages, found.told.total) == (1, 2)


def test_a_daily_report_begins_where_the_last_one_that_was_sent_ended(store: Store, account: int) -> None:
    channels = add_channels(store, "ops")
    spec = ReportSpec(name="day", kind="daily", channels=channels, when="0 22 * * *")
    report = int(put_report(store, account, spec, NOW)["id"])
    runs = ((1, 3, "made", None), (2, 2, "skipped", None), (3, 1, "made", "ann"))
    for number, hours, state, author in runs:
        store.execute(
            "INSERT INTO report_runs (id, report_id, due_at, state, by_hand)"
            " VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s)",
            *(number, report, NOW - hours * HOUR_MS, state, author),
        )
    with store.transaction() as connection:
        found = gather(connection, account, spec, NOW, NOW)
        other = gather(connection, account, spec.model_copy(update={"name": "other"}), NOW, NOW)
        earlier = gather(connection, account, spec, NOW - 3 * HOUR_MS, NOW)
    assert (found.before_ms, found.from_ms, found.to_ms) == (NOW - 6 * HOUR_MS, NOW - 3 * HOUR_MS, NOW)
    assert other.from_ms == NOW - 2 * HOUR_MS
    assert earlier.from_ms == NOW - 26 * HOUR_MS


def test_a_notice_that_a_silence_kept_from_everybody_is_told_so(store: Store, account: int) -> None:
    for number in (1, 2):
        add_alert(store, account, number)
    store.execute("UPDATE alerts SET state = 'notice', ended_at = started_at")
    store.execute(
        "INSERT INTO silences (account_id, selector, author, starts_at, ends_at)"
        " VALUES (%s, '{source=\"web-1\"}', 'ann', to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0))",
        *(account, NOW - HOUR_MS, NOW),
    )
    spec = ReportSpec(name="day", kind="daily", channels=[1], when="0 0 * * *")
    with store.transaction() as connection:
        held = gather(connection, account, spec, NOW, NOW).alerting.held_back
    assert {row.id: row.said for row in held.rows} == {"1": "by a silence", "2": "nobody, by its route"}


def test_of_long_lists_all_are_counted(store: Store, account: int) -> None:
    store.execute(
        "INSERT INTO silences (account_id, selector, author, reason, starts_at, ends_at)"
        " SELECT %s, '{rule=\"x\"}', 'ann', '', to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0)"
        " FROM generate_series(1, 101)",
        *(account, NOW - DAY_MS, NOW + DAY_MS),
    )
    spec = ReportSpec(name="day", kind="daily", channels=[1], when="0 0 * * *")
    with store.transaction() as connection:
        assert gather(connection, account, spec, NOW, NOW).alerting.silences.total == 101
