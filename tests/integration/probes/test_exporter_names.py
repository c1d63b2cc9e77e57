"""The samples of `GET /probe` beside those of blackbox_exporter itself, of the same targets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.probes.endpoint import closed_port, endpoint
from tests.integration.probes.nameserver import nameserver, record, telling
from tests.integration.probes.test_grpc import grpc_server
from tests.integration.probes.test_prometheus import SITE, Samples, exporter, scrape
from tests.patience import PATIENCE_S

PEER = shutil.which("prometheus-blackbox-exporter")
LEFT_OUT = {
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "probe_ssl_last_chain_info",
    "probe_icmp_reply_hop_limit",
    "probe_dns_additional_rrs",
    "probe_dns_authority_rrs",
}
"""What the original tells and we do not; see `probes.prometheus.exposition`."""
UNREACHED = {"probe_dns_lookup_time_seconds"}
"""What the original tells as 0 of targets that are addresses."""


@contextlib.contextmanager
def original(folder: Path) -> Iterator[str]:
    """blackbox_exporter with modules of the same names."""
    assert PEER is not None
    config = folder / "original.yml"
    config.write_text(
        "modules:\n  http_2xx: {prober: http, http: {preferred_ip_protocol: ip4}}\n  tcp_connect: {prober: tcp}\n"
        "  no_hello: {prober: http, http: {fail_if_body_matches_regexp: [hello]}}\n  icmp: {prober: icmp}\n"
        "  blind: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}\n"
        "  tls: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}\n"
        "  names: {prober: dns, dns: {query_name: shop.example, query_type: A}}\n"
        "  grpc_plain: {prober: grpc, grpc: {preferred_ip_protocol: ip4}}\n"
        "  stock: {prober: grpc, grpc: {preferred_ip_protocol: ip4, service: shop.Stock}}\n"
    )
    port = closed_port()
    command = [PEER, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/-/healthy", trust_env=False)
                    break
                except httpx.HTTPError:
                    assert time.monotonic() < deadline
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.skipif(PEER is None, reason="prometheus-blackbox-exporter is not installed")
def test_the_names_and_what_they_say_are_those_of_the_original(tmp_path: Path, server_tls: ssl.SSLContext) -> None:
    async def script() -> None:
        name = telling(record("shop.example", "A", "192.0.2.1"))
        async with (
            endpoint(SITE) as plain,
            endpoint(SITE, server_tls) as tls,
            nameserver(name) as names,
            exporter(tmp_path) as ours,
        ):
            with original(tmp_path) as url, grpc_server() as grpc:
                async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as theirs:
                    for module, target in (
                        ("http_2xx", f"http://127.0.0.1:{plain}/"),
                        ("no_hello", f"http://127.0.0.1:{plain}/"),
                        ("blind", f"https://127.0.0.1:{tls}/"),
                        ("tcp_connect", f"127.0.0.1:{plain}"),
                        ("tcp_connect", f"127.0.0.1:{closed_port()}"),
                        ("tls", f"127.0.0.1:{tls}"),
                        ("names", names),
                        ("grpc_plain", f"127.0.0.1:{grpc}"),
                        ("stock", f"127.0.0.1:{grpc}"),
                    ):
                        compare(module, await scrape(ours, module, target), await scrape(theirs, module, target))

    asyncio.run(script())


def compare(module: str, ours: Samples, theirs: Samples) -> None:
    """The same names but for those that are left out, and the same values where they are no times."""
    names = [{name.partition("{")[0] for name in side} for side in (ours, theirs)]
    assert names[0] <= names[1], (module, names[0] - names[1])
    missing = names[1] - names[0] - LEFT_OUT - UNREACHED
    assert missing <= {"probe_ip_addr_hash", "probe_ip_protocol", "probe_ssl_earliest_cert_expiry"}, (module, missing)
    for name in ours.keys() & theirs.keys():
        if "duration" not in name and "lookup" not in name:
            assert ours[name] == theirs[name], (module, name)
    times: Any = {name for name in ours if "{phase" in name}
    assert times <= theirs.keys() or module == "names", (module, times - theirs.keys())
