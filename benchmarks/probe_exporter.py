"""The peer's side of the probe benchmark: blackbox_exporter, started, driven, its CPU time read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

PROGRAM = "/usr/bin/prometheus-blackbox-exporter"
WARM_UP = 200
MODULES = """
modules:
  http:
    prober: http
    timeout: 10s
    http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: "{authority}"}}}}
"""


@contextlib.contextmanager
def exporter(folder: Path, authority: Path) -> Iterator[tuple[int, int]]:
    """A running exporter that trusts `authority`: its process id and port."""
    config = folder / "blackbox.yml"
    config.write_text(MODULES.format(authority=authority))
    port = _free_port()
    command = [PROGRAM, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with (folder / "blackbox.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_for(port)
            yield process.pid, port
        finally:
            process.terminate()


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user and system, from the kernel's books (10 ms steps)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(pid: int, port: int, url: str, checks: int, lanes: int) -> dict[str, object]:
    """Ask the exporter for `checks` probes of `url`, `lanes` at once over connections that stay open."""
    await _drive(port, url, WARM_UP, lanes)
    begin = cpu_s(pid)
    up = await _drive(port, url, checks, lanes)
    return {"checks": checks // lanes * lanes, "up": up, "cpu_s": cpu_s(pid) - begin}


async def _drive(port: int, url: str, checks: int, lanes: int) -> int:
    request = f"GET /probe?module=http&target={quote(url, safe='')} HTTP/1.1\r\nHost: exporter\r\n\r\n".encode()
    return sum(await asyncio.gather(*(_lane(port, request, checks // lanes) for _ in range(lanes))))


async def _lane(port: int, request: bytes, checks: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    up = 0
    for _ in range(checks):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await _body(reader, head)
        up += b"\nprobe_success 1\n" in body
    writer.close()
    await writer.wait_closed()
    return up


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    _, found, rest = head.partition(b"content-length: ")
    if found:
        return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    body = b""
    while True:
        size = int(await reader.readline(), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if size == 0:
            return body


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
