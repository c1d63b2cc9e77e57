"""`GET /probe`: samples under blackbox_exporter's names, read by Prometheus' parser and compared with the original."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from probes.check import Vantage
from probes.prometheus import serve
from tests.integration.probes.endpoint import answers, closed_port, endpoint
from vedette.clock import SystemClock
from vedette.errors import ConfigurationError

MODULES = """
modules:
  http_4: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}
  no_hello: {prober: http, http: {fail_if_body_matches_regexp: ["hel+o"]}}
  bye: {prober: http, http: {fail_if_body_not_matches_regexp: ["bye"]}}
  tagged: {prober: http, http: {fail_if_header_not_matches: [{header: X-Tag, regexp: "^b$"}]}}
  untagged: {prober: http, http: {fail_if_header_matches: [{header: X-Tag, regexp: "a"}]}}
  blind: {prober: http, http: {tls_config: {insecure_skip_verify: true}, fail_if_not_ssl: true}}
  only_two: {prober: http, http: {valid_http_versions: ["HTTP/2.0"]}}
  teapot: {prober: http, http: {valid_status_codes: [418]}}
  tls: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}
  banner:
    prober: tcp
    timeout: 1s
    tcp: {query_response: [{send: "GET / HTTP/1.0\\r\\n\\r"}, {expect: "^HTTP/1.1 200"}]}
  names: {prober: dns, dns: {query_name: shop.example, query_type: A}}
  stock: {prober: grpc, grpc: {service: shop.Stock}}
  broken: {prober: http, http: {no_such_setting: 1}}
"""
Samples = dict[str, float]


def read(text: str) -> Samples:
    """Each sample with its labels; the parser refuses what is no exposition."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found
            found[name] = sample.value
    return found


