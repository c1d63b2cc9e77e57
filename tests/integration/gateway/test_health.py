"""Health, metrics, the API's description, the page, and the headers that every answer carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.gateway.reports import problem, report
from tests.integration.gateway.server import Gateway
from vedette.telemetry import METRICS


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_health_and_description_need_no_credential(gateway: Gateway, path: str) -> None:
    assert gateway.client.get(path).status_code == 200


def test_metrics_have_only_names_of_the_closed_list(gateway: Gateway) -> None:
    gateway.ingest("samples", [report(), report(ts=0)])
    answer = gateway.client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {line.partition("{")[0].partition(" ")[0] for line in answer.text.splitlines() if not line.startswith("#")}
    listed = {metric.name for metric in METRICS}
    suffixes = ("", "_bucket", "_count", "_sum", "_created")
    allowed = {metric.removesuffix("_total") + suffix for metric in listed for suffix in (*suffixes, "_total")}
    assert names
    assert names <= allowed
    assert 'vedette_ingest_accepted_total{topic="samples"}' in answer.text
    assert 'vedette_ingest_rejected_total{topic="samples"}' in answer.text


def test_requests_are_counted_by_route_and_never_by_path(gateway: Gateway) -> None:
    gateway.get("/v1/monitors/123456")
    gateway.get("/no/such/path/123456")
    text = gateway.client.get("/metrics").text
    assert 'vedette_http_requests_total{route="/v1/monitors/{monitor}",status="404"}' in text
    assert 'vedette_http_requests_total{route="other",status="404"}' in text
    assert "123456" not in text


def test_the_description_has_examples_for_the_intake(gateway: Gateway) -> None:
    paths = gateway.client.get("/openapi.json").json()["paths"]
    for what in ("samples", "checks"):
        operation = paths[f"/v1/ingest/{what}"]["post"]
        assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
        assert operation["summary"]
        assert operation["security"]


def test_the_examples_of_the_intake_are_taken_by_it(gateway: Gateway) -> None:
    """But for their time, which is in the past for a real gateway: this one's clock stands at it."""
    paths = gateway.client.get("/openapi.json").json()["paths"]
    example = paths["/v1/ingest/samples"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert gateway.ingest("samples", example).json()["rejected"] == 0
    example = paths["/v1/ingest/checks"]["post"]["requestBody"]["content"]["application/json"]["example"]
    answer = gateway.ingest("checks", example).json()
    assert [reject["allowed"] for reject in answer["rejects"]] == ["a monitor of this account"]


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz",
        "/v1/me",
        "/nope",
        "/v1/query?step=x",
        "/openapi.json",
        "/v1/monitors/1/history",
        "/v1/monitors/0/apdex",
    ],
)
def test_every_answer_carries_the_security_headers(gateway: Gateway, path: str) -> None:
    answer = gateway.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_without_a_page_the_root_says_so(gateway: Gateway) -> None:
    answer = gateway.client.get("/")
    assert answer.status_code == 200
    assert "page was not built" in answer.json()["vedette"]


def test_the_page_is_served_and_nothing_outside_of_it(dsn: str, tmp_path: Path) -> None:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<title>Vedette</title>")
    (page / "assets" / "app.js").write_text("1")
    (tmp_path / "outside.txt").write_text("secret")
    with Gateway(dsn, tmp_path, static=page) as gateway:
        assert "Vedette" in gateway.client.get("/").text
        assert gateway.client.get("/assets/app.js").text == "1"
        assert gateway.client.get("/healthz").json() == {"status": "ok"}
        for path in ("/../outside.txt", "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt", "/assets/none.js"):
            problem(gateway.client.get(path), 404, "not-found")
        problem(gateway.client.get("/v1/nope"), 404, "not-found")
        problem(gateway.client.post("/"), 405, "method-not-allowed")
