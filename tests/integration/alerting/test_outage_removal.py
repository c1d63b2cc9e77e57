"""A monitor that is removed ends the alerts about all its locations together, too."""

from __future__ import annotations

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import Outage
from vedette.events.signals import Signal
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store
from vedette.store.recording import record


def test_an_alert_about_a_whole_monitor_ends_with_it_and_that_of_a_longer_number_does_not(store: Store) -> None:
    account = accounts.ensure_account(store, "default")
    rule = Rule(alerts.add_rule(store, account, "r", "outage", {}), account, Outage(name="r", kind="outage"))
    gone = monitors.add(store, account, MonitorSpec(name="a", url="http://a/"))
    store.execute(f"ALTER TABLE monitors ALTER COLUMN id RESTART WITH {gone}2")
    kept = monitors.add(store, account, MonitorSpec(name="b", url="http://a/"))
    for monitor in (gone, kept):
        signal = Signal("monitor", account, f"monitor:{monitor}", 1, "down", detail={"monitor": monitor})
        record(store, [(t, ()) for t in SubjectState().apply(signal, [rule], Titles())], of_existing=True)
    monitors.remove(store, account, gone)
    left = [(alert["subject"], alert["state"]) for alert in alerts.alerts_of(store, account, None, 10)]
    assert sorted(left) == [(f"monitor:{gone}", "resolved"), (f"monitor:{kept}", "firing")]