@contextlib.asynccontextmanager
async def exporter(folder: Path, *, allow_private: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A client of our own exporter with those modules."""
    (folder / "blackbox.yml").write_text(MODULES)
    vantage = Vantage("eu", SystemClock(), allow_private=allow_private)
    async with (
        serve("127.0.0.1", 0, folder / "blackbox.yml", vantage) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client,
    ):
        yield client


async def scrape(client: httpx.AsyncClient, module: str, target: str) -> Samples:
    answer = await client.get("/probe", params={"module": module, "target": target})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def test_a_request_that_is_none_is_refused_and_its_connection_ends(tmp_path: Path) -> None:
    async def script() -> bytes:
        async with exporter(tmp_path) as client:
            where = client.base_url
            reader, writer = await asyncio.open_connection(where.host, where.port)
            writer.write(b"GET //[ HTTP/1.0\r\n\r\n")
            answer = await reader.read()  # to its end
            writer.close()
            assert (await client.get("/-/healthy")).status_code == 200
            return answer

    assert asyncio.run(script()).startswith(b"HTTP/1.1 400 Bad Request\r\n")


SITE = answers("200 OK", "X-Tag: a", "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT")


def test_an_http_target_has_all_the_samples_of_the_original(tmp_path: Path) -> None:
    async def script() -> Samples:
        async with endpoint(SITE) as port, exporter(tmp_path) as client:
            return await scrape(client, "http_2xx", f"localhost:{port}")

    found = asyncio.run(script())
    wanted: dict[str, float] = {
        "probe_success": 1,
        "probe_http_status_code": 200,
        "probe_http_redirects": 0,
        "probe_http_version": 1.1,
        "probe_http_ssl": 0,
        "probe_http_content_length": 5,
        "probe_failed_due_to_regex": 0,
        "probe_http_last_modified_timestamp_seconds": 1445412480,
    }
    assert {name: found[name] for name in wanted} == wanted
    for phase in ("resolve", "connect", "processing", "transfer"):
        assert 0 <= found[f"probe_http_duration_seconds{{phase={phase}}}"] <= found["probe_duration_seconds"]
    assert "probe_http_duration_seconds{phase=tls}" not in found
    assert found["probe_dns_lookup_time_seconds"] == found["probe_http_duration_seconds{phase=resolve}"]


@pytest.mark.parametrize(
    ("module", "success", "pattern"),
    [
        ("no_hello", 0, 1),
        ("bye", 0, 1),
        ("tagged", 0, 1),
        ("untagged", 0, 1),
        ("teapot", 0, 0),
        ("only_two", 0, 0),
        ("blind", 0, 0),
        ("banner", 1, 0),
        ("http_4", 1, 0),
    ],
)
def test_modules_of_a_file_decide_what_is_a_success(tmp_path: Path, module: str, success: int, pattern: int) -> None:
    async def script() -> Samples:
        async with endpoint(SITE) as port, exporter(tmp_path) as client:
            return await scrape(client, module, f"127.0.0.1:{port}")

    found = asyncio.run(script())
    assert (found["probe_success"], found["probe_failed_due_to_regex"]) == (success, pattern)


def test_a_closed_port_is_no_success_and_says_why_in_a_comment(tmp_path: Path) -> None:
    async def script() -> str:
        async with exporter(tmp_path) as client:
            return (await client.get("/probe", params={"target": f"127.0.0.1:{closed_port()}"})).text

    text = asyncio.run(script())
    assert read(text)["probe_success"] == 0
    assert "\n# down: connect_refused: " in text


def test_there_is_no_way_around_the_rule_about_private_addresses(tmp_path: Path) -> None:
    async def script() -> tuple[Samples, str]:
        async with endpoint(SITE) as port, exporter(tmp_path, allow_private=False) as client:
            text = (await client.get("/probe", params={"target": f"127.0.0.1:{port}"})).text
            return read(text), text

    found, text = asyncio.run(script())
    assert found["probe_success"] == 0
    assert "private_address" in text
    assert "probe_http_version" not in found


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({}, 400, "target"),
        ({"target": "x", "module": "none"}, 400, "http_2xx"),
        ({"target": "x", "module": "broken"}, 400, "module"),
        ({"target": "gopher://x"}, 400, "http://"),
        ({"target": "x", "module": "tcp_connect"}, 400, "tcp://host:port"),
        ({"target": "a.example", "module": "names"}, 400, "an IP address"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_what_is_allowed(
    tmp_path: Path, query: dict[str, str], status: int, said: str
) -> None:
    async def script() -> httpx.Response:
        async with exporter(tmp_path) as client:
            return await client.get("/probe", params=query)

    answer = asyncio.run(script())
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_other_paths_and_methods_and_long_heads_are_refused(tmp_path: Path) -> None:
    async def script() -> list[int]:
        async with exporter(tmp_path) as client:
            found = [(await client.get("/-/healthy")).status_code, (await client.get("/secrets")).status_code]
            found.append((await client.post("/probe", content=b"x")).status_code)
            found.append((await client.get("/probe", headers={"X": "y" * 20_000})).status_code)
            return found

    assert asyncio.run(script()) == [200, 404, 405, 431]


def test_the_scrape_s_own_time_out_ends_a_check_before_it(tmp_path: Path) -> None:
    async def script() -> Samples:
        async def never(_: bytes, __: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        async with endpoint(never) as port, exporter(tmp_path) as client:
            headers = {"X-Prometheus-Scrape-Timeout-Seconds": "0.9"}
            answer = await client.get("/probe", params={"target": f"127.0.0.1:{port}"}, headers=headers)
            return read(answer.text)

    found = asyncio.run(script())
    assert found["probe_success"] == 0
    assert found["probe_duration_seconds"] < 0.9


@pytest.mark.parametrize("text", ["modules: [a]", "- x", "a: [", "\0"])
def test_a_file_that_is_none_stops_the_probe_at_its_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "blackbox.yml"
    path.write_text(text)

    async def script() -> None:
        async with serve("127.0.0.1", 0, path, Vantage("eu", SystemClock())):
            pass

    with pytest.raises(ConfigurationError, match="VEDETTE_EXPORTER_MODULES"):
        asyncio.run(script())


def test_a_port_that_is_taken_stops_the_probe_at_its_start() -> None:
    async def script() -> None:
        async with endpoint(SITE) as port, serve("127.0.0.1", port, None, Vantage("eu", SystemClock())):
            pass

    with pytest.raises(ConfigurationError, match="VEDETTE_EXPORTER_PORT"):
        asyncio.run(script())
