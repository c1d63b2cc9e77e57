"""A storm of ten thousand transitions while everything on their way is killed: each is told once, in its alert's order.

From reports through gateway, rollup and rules into the outbox, and from there by two workers to a receiver that ignores
keys that it has seen. It refuses, hangs, forgets to answer, and is killed, as are database, flows, gateway and workers.
"""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.testbed.bed import Bed, default_cache
from tests.e2e.installation import eventually, free_port
from tests.failures.hearing import Receiver
from tests.failures.site import OUT_S, Site
from tests.patience import PATIENCE_S
from vedette.store import alerts

pytestmark = [pytest.mark.failures, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]

CHANNELS, SERIES = 5, 100
WAVES, HOSTS = 10, 5
ALERTS = WAVES * HOSTS * SERIES
WORKERS = ("worker-1", "worker-2")
WINDOW_MS = 10_000


@pytest.fixture(scope="module")
def site(native_testbed: None) -> Iterator[Site]:
    """What alerts need, running."""
    with tempfile.TemporaryDirectory(prefix="vedette-failures-") as name:
        folder = Path(name)
        bed = Bed(folder / "bed", default_cache())
        try:
            bed.up()
            site = Site(bed, folder)
            try:
                site.start(("rollup", "alerts"))
                for worker in WORKERS:
                    site.start_worker(worker, VEDETTE_POLL_S="0.02", VEDETTE_TIMEOUT_S="1")
                yield site
            finally:
                site.close()
        finally:
            bed.down()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    found = Receiver(tmp_path, free_port())
    found.start()
    yield found
    found.kill()


def prepare(site: Site, receiver: Receiver) -> None:
    """A channel and a rule for each share of the series."""
    for share in range(CHANNELS):
        config = {"url": receiver.url, "secret": "a secret of the channel"}
        channel = alerts.add_channel(site.store, site.account, f"hook {share}", "webhook", config)
        rule = {"series": f'queue.waiting{{share="{share}"}}', "above": 100, "channels": [channel]}
        alerts.add_rule(site.store, site.account, f"full {share}", "threshold", rule)


class Reports:
    """Hosts in waves: each reports full queues, and two waves later empty ones."""

    def __init__(self, site: Site) -> None:
        self.begun_ms = time.time_ns() // 1_000_000
        self._client = httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {site.token}"}, timeout=5)
        self.repeated, self.failure = 0, ""

    def send(self) -> None:
        """Send all; each request until it is taken."""
        try:
            for step in range(WAVES + 3):
                for wave, value, seq in ((step, 1000, 1), (step - 2, 0, 2), (step - 3, 0, 3)):
                    if 0 <= wave < WAVES:
                        self._post([self._report(wave * HOSTS + host, value, seq) for host in range(HOSTS)])
                time.sleep(0.5)  # the storm's pace
        except Exception as error:
            self.failure = repr(error)
            raise

    def _report(self, host: int, value: int, seq: int) -> dict[str, object]:
        values = {f'queue.waiting{{queue="{n}",share="{n % CHANNELS}"}}': value for n in range(SERIES)}
        times = {"epoch": 1, "seq": seq, "ts": self.begun_ms + 2 * WINDOW_MS * seq, "interval_ms": WINDOW_MS}
        return {"source": f"host-{host}", "values": values, **times}

    def _post(self, reports: list[dict[str, object]]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self._client.post("/v1/ingest/samples", json=reports)
                if answer.status_code == 202 and not answer.json()["rejected"]:
                    return
                assert answer.status_code in {202, 429} or answer.status_code >= 500, answer.text
                assert answer.status_code != 202, answer.text
            except httpx.HTTPError:
                pass
            assert time.monotonic() < deadline, "the gateway takes nothing"
            self.repeated += 1
            time.sleep(0.2)


def blows(site: Site, receiver: Receiver) -> list[Callable[[], None]]:
    """What is done to it, one after the other."""

    def receiver_dies() -> None:
        receiver.kill()
        time.sleep(OUT_S)
        receiver.start()

    def database_dies() -> None:
        site.bed.kill("timescale")
        time.sleep(OUT_S)
        site.bed.start("timescale")

    def kill(name: str) -> Callable[[], None]:
        return lambda: site.keeper.kill(name)

    first, second = WORKERS
    return [
        *(kill(first), kill("flow-alerts"), receiver_dies, kill(second), database_dies, kill(first)),
        *(kill("flow-alerts"), kill("flow-rollup"), kill(second), kill("gateway"), receiver_dies, kill(first)),
        *(database_dies, kill("flow-alerts"), kill(second), kill(first)),
    ]


def told(receiver: Receiver) -> int:
    return len({key for key, *_ in receiver.heard()})


@pytest.mark.timeout(900)  # minutes, on a machine that is busy with other things too
def test_every_transition_is_told_once_and_in_order_whatever_is_killed(site: Site, receiver: Receiver) -> None:
    prepare(site, receiver)
    time.sleep(1.5)  # rules apply within a second
    reports = Reports(site)
    sending = threading.Thread(target=reports.send, daemon=True)
    sending.start()
    every = blows(site, receiver)
    for number, blow in enumerate(every, 1):
        due = 2 * ALERTS * number // (len(every) + 2)
        eventually(f"{due} notifications have come", lambda due=due: told(receiver) >= due)  # type: ignore[misc]
        blow()
    sending.join(PATIENCE_S)
    assert (sending.is_alive(), reports.failure) == (False, "")
    eventually("all is told", lambda: told(receiver) >= 2 * ALERTS)
    waiting = "SELECT count(*) AS n FROM notifications WHERE state <> 'delivered'"
    eventually("nothing waits", lambda: site.store.row(waiting) == {"n": 0})
    check(site, receiver)
    assert site.keeper.died == [], "\n".join(site.keeper.last_words)


def check(site: Site, receiver: Receiver) -> None:
    """By what an idempotent receiver has heard, and by the tables."""
    heard, first = receiver.heard(), set[str]()
    order: defaultdict[str, list[str]] = defaultdict(list)
    for key, alert, event in heard:
        if key not in first:
            first.add(key)
            order[alert].append(event)
    assert len(order) == ALERTS
    assert {tuple(events) for events in order.values()} == {("start", "end")}
    assert len(heard) > len(first), "nothing came twice: nothing was put to the test"
    rows = site.store.rows("SELECT id, subject, state FROM alerts")
    assert {row["state"] for row in rows} == {"resolved"}
    assert {str(row["id"]) for row in rows} == set(order)
    subjects = itertools.product(range(WAVES * HOSTS), range(SERIES))
    assert sorted(row["subject"] for row in rows) == sorted(
        f'series:host-{host}/queue.waiting{{queue="{n}",share="{n % CHANNELS}"}}' for host, n in subjects
    )
    counts = site.store.rows(
        "SELECT state, count(*)::int AS n FROM alert_transitions WHERE state IN ('firing', 'resolved') GROUP BY state"
    )
    assert {row["state"]: row["n"] for row in counts} == {"firing": ALERTS, "resolved": ALERTS}
    # Each attempt is known, also those over which workers were killed.
    assert site.store.rows(
        "SELECT (SELECT sum(attempts)::bigint FROM notifications) = count(*) AS all_known,"
        " count(DISTINCT notification_id) FILTER (WHERE outcome = 'delivered')::int AS delivered"
        " FROM notification_attempts"
    ) == [{"all_known": True, "delivered": 2 * ALERTS}]
