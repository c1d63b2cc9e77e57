"""Whatever is thrown at the intakes, the answer is an acknowledgement or a problem, and never a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.gateway.reports import NOW, PROBLEM, add_monitor, check, report
from tests.integration.gateway.server import Gateway

ANY_TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs", "Cc"]), max_size=20)
NAMES = st.sampled_from(["cpu", 'a{b="c"}', 'a{ b="c" }', "a{", "", "values", "source"]) | ANY_TEXT
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([NOW, 1 << 31, 1 << 62, 1 << 63, 1 << 64, 10**400, 10**4200, -1, 1.5e308])
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def spoilt(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A good item of which some fields hold anything, and some are missing."""
    fields = st.dictionaries(st.sampled_from(sorted(good)) | ANY_TEXT, ANYTHING | NUMBERS, max_size=3)
    missing = st.sets(st.sampled_from(sorted(good)), max_size=1)
    values = st.none() | st.dictionaries(NAMES, NUMBERS | ANYTHING, max_size=5)

    def item(changed: dict[str, Any], gone: set[str], inner: dict[str, Any] | None) -> dict[str, Any]:
        whole = {**good, **changed} | ({} if inner is None or "values" not in good else {"values": inner})
        return {name: value for name, value in whole.items() if name not in gone}

    return st.builds(item, fields, missing, values)


SAMPLES = spoilt(report(kinds={"cpu": "gauge"}, interval_ms=1000))
CHECKS = spoilt(
    check(1, status=200, total_ms=1.0, phases={"dns": 1.0}, error="e", bytes=1, tls_expires=1, apdex_t_ms=1, attempt=1)
)


def bodies(items: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Random bytes, random JSON (with NaN and half characters), lists of nearly good items, and lines of them."""
    lists = st.lists(items | ANYTHING, max_size=4)
    whole = (ANYTHING | items | lists).map(lambda value: json.dumps(value).encode())
    lines = lists.map(lambda found: "\n".join(json.dumps(item) for item in found).encode())
    cut = st.tuples(whole, st.integers(0, 60)).map(lambda pair: pair[0][: -pair[1] or None])
    utf8 = (ANYTHING | items).map(lambda v: json.dumps(v, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return st.binary(max_size=60) | whole | lines | cut | utf8


HEADERS = st.fixed_dictionaries(
    {
        "Content-Type": st.sampled_from(
            ["application/json"] * 2 + ["application/x-ndjson", "", "text/plain; charset=x"]
        ),
        "Content-Encoding": st.sampled_from(["identity"] * 8 + ["gzip", "zstd", "br"]),
    }
)


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    """A client that is signed in to report, for an account that has the monitor 1."""
    assert add_monitor(gateway, "checked") == 1
    authorization = {"Authorization": f"Bearer {gateway.ours.tokens['ingest']}"}
    with httpx.Client(base_url=gateway.url, headers=authorization, timeout=20) as client:
        yield client


def throw(client: httpx.Client, what: Literal["samples", "checks"], body: bytes, headers: dict[str, str]) -> None:
    answer = client.post(f"/v1/ingest/{what}", content=body, headers=headers)
    assert answer.status_code in {202, 400, 413, 415, 422}, answer.text
    if answer.status_code == 202:
        found = answer.json()
        assert found["accepted"] >= 0
        assert len(found["rejects"]) == min(100, found["rejected"])
        assert all(reject["field"] is not None and reject["allowed"] for reject in found["rejects"])
    else:
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["status"] == answer.status_code


@settings(max_examples=300, deadline=None)
@given(body=bodies(SAMPLES), headers=HEADERS)
def test_samples_are_taken_or_refused(client: httpx.Client, body: bytes, headers: dict[str, str]) -> None:
    throw(client, "samples", body, headers)


@settings(max_examples=300, deadline=None)
@given(body=bodies(CHECKS), headers=HEADERS)
def test_checks_are_taken_or_refused(client: httpx.Client, body: bytes, headers: dict[str, str]) -> None:
    throw(client, "checks", body, headers)
