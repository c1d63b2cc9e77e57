"""Paths lead into JSON documents, and totals are told from gauges in an exporter's answer."""

from __future__ import annotations

from typing import Any

import pytest

from agent.plugins.kinds.json_values import JsonPlugin, flattened, parse_path, walk
from agent.plugins.kinds.prometheus import families, is_total, unpack
from vedette_plugin import PluginError
from vedette_plugin.http import split_url
from vedette_plugin.testing import Run, run_once

DOCUMENT = {
    "version": "1.2",
    "ok": True,
    "queues": [{"name": "mail", "length": 3, "odd key": "4.5"}, {"name": "jobs", "length": None}],
    "nodes": {"a": {"up": 1}, "b": {"up": 0}},
}


def mapped(values: Any, monkeypatch: pytest.MonkeyPatch, document: Any = None) -> Run:
    monkeypatch.setattr(JsonPlugin, "_document", lambda _: DOCUMENT if document is None else document)
    return run_once(JsonPlugin, {"url": "http://x", "values": values})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("ok", [True]),
        ("$.queues[0].length", [3]),
        ("queues[*].name", ["mail", "jobs"]),
        ('queues[0]["odd key"]', ["4.5"]),
        ("nodes.*.up", [1, 0]),
        ("queues[7].length", []),
        ("version.deeper", []),
        ("", [DOCUMENT]),
    ],
)
def test_a_path_leads_to_every_place_it_names(path: str, found: list[Any]) -> None:
    assert [value for _, value in walk(DOCUMENT, parse_path(path))] == found


@pytest.mark.parametrize("path", ["a..b", "a[", "a[b]", "a[-1]", "..", "a[1", '["x'])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(PluginError, match="allowed: a path"):
        parse_path(path)


def test_a_mapping_names_metrics_and_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    run = mapped(
        {
            "ok": "ok",
            "up": {"each": "nodes.*", "path": "up", "labels": {"node": "@key"}},
            "length": {
                "each": "queues[0]",
                "path": "length",
                "labels": {"queue": "name"},
                "kind": "counter",
                "scale": 10,
            },
        },
        monkeypatch,
    )
    assert run.values == {
        "json.ok": 1.0,
        'json.up{node="a"}': 1.0,
        'json.up{node="b"}': 0.0,
        'json.length{queue="mail"}': 30.0,
    }
    assert run.kinds['json.length{queue="mail"}'] == "counter"
    assert run.errors == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"x": "nowhere"}, "option values.x: nothing is at nowhere"),
        ({"x": "queues[1].length"}, "option values.x: there is no number but 'None'"),
        ({"x": "version.a"}, "nothing is at version.a"),
        ({"x": "nodes"}, "there is no number"),
    ],
)
def test_what_is_not_there_is_told_and_costs_no_other(
    values: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = mapped({**values, "ok": "ok"}, monkeypatch)
    assert told in run.errors[0][0]
    assert run.values == {"json.ok": 1.0}


@pytest.mark.parametrize(
    "entry", [7, {}, {"path": 1}, {"path": "ok", "odd": 1}, {"path": "ok", "kind": "sum"}, {"path": "ok", "scale": "2"}]
)
def test_a_wrong_mapping_fails_with_its_name(entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = mapped({"x": entry}, monkeypatch)
    assert run.failure is not None
    assert "option values.x" in run.failure.subject


def test_without_a_mapping_every_number_is_taken() -> None:
    assert dict(flattened({"a": {"b-c": 1, "d": "text"}, "e": [True, {"f": 2.5}]})) == {
        "a.b_c": 1.0,
        "e.0": 1.0,
        "e.1.f": 2.5,
    }
    assert list(flattened(3)) == []


TEXT = """# TYPE requests counter
requests_total 5
# TYPE wait histogram
wait_bucket{le="+Inf"} 3
wait_sum 1.5
wait_count 3
# TYPE size summary
size{quantile="0.5"} 2
size_sum 4
size_count 2
# TYPE temperature gauge
temperature 21
untyped_thing 1
"""


def test_totals_are_told_from_gauges_by_type_and_ending() -> None:
    kinds = {
        sample.name: is_total(family, sample.name)
        for family in families("text/plain; version=0.0.4", TEXT)
        for sample in family.samples
    }
    assert kinds == {
        "requests_total": True,
        "wait_bucket": True,
        "wait_sum": True,
        "wait_count": True,
        "size": False,
        "size_sum": True,
        "size_count": True,
        "temperature": False,
        "untyped_thing": False,
    }


def test_openmetrics_is_read_as_such_and_other_types_are_refused() -> None:
    text = "# TYPE a counter\na_total 1\na_created 5\n# EOF\n"
    [family] = families("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    assert [is_total(family, sample.name) for sample in family.samples] == [True, False]
    with pytest.raises(PluginError, match="Content-Type 'text/html' is not allowed"):
        families("text/html", TEXT)


def test_a_body_is_unpacked_up_to_its_bound() -> None:
    import gzip

    assert unpack(gzip.compress(b"x" * 100), 100) == b"x" * 100
    with pytest.raises(PluginError, match="longer than 99 bytes"):
        unpack(gzip.compress(b"x" * 100), 99)
    with pytest.raises(PluginError, match="no gzip"):
        unpack(b"plain", 99)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://h", ("http", "h", 80, "/", "")),
        ("HTTPS://u:p@h:8443/a?b=c#d", ("https", "h", 8443, "/a?b=c", "u:p")),
        ("http://[::1]:9/x", ("http", "::1", 9, "/x", "")),
        ("http://[::1]/", ("http", "::1", 80, "/", "")),
        ("http://h?q=1", ("http", "h", 80, "/?q=1", "")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str, int, str, str]) -> None:
    assert split_url(url) == parts


@pytest.mark.parametrize(
    "url", ["h", "ftp://h", "http://", "http://h:x", "http://h:0", "http://h/ b", "http://h:70000"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(PluginError, match="not allowed"):
        split_url(url)
