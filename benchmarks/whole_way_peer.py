"""VictoriaMetrics in the whole-way benchmark: the single node, as Debian ships it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.processes import cpu_of_tree, end, free_port, peak_mb, size_mb, wait_for
from benchmarks.whole_way_load import Load

PROGRAM = "/usr/bin/victoria-metrics"


@dataclass(slots=True)
class Peer:
    """A running server."""

    url: str
    pid: int
    data: Path

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far."""
        return {"victoria-metrics": cpu_of_tree(self.pid)}

    def peak(self) -> float:
        """MB at its highest."""
        return peak_mb(self.pid)

    def disk(self) -> float:
        """MB of its data."""
        return size_mb(self.data)

    def wait_until_queryable(self, load: Load, prefix: str) -> None:
        """Return when the newest value of the last series can be queried, and all values are right."""
        name = f"{prefix}metric_{load.names - 1:03d}"
        expected = [load.values(load.hosts - 1, step)[-1] for step in range(load.steps)]

        def known() -> bool:
            httpx.get(f"{self.url}/internal/force_flush", timeout=30)
            answer = httpx.get(
                f"{self.url}/api/v1/export",
                params={
                    "match[]": f'{name}{{host="host-{load.hosts - 1:05d}"}}',
                    "start": load.start_ms / 1000,
                    "end": (load.start_ms + load.steps * load.every_ms) / 1000,
                },
                timeout=30,
            )
            return bool(answer.text) and answer.json()["values"] == expected

        wait_for("all samples in VictoriaMetrics", known)


@contextlib.contextmanager
def victoria_metrics(folder: Path) -> Iterator[Peer]:
    """A fresh server."""
    port = free_port()
    command = [
        PROGRAM,
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=24",
        "-loggerLevel=ERROR",
    ]
    with (folder / "victoria-metrics.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        url = f"http://127.0.0.1:{port}"

        def ready() -> bool:
            try:
                return httpx.get(f"{url}/health", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        try:
            wait_for("VictoriaMetrics", ready)
            yield Peer(url, process.pid, folder / "data")
        finally:
            end([process])
