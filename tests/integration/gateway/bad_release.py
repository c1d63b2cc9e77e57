"""A bad release, as an account's rows tell it: what it brought down, what changed with it, and what did not."""

from __future__ import annotations

from dataclasses import dataclass

from tests.integration.gateway.reports import NOW
from tests.integration.gateway.rows import MINUTE_MS, Sender, window, write_checks
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_incidents import incident
from vedette.events.signals import AlertState, AlertTransition
from vedette.monitors import MonitorSpec
from vedette.store import drift, markers, models, monitors, roles
from vedette.store.drift import DriftRow
from vedette.store.markers import MarkerSpec
from vedette.store.recording import record

START = (NOW - 40 * MINUTE_MS) // MINUTE_MS * MINUTE_MS
SHOP, API, HOST, OTHER = 101, -102, 103, 104
"""The alerts: of the shop, of what depends on it, of its host; and of a host that has nothing to do with it."""


@dataclass(frozen=True, slots=True)
class Site:
    """The numbers of what there is."""

    shop: int
    api: int
    blog: int
    model: int


def alert(gateway: Gateway, number: int, subject: str, at_ms: int, title: str, state: AlertState = "firing") -> None:
    """An alert of a rule of its own."""
    rule = f"rule {number}"
    identity = abs(number) * 10 + (state == "resolved")
    change = AlertTransition(
        identity, number, gateway.ours.account, 1, rule, subject, state, at_ms, title, severity="critical"
    )
    record(gateway.store, [(change, ())])


def bad_release(gateway: Gateway) -> Site:
    """Write all of it. The shop fails from START on for twenty minutes; a release was marked six minutes before."""
    store, account = gateway.store, gateway.ours.account
    shop = monitors.add(store, account, MonitorSpec(name="shop", url="https://web-1/"))
    api = monitors.add(store, account, MonitorSpec(name="api", url="https://api.example/", parent=shop))
    blog = monitors.add(store, account, MonitorSpec(name="blog | <b>", url="https://blog.example/"))
    model = models.add(store, account, "churn", {})
    gateway.call(
        "POST", "/v1/channels", json={"name": "ops", "kind": "webhook", "config": {"url": "http://127.0.0.1/"}}
    )
    alert(gateway, SHOP, f"monitor:{shop}", START, "shop is down")
    alert(gateway, HOST, "source:web-1", START + MINUTE_MS, "web-1 is *silent*")
    alert(gateway, API, f"monitor:{api}@fra-1", START + 2 * MINUTE_MS, "api is down at fra-1")
    alert(gateway, OTHER, "source:far-1", START + 3 * MINUTE_MS, "far-1 is silent")
    for number, subject in ((SHOP, f"monitor:{shop}"), (HOST, "source:web-1"), (API, f"monitor:{api}@fra-1")):
        alert(gateway, number, subject, START + 20 * MINUTE_MS, "", "resolved")
    steps = [
        {"at_ms": START - 2000, "what": "failing", "location": "fra-1", "outcome": "down", "error": "status: 500"},
        {"at_ms": START, "what": "confirmed", "location": "nyc-1", "outcome": "down"},
    ]
    incident(
        gateway, 7, shop, started_ms=START - 2000, confirmed_ms=START, ended_ms=START + 20 * MINUTE_MS, timeline=steps
    )
    for name, minutes, about in (("shop 4.2.0", 6, [shop]), ("far release", 70, []), ("too old", 180, [])):
        markers.add(store, account, MarkerSpec(name, START - minutes * MINUTE_MS, about, "https://ci.example/42"))
    _hosts(gateway)
    _checks(gateway, shop, blog)
    _drift(gateway, model)
    _theirs(gateway)
    store.execute("UPDATE monitors SET created_at = 'epoch'")
    return Site(shop, api, blog, model)


def _hosts(gateway: Gateway) -> None:
    """The heap of web-1 grows after the start; db-1, of the same role, works harder; far-1 is as it was."""
    roles.put_role(gateway.store, gateway.ours.account, "shop", 1, {}, "")
    for name in ("web-1", "db-1"):
        roles.set_roles(gateway.store, gateway.ours.account, name, ["shop"])
    for name, series, usual, later in (
        ("web-1", "heap.bytes", 100.0, 900.0), ("web-1", "cpu.used_ratio", 0.5, 0.5),
        ("db-1", 'db.busy{pool="a"}', 2.0, 12.0), ("far-1", "cpu.used_ratio", 0.5, 0.5),
    ):  # fmt: skip
        buckets = {}
        for minute in range(-60, 15):
            base = later if minute >= 0 else usual
            buckets[START + minute * MINUTE_MS] = [base * (1 + 0.02 * (minute % 3))] * 6
        Sender(gateway, name, (series,)).write("1m", buckets)


def _checks(gateway: Gateway, shop: int, blog: int) -> None:
    """The shop fails; the blog, which nobody is called for, takes four times as long."""
    rows = []
    for minute in range(-70, 25):
        at = START + minute * MINUTE_MS
        rows.append(window(shop, at, [], down=2) if 0 <= minute < 20 else window(shop, at, [100.0, 110.0]))
        rows.append(window(blog, at, [400.0 + minute % 4] if 0 <= minute < 20 else [100.0 + minute % 4]))
    write_checks(gateway, minutes=rows)


def _theirs(gateway: Gateway) -> None:
    """Another account has hosts and monitors of the same names, and everything changes there."""
    store, account = gateway.store, gateway.theirs.account
    monitors.add(store, account, MonitorSpec(name="shop", url="https://web-1/"))
    models.add(store, account, "their model", {})
    store.execute("UPDATE models SET created_at = to_timestamp(%s) WHERE account_id = %s", START / 1000, account)
    markers.add(store, account, MarkerSpec("their release", START, (), None))
    start = AlertTransition(9000, 9000, account, 1, "theirs", "source:web-1", "firing", START, "their alert")
    record(store, [(start, ())])
    buckets = {START + minute * MINUTE_MS: [1.0 if minute < 0 else 9.0] * 6 for minute in range(-60, 15)}
    Sender(gateway, "web-1", ("their.series",), account=account).write("1m", buckets)


def _drift(gateway: Gateway, model: int) -> None:
    def finding(value: float, drifted: bool) -> dict[str, object]:
        return {"findings": [{"statistic": "psi", "value": value, "threshold": 0.1, "drifted": drifted}]}

    hour = 60 * MINUTE_MS
    drift.write_windows(gateway.store, [
        DriftRow(model, "", feature, START - 10 * MINUTE_MS - back * hour, 3600, 1, state, False, 9, {},
                 finding(value, state == "drift"))
        for feature, back, state, value in (
            ("age", 1, "ok", 0.02), ("age", 0, "drift", 0.4), ("income", 2, "drift", 0.3),
            ("income", 1, "drift", 0.3), ("income", 0, "drift", 0.3), ("sex", 0, "ok", 0.0),
        )
    ])  # fmt: skip
