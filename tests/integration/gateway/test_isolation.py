"""Accounts: what one has, another neither sees nor touches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, problem
from tests.integration.gateway.rows import HOUR, MINUTE_MS, Sender, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.events.checks import CheckRecord
from vedette.events.signals import AlertTransition
from vedette.store import checks
from vedette.store.checks import CheckBatch, StateRow
from vedette.store.recording import record

RANGE: dict[str, Any] = {"from": HOUR, "to": HOUR + MINUTE_MS, "step": 60}


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """Everything that an account can have, for ours; and a source of the same name for theirs."""
    Sender(gateway, "web-1", ("cpu",)).write("1m", {HOUR: [1]})
    Sender(gateway, "web-1", ("cpu", "secret"), account=gateway.theirs.account).write("1m", {HOUR: [2]})
    found = add_monitor(gateway, "ours only")
    write_checks(
        gateway,
        minutes=[window(found, HOUR, [1.0])],
        states=[StateRow(found, "fra-1", "up", NOW, NOW, 1.0, 200, None)],
    )
    checks.write(gateway.store, [CheckBatch([CheckRecord(found, "fra-1", NOW, NOW, "up")], [], [], [])])
    gateway.call("POST", "/v1/channels", json={"name": "c", "kind": "webhook", "config": {"url": "http://a/"}})
    gateway.call("POST", "/v1/rules", json={"name": "r", "kind": "endpoint_down"})
    alert = AlertTransition(1, 11, gateway.ours.account, 1, "r", "s", "firing", NOW, "t")
    record(gateway.store, [(alert, [])])
    return found


LISTS = ["/v1/monitors", "/v1/alerts", "/v1/situations", "/v1/rules", "/v1/channels"]


@pytest.mark.usefixtures("monitor")
@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_the_accounts_own_and_nothing_else(gateway: Gateway, path: str) -> None:
    ours = gateway.get(path).json()[path.rpartition("/")[2]]
    theirs = gateway.get(path, tenant=gateway.theirs).json()[path.rpartition("/")[2]]
    assert len(ours) == 1
    assert theirs == []


@pytest.mark.usefixtures("monitor")
def test_sources_of_the_same_name_are_two(gateway: Gateway) -> None:
    asked = {"series": "cpu", **RANGE}
    for tenant, value, series in ((gateway.ours, 1.0, {"cpu"}), (gateway.theirs, 2.0, {"cpu", "secret"})):
        (found,) = gateway.get("/v1/query", tenant=tenant, params=asked).json()["series"]
        assert found["values"] == [value]
        assert len(gateway.get("/v1/sources", tenant=tenant).json()["sources"]) == 1
        catalogue = gateway.get("/v1/series", tenant=tenant).json()["series"]
        assert {one["name"] for one in catalogue} == series
    assert gateway.get("/v1/query", params={**asked, "series": '{__name__=~".*cret"}'}).json()["series"] == []


def test_checks_are_seen_by_their_account_only(gateway: Gateway, monitor: int) -> None:
    asked = {"series": f'check.duration_ms{{monitor="{monitor}"}}', **RANGE}
    assert len(gateway.get("/v1/query", params=asked).json()["series"]) == 1
    assert gateway.get("/v1/query", params=asked, tenant=gateway.theirs).json()["series"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/history"), ("GET", "/checks"), ("PUT", ""), ("DELETE", "")],
)
def test_a_monitor_of_another_account_is_not_found(gateway: Gateway, monitor: int, method: str, path: str) -> None:
    body: dict[str, Any] = {"json": {"name": "stolen", "url": "http://b/"}} if method == "PUT" else {}
    problem(gateway.call(method, f"/v1/monitors/{monitor}{path}", tenant=gateway.theirs, **body), 404, "not-found")
    assert gateway.get(f"/v1/monitors/{monitor}").json()["name"] == "ours only"
    assert len(gateway.get(f"/v1/monitors/{monitor}/checks").json()["checks"]) == 1
