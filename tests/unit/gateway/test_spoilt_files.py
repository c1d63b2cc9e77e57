"""Files of which some part is something else: the answer is monitors, faults or a refusal, never a failure of ours."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_api.importing.formats import ImportFormat, read
from ingest_api.importing.planning import plan
from tests.unit.gateway.test_foreign_formats import MODULES, kuma
from vedette.errors import InvalidInput

GOOD: dict[ImportFormat, Any] = {
    "json": {"monitors": [{"name": "a", "url": "http://a/", "headers": {"X": "y"}, "expected_status": ["2xx"],
                           "assertions": [{"type": "header", "name": "x", "op": "equals", "value": "y"}],
                           "auth": {"type": "bearer", "token": "t"}, "locations": ["fra-1"]},
                          {"name": "b", "url": "dns://b.example", "resolver": "1.1.1.1:53", "paused": True}]},
    "gatus": {"endpoints": [{"name": "a", "group": "g", "url": "http://a/", "headers": {"X": "y"}, "interval": "30s",
                             "client": {"timeout": "5s", "insecure": True}, "enabled": True,
                             "conditions": ["[STATUS] == 200", "[BODY].a > 5", "[RESPONSE_TIME] < 300"]},
                            {"name": "d", "url": "1.1.1.1", "dns": {"query-name": "a.example", "query-type": "A"}}]},
    "kuma": {"monitorList": [
        kuma(headers='{"A": "b"}', accepted_statuscodes=["200-299"], basic_auth_user="u", maxredirects=2),
        kuma(name="w", type="keyword", keyword="x"), kuma(name="p", type="port", hostname="h", port=1),
        kuma(name="j", type="json-query", jsonPath="$.a", expectedValue="b"),
        kuma(name="d", type="dns", hostname="h", dns_resolve_server="1.1.1.1")]},
    "blackbox": {"modules": MODULES, "targets": ["a", {"targets": ["b"], "labels": {"module": "login"}},
                                                 {"targets": ["1.1.1.1"], "labels": {"module": "soa"}}],
                 "global": {"scrape_interval": "1m"},
                 "scrape_configs": [{"metrics_path": "/probe", "params": {"module": ["smtp"]},
                                     "static_configs": [{"targets": ["c:25"], "labels": {"name": "n"}}]}]},
    "openapi": {"openapi": "3.0.0", "info": {"title": "T"}, "security": [{"k": []}],
                "servers": [{"url": "https://{a}.example", "variables": {"a": {"default": "b"}}}],
                "components": {"parameters": {"P": {"name": "p", "in": "query", "required": True, "example": 1}}},
                "paths": {"/a": {"parameters": [{"$ref": "#/components/parameters/P"}],
                                 "get": {"responses": {"200": {}}, "parameters": [
                                     {"name": "q", "in": "header", "required": True, "schema": {"enum": ["x"]}}]}}}},
}  # fmt: skip
"""A good document of each format, with everything that is looked at."""

ODD: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([[], {}, [None], [[]], {"a": None}, "\0", "\ud800", "http://[", "[", "1" * 5000, 10**400, -1])
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in children for place in places(one, (*path, key)))]


def spoil(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    spoilt = copy.deepcopy(document)
    node = spoilt
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = odd
    return spoilt


@pytest.mark.parametrize("form", GOOD)
def test_the_good_document_has_no_fault(form: ImportFormat) -> None:
    parsed = read(json.dumps(GOOD[form]).encode(), form)
    planned, faults = plan(parsed.entries, {})
    assert [*parsed.faults, *faults] == []
    assert planned


@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("form", GOOD)
@given(data=st.data())
def test_a_spoilt_document_is_refused_or_told_entry_by_entry(form: ImportFormat, data: st.DataObject) -> None:
    good = GOOD[form]
    spoilt = spoil(good, data.draw(st.sampled_from(places(good))), data.draw(ODD))
    try:
        parsed = read(json.dumps(spoilt).encode(), form)
    except InvalidInput as error:
        told = [(error.field, error.allowed)]
    else:
        _, faults = plan(parsed.entries, {})
        told = [(fault.field, fault.allowed) for fault in [*parsed.faults, *faults]]
        json.dumps([fault.describe() for fault in faults]).encode()
    for field, allowed in told:
        assert field
        assert allowed
