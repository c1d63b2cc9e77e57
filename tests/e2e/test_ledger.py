"""kill -9 of every process under load: afterwards every count and sum of the minute tier is exactly right."""

from __future__ import annotations

import json
import time

import httpx
import psutil
import pytest

from tests.e2e.installation import Installation, eventually
from tests.e2e.ledger import NAMES, Ledger, Row
from vedette.store.pool import Store

pytestmark = pytest.mark.e2e

CHILDREN = (
    "gateway",
    "flow-rollup",
    "flow-endpoints",
    "flow-alerts",
    "flow-archive",
    "alert-worker",
    "agent",
    "probe",
    "postgres",
    "flow-rollup",
)


def stored(store: Store) -> dict[tuple[str, int], Row]:
    rows = store.rows(
        "SELECT source, (extract(epoch FROM bucket) * 1000)::bigint AS ms, n, json_object_agg(name, sum) AS sums"
        " FROM samples_1m WHERE source LIKE 'load-%%' GROUP BY 1, 2, 3"
    )
    found: dict[tuple[str, int], Row] = {}
    for row in rows:
        sums = row["sums"]
        found[row["source"], row["ms"]] = (row["n"], tuple(sums[name] for name in NAMES))
    return found


def test_the_host_s_values_match_what_psutil_reports(installation: Installation) -> None:
    expected = {
        "memory.total_bytes": psutil.virtual_memory().total,
        'disk.total_bytes{mount="/"}': psutil.disk_usage("/").total,
        "cpu.count": psutil.cpu_count(),
    }

    def values() -> dict[str, float] | None:
        answer = installation.call(
            "GET", "/v1/query", params={"series": list(expected), "from": "-2m", "agg": "last", "step": 10}
        )
        found = {}
        for series in answer["series"]:
            labels = ",".join(f'{key}="{value}"' for key, value in series["labels"].items())
            name = f"{series['name']}{{{labels}}}" if labels else series["name"]
            found[name] = next((value for value in reversed(series["values"]) if value is not None), None)
        return found if found.keys() == expected.keys() and None not in found.values() else None

    assert eventually("the host's values are stored", values) == expected


def test_samples_and_checks_arrive_over_sse(installation: Installation) -> None:
    headers = {"Authorization": f"Bearer {installation.token()}"}
    seen: dict[str, dict[str, object]] = {}
    with httpx.stream(
        "GET", f"{installation.url}/v1/stream?topics=samples,checks", headers=headers, timeout=30
    ) as response:
        event = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            if line.startswith("data: ") and event in {"samples", "checks"}:
                data = json.loads(line.removeprefix("data: "))
                if event == "checks" or "memory.total_bytes" in data["values"]:
                    seen.setdefault(event, data)
            if len(seen) == 2:
                break
    values = seen["samples"]["values"]
    assert isinstance(values, dict)
    assert values["memory.total_bytes"] == psutil.virtual_memory().total
    assert seen["checks"]["outcome"] == "up"


def test_every_child_may_die_under_load_and_every_sum_is_exact(installation: Installation) -> None:
    now = time.time_ns() // 1_000_000
    ledger = Ledger(installation.url, installation.token(), now - now % 60_000 - 3_600_000)
    ledger.start()
    for name in CHILDREN:
        installation.kill(name)
        time.sleep(1.0)  # load between the deaths
    # However long the gateway takes to come back: the load goes on until it has meant something.
    eventually("the load was taken in", lambda: ledger.reports > 1000)
    ledger.stop()
    expected = ledger.expected()
    assert sum(row[0] for row in expected.values()) > 1000
    store = Store(installation.dsn, pool_size=1)
    try:
        # Settled, the tier holds the ledger; were anything lost or doubled, it would never come to this.
        eventually("the minute tier equals the ledger", lambda: stored(store) == expected)
    except AssertionError:
        assert stored(store) == expected
        raise
    finally:
        store.close()
    assert ledger.repeated > 0, "no request failed: nothing was put to the test"


def test_the_installation_starts_again_on_its_folder(installation: Installation) -> None:
    before = installation.call("GET", "/v1/monitors")["monitors"]
    assert installation.stop() == 0
    installation.start()
    assert [m["name"] for m in installation.call("GET", "/v1/monitors")["monitors"]] == [m["name"] for m in before]
