"""OpenAPI documents: which operations become monitors, and why others do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest_api.importing.entries import Parsed
from ingest_api.importing.formats import read
from ingest_api.importing.planning import plan


def api(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "Shop"}, "servers": [{"url": "https://a.example/v1"}], "paths": paths,
            **more}  # fmt: skip


def parsed(body: dict[str, Any], base: str | None = None) -> Parsed:
    return read(json.dumps(body).encode(), "openapi", base)


def urls(body: dict[str, Any], base: str | None = None) -> list[str]:
    planned, faults = plan(parsed(body, base).entries, {})
    assert faults == []
    return [one.spec.url for one in planned]


def test_each_get_operation_without_path_parameters_becomes_a_monitor() -> None:
    found = parsed(api({
        "/health": {"get": {"responses": {"200": {}, "404": {}}}},
        "/items": {"get": {"responses": {"2XX": {}, "default": {}}}, "post": {}},
        "/orders": {"get": {"responses": {}}},
        "/items/{id}": {"get": {}},
        "/login": {"post": {}},
    }))  # fmt: skip
    planned, _ = plan(found.entries, {})
    assert [(one.spec.name, one.spec.url, one.spec.expected_status) for one in planned] == [
        ("Shop: GET /health", "https://a.example/v1/health", ["200"]),
        ("Shop: GET /items", "https://a.example/v1/items", ["2xx"]),
        ("Shop: GET /orders", "https://a.example/v1/orders", ["2xx"]),
    ]
    assert [(one["where"], one["reason"]) for one in found.skipped] == [
        ("paths./items/{id}", "has parameters in its path"),
        ("paths./login", "has no GET operation"),
    ]


def test_required_parameters_are_taken_from_examples_and_defaults() -> None:
    shared = {"name": "tenant", "in": "header", "required": True, "schema": {"enum": ["a", "b"]}}
    found = parsed(api(
        {
            "/a": {"parameters": [{"$ref": "#/components/parameters/Tenant"}], "get": {"parameters": [
                {"name": "q", "in": "query", "required": True, "example": "x y&z"},
                {"name": "n", "in": "query", "required": True, "schema": {"default": 5}},
                {"name": "optional", "in": "query"}]}},
            "/b": {"get": {"parameters": [{"name": "q", "in": "query", "required": True}]}},
            "/c": {"get": {"parameters": [{"name": "s", "in": "cookie", "required": True, "example": "x"}]}},
            "/d": {"get": {"parameters": [{"$ref": "other.yaml#/x"}]}},
        },
        components={"parameters": {"Tenant": shared}},
    ))  # fmt: skip
    (entry,) = found.entries
    assert (entry.fields["url"], entry.fields["headers"]) == ("https://a.example/v1/a?q=x+y%26z&n=5", {"tenant": "a"})
    assert ["example" in found.skipped[0]["reason"], "$ref" in found.skipped[2]["reason"], len(found.skipped)] == [
        True, True, 3,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("servers", "base", "expected"),
    [
        ([{"url": "https://{env}.example/", "variables": {"env": {"default": "www"}}}], None, "https://www.example/x"),
        ([{"url": "/v2"}], "https://b.example/api", "https://b.example/api/v2/x"),
        (None, "https://b.example/api/", "https://b.example/api/x"),
        ([{"url": "https://a.example"}], "https://b.example/", "https://a.example/x"),
    ],
)
def test_the_address_comes_from_the_server_or_the_base(servers: Any, base: str | None, expected: str) -> None:
    assert urls(api({"/x": {"get": {}}}, servers=servers), base) == [expected]


@pytest.mark.parametrize(
    "servers", [None, [], [{"url": "/v1"}], [{"url": "https://{x}/"}], [{}], "x", [{"url": "ftp://a"}]]
)
def test_without_a_whole_address_everything_is_passed_over_and_says_why(servers: Any) -> None:
    found = parsed(api({"/x": {"get": {}}}, servers=servers))
    assert found.entries == []
    assert "server" in found.skipped[0]["reason"]


def test_the_server_of_an_operation_counts_before_that_of_the_document() -> None:
    own = [{"url": "https://own.example"}]
    assert urls(api({"/x": {"get": {"servers": own}}, "/y": {"servers": own, "get": {}}})) == [
        "https://own.example/x",
        "https://own.example/y",
    ]


def test_an_operation_that_wants_a_sign_in_says_so() -> None:
    body = api({"/a": {"get": {}}, "/b": {"get": {"security": []}}, "/c": {"get": {"security": [{}]}}},
               security=[{"key": []}])  # fmt: skip
    assert [bool(entry.notes) for entry in parsed(body).entries] == [True, False, False]
