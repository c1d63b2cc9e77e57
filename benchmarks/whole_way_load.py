"""The load of the whole-way benchmark: the same samples as requests for Vedette and for VictoriaMetrics.

    python benchmarks/whole_way_load.py FORMAT URL TOKEN HOSTS NAMES STEPS EVERY_MS START_MS REPORTS_A_REQUEST

A program of its own, so that its CPU time is not counted. All requests are encoded before the first is sent. Prints
seconds from the first byte sent to the last answer as JSON.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Load:
    """Hosts that report `names` values each, `steps` times, `every_ms` apart from `start_ms` on."""

    hosts: int
    names: int
    steps: int
    every_ms: int
    start_ms: int
    reports: int
    """Reports in one request."""

    @property
    def samples(self) -> int:
        """All values."""
        return self.hosts * self.names * self.steps

    def values(self, host: int, step: int) -> list[float]:
        """Gauges with two decimals that move a little, as load and temperatures do."""
        return [
            round(at + host % 7 + step * 0.25 + (step * 7 + at * 13 + host) % 11 / 10, 2) for at in range(self.names)
        ]

    def groups(self) -> Iterator[tuple[int, range]]:
        """Step and hosts of each request."""
        for step in range(self.steps):
            for first in range(0, self.hosts, self.reports):
                yield step, range(first, min(first + self.reports, self.hosts))


def vedette(load: Load, step: int, hosts: range) -> bytes:
    """A list of sample batches."""
    ts = load.start_ms + step * load.every_ms
    batches = [
        {
            "source": f"host-{host:05d}",
            "epoch": 1,
            "seq": step + 1,
            "ts": ts,
            "values": {f"metric_{at:03d}": value for at, value in enumerate(load.values(host, step))},
            "interval_ms": load.every_ms,
        }
        for host in hosts
    ]
    return json.dumps(batches, separators=(",", ":")).encode()


def influx(load: Load, step: int, hosts: range) -> bytes:
    """InfluxDB's line protocol: the most compact text that VictoriaMetrics takes."""
    ts = load.start_ms + step * load.every_ms
    lines = []
    for host in hosts:
        fields = ",".join(f"metric_{at:03d}={value}" for at, value in enumerate(load.values(host, step)))
        lines.append(f"m,host=host-{host:05d} {fields} {ts}000000\n")
    return "".join(lines).encode()


def prometheus(load: Load, step: int, hosts: range) -> bytes:
    """Prometheus' text format."""
    ts = load.start_ms + step * load.every_ms
    return "".join(
        f'metric_{at:03d}{{host="host-{host:05d}"}} {value} {ts}\n'
        for host in hosts
        for at, value in enumerate(load.values(host, step))
    ).encode()


Encoder = Callable[[Load, int, range], bytes]
FORMATS: dict[str, tuple[str, Encoder]] = {
    "vedette": ("/v1/ingest/samples", vedette),
    "influx": ("/write", influx),
    "prometheus": ("/api/v1/import/prometheus", prometheus),
}


def requests(kind: str, load: Load, token: str) -> list[bytes]:
    """All requests, whole."""
    path, encode = FORMATS[kind]
    made = []
    for step, hosts in load.groups():
        body = encode(load, step, hosts)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def send(host: str, port: int, mine: list[bytes]) -> None:
    """One connection: a request after the other; anything but success ends the run."""
    with socket.create_connection((host, port)) as connection, connection.makefile("rb") as answers:
        for request in mine:
            while True:
                connection.sendall(request)
                status = int(answers.readline().split()[1])
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = answers.read(length)
                if status == 429:
                    time.sleep(0.05)
                    continue
                if status not in {200, 202, 204}:
                    raise SystemExit(f"{status}: {body[:300]!r}")
                break


def main() -> None:
    """Encode, send, print."""
    kind, url, token, *numbers = sys.argv[1:]
    load = Load(*map(int, numbers))
    made = requests(kind, load, token)
    at = urlsplit(url)
    assert at.hostname is not None
    assert at.port is not None
    begin = time.monotonic()
    # Host by host on the same connection, so that each host's reports come in order.
    shares = [made[first::CONNECTIONS] for first in range(CONNECTIONS)]
    threads = [threading.Thread(target=send, args=(at.hostname, at.port, share)) for share in shares if share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"wall_s": time.monotonic() - begin, "bytes": sum(map(len, made))}))


if __name__ == "__main__":
    main()
