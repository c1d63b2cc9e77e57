"""A load with a known outcome: what is sent, and what the minute tier must hold afterwards."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import httpx

from tests.patience import PATIENCE_S

SOURCES = 8
PER_REQUEST = 4
NAMES = ("load.gauge", "load.counter", "load.delta")
KINDS = {"load.counter": "counter", "load.delta": "delta"}

Row = tuple[int, tuple[float, ...]]
"""Reports, and the sums by name."""


class Ledger:
    """Sends reports of several sources, one a second of event time each, through the front door.

    A request is repeated until it is acknowledged, so some arrive twice: they carry the same identity. All values
    are whole numbers, so sums are exact.
    """

    def __init__(self, url: str, token: str, start_ms: int) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=5)
        self._start_ms = start_ms
        self._sent = 0
        self.repeated = 0
        self.rows: defaultdict[tuple[str, int], list[Any]] = defaultdict(lambda: [0, [0.0] * len(NAMES)])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._client.close()

    @property
    def reports(self) -> int:
        """How many were made so far; all but the last request's are acknowledged."""
        return self._sent * SOURCES

    def _run(self) -> None:
        while not self._stop.is_set():
            batches = []
            for _ in range(PER_REQUEST):
                batches += [self._report(source) for source in range(SOURCES)]
                self._sent += 1
            self._post(batches)
            time.sleep(0.05)  # the load's pace, not a wait for something

    def _post(self, batches: list[dict[str, Any]]) -> None:
        while True:
            try:
                response = self._client.post("/v1/ingest/samples", json=batches)
            except httpx.HTTPError:
                self.repeated += 1
                time.sleep(0.1)
                continue
            if response.status_code == 202:
                assert response.json()["rejected"] == 0, response.text
                return
            assert response.status_code in {429, 503}, response.text
            self.repeated += 1
            time.sleep(0.1)

    def _report(self, source: int) -> dict[str, Any]:
        n = self._sent
        ts = self._start_ms + n * 1000
        gauge, counter, delta = n % 17 + source, (n % 40) * 10 + source, n % 5
        # The counter begins anew every forty reports; the increase is then what it has reached since.
        increase = 0 if n == 0 else counter if n % 40 == 0 else 10
        row = self.rows[f"load-{source}", ts - ts % 60_000]
        row[0] += 1
        for at, value in enumerate((gauge, increase, delta)):
            row[1][at] += value
        values = dict(zip(NAMES, (gauge, counter, delta), strict=True))
        return {
            "source": f"load-{source}",
            "epoch": self._start_ms,
            "seq": n + 1,
            "ts": ts,
            "values": values,
            "kinds": KINDS,
            "interval_ms": 1000,
        }

    def expected(self) -> dict[tuple[str, int], Row]:
        return {key: (count, tuple(sums)) for key, (count, sums) in self.rows.items()}
