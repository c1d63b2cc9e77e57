"""Import and export over HTTP: what a file says is what there is, and nothing is lost on the way."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ingest_api.importing.documents import has_yaml
from ingest_api.importing.planning import definition
from ingest_api.routes.transfer import MOST_BYTES, MOST_FOREIGN_BYTES
from tests.integration.gateway.reports import add_monitor, fault, problem
from tests.integration.gateway.server import Gateway
from vedette.monitors import MonitorSpec
from vedette.store import bulk_monitors

FLEET: list[dict[str, Any]] = [
    {"name": "shop", "url": "https://shop.example/?a=b", "headers": {"X-Token": "on", "A": "=1+1"}, "paused": True},
    {"name": '-"ünïcode" — 監視, [x]: {y} # z', "url": "http://a/", "expected_status": ["2xx", "301"]},
    {"name": "post", "url": "http://a/", "method": "POST", "body": '{"a": "\\n\\u2028"}\r\n\ttext', "timeout_s": 2.5},
    {"name": "mail", "url": "tcp://mail.example:25", "expect": "220 ", "send": "[x"},
    {"name": "1e3", "url": "dns://a.example", "record_type": "MX", "locations": ["fra-1", "no"]},
    {"name": "yes", "url": "https://a/", "certificate_down_days": 0.00001, "assertions": [
        {"type": "json", "path": "$.a['b']", "op": "==", "value": None},
        {"type": "body", "op": "contains", "value": "~"}]},
]  # fmt: skip
READABLE = ["json", "csv", *(["yaml"] if has_yaml() else [])]


def send(gateway: Gateway, body: Any, form: str = "json", **wanted: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = wanted.pop("headers", {})
    return gateway.call("POST", "/v1/monitors/import", content=content, headers=headers,
                        params={"format": form, **wanted})  # fmt: skip


def imported(gateway: Gateway, body: Any, form: str = "json", **wanted: Any) -> dict[str, Any]:
    answer = send(gateway, body, form, **wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["created"], found["updated"], found["unchanged"], found["refused"]


def export(gateway: Gateway, form: str = "json") -> bytes:
    answer = gateway.call("GET", "/v1/monitors/export", params={"format": form})
    assert answer.status_code == 200, answer.text
    return answer.content


def stored(gateway: Gateway) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(export(gateway))["monitors"]}


@pytest.mark.parametrize("form", READABLE)
def test_an_export_imported_again_changes_nothing_and_makes_everything_anew(fresh: Gateway, form: str) -> None:
    assert counts(imported(fresh, FLEET)) == (len(FLEET), 0, 0, 0)
    text, before = export(fresh, form), stored(fresh)
    rows = fresh.store.rows("SELECT id, version FROM monitors ORDER BY id")
    assert counts(imported(fresh, text, form)) == (0, 0, len(FLEET), 0)
    assert fresh.store.rows("SELECT id, version FROM monitors ORDER BY id") == rows
    fresh.store.execute("DELETE FROM monitors")
    assert counts(imported(fresh, text, form)) == (len(FLEET), 0, 0, 0)
    assert stored(fresh) == before == {one["name"]: definition(MonitorSpec.model_validate(one)) for one in FLEET}


def test_a_known_name_is_changed_and_keeps_what_the_file_does_not_say(fresh: Gateway) -> None:
    imported(fresh, FLEET)
    identity = fresh.store.row("SELECT id FROM monitors WHERE name = 'shop'")
    found = imported(fresh, [{"name": "shop", "interval_s": 30}, {"name": "new", "url": "http://n/"}])
    assert counts(found) == (1, 1, 0, 0)
    assert [(one["name"], one["action"], one["changes"]) for one in found["monitors"]] == [
        ("shop", "update", ["interval_s"]),
        ("new", "create", []),
    ]
    shop = stored(fresh)["shop"]
    assert (shop["interval_s"], shop["headers"], shop["paused"]) == (30, FLEET[0]["headers"], True)
    assert fresh.store.row("SELECT id FROM monitors WHERE name = 'shop'") == identity
    assert len(stored(fresh)) == len(FLEET) + 1


def test_another_kind_under_a_known_name_begins_anew(fresh: Gateway) -> None:
    imported(fresh, FLEET)
    found = imported(fresh, [{"name": "shop", "url": "tcp://shop.example:80"}])
    assert counts(found) == (0, 1, 0, 0)
    assert stored(fresh)["shop"] == definition(MonitorSpec(name="shop", url="tcp://shop.example:80", kind="tcp"))


def test_a_dry_run_says_the_same_and_changes_nothing(fresh: Gateway) -> None:
    imported(fresh, FLEET[:2])
    before = export(fresh)
    body = [{"name": "shop", "paused": False}, FLEET[1], FLEET[2], {"name": "bad", "url": "ftp://a/"}]
    dry = imported(fresh, body, dry_run=True)
    assert export(fresh) == before
    real = imported(fresh, body)
    assert counts(dry) == counts(real) == (1, 1, 1, 1)
    assert {**dry, "dry_run": False} == real
    assert export(fresh) != before


def test_bad_entries_are_told_with_their_place_and_cost_no_others(fresh: Gateway) -> None:
    body = {"monitors": [
        {"name": "good", "url": "http://a/"},
        {"name": "bad", "url": "http://a/", "timeout_s": 0, "colour": "red"},
        {"url": "http://a/"},
        "text",
        {"name": "good", "url": "http://b/"},
        {"name": "short", "url": "http://a/", "timeout_s": 1, "apdex_t_ms": 500},
        {"name": "zero", "url": "http://a/\0"},
        {"name": "half", "url": "http://a/", "headers": {"X": "\ud800"}},
        {"name": "also good", "url": "http://a/"},
    ]}  # fmt: skip
    found = imported(fresh, body)
    assert counts(found) == (2, 0, 0, 7)
    told = {(one["where"], one["field"]): one for one in found["faults"]}
    assert told["monitors[1]", "timeout_s"]["value"] == "0"
    assert told["monitors[1]", "timeout_s"]["name"] == "bad"
    assert "greater than 0" in told["monitors[1]", "timeout_s"]["allowed"]
    assert told["monitors[1]", "colour"]["value"] == "'red'"
    assert told["monitors[2]", "name"]["value"] == "<missing>"
    assert told["monitors[3]", "monitor"]["value"] == "'text'"
    assert "monitors[0]" in told["monitors[4]", "name"]["allowed"]
    assert "must exceed four times apdex_t_ms" in told["monitors[5]", "monitor"]["allowed"]
    assert ("monitors[6]", "url") in told
    assert ("monitors[7]", "headers.X") in told
    assert sorted(stored(fresh)) == ["also good", "good"]
    assert [one["entry"] for one in found["faults"]] == sorted(one["entry"] for one in found["faults"])


def test_a_row_of_csv_is_told_by_its_line(fresh: Gateway) -> None:
    text = (
        'name;url;interval_s;expected_status\ngood;http://a/;30;2xx 404\n\n"two\nlines";http://a/;x;\nmany;a;1;;;;;\n'
    )
    found = imported(fresh, "\ufeff" + text, "csv")
    assert counts(found) == (1, 0, 0, 2)
    assert [(one["line"], one["field"], one["value"]) for one in found["faults"]] == [
        (4, "interval_s", "'x'"),
        (6, "column 5", "''"),
    ]
    assert stored(fresh)["good"]["expected_status"] == ["2xx", "404"]


UNREADABLE: dict[str, tuple[str, bytes, str, str]] = {
    "nothing": ("json", b" \n", "body", "not empty"),
    "no UTF-8": ("csv", b"name\n\xff", "body", "UTF-8"),
    "no JSON": ("json", b'{"monitors": [}', "body", "line 1, column 15"),
    "NaN": ("json", b'[{"name": "a", "timeout_s": NaN}]', "body", "NaN"),
    "a key twice": ("json", b'[{"name": "a", "name": "b"}]', "body", "stands twice"),
    "depth": ("json", b"[" * 100_000, "body", "JSON"),
    "a number": ("json", b"1", "monitors", "a list"),
    "no list": ("json", b'{"monitors": {}}', "monitors", "a list"),
    "something else beside": ("json", b'{"monitors": [], "rules": []}', "rules", "only"),
    "another file": ("json", b'{"endpoints": []}', "endpoints", "only"),
    "no header": ("csv", b"http://a/\n", "body", "name"),
    "a column twice": ("csv", b"name,name\n", "column 2", "no other column"),
    "an open quote": ("csv", b'name,url\n"a,http://a/\n', "body", "CSV"),
    "a cell of 200 kB": ("csv", b"name,url\n" + b"x" * 200_000, "body", "CSV"),
    "Swagger 2": ("openapi", b'{"swagger": "2.0"}', "openapi", "3.x"),
    "no endpoints": ("gatus", b"{}", "endpoints", "a list"),
    "no modules": ("blackbox", b"{}", "modules", "mapping"),
    "no monitorList": ("kuma", b"[]", "body", "mapping"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(gateway: Gateway, what: str) -> None:
    form, body, field, allowed = UNREADABLE[what]
    assert allowed in fault(send(gateway, body, form), field)["allowed"]


def test_too_much_is_refused(gateway: Gateway) -> None:
    problem(send(gateway, b" " * (MOST_BYTES["json"] + 1)), 413, "too-large")
    problem(send(gateway, b" " * (MOST_FOREIGN_BYTES + 1), "kuma"), 413, "too-large")
    many = json.dumps([{"name": str(n)} for n in range(10_001)]).encode()
    assert "10000" in fault(send(gateway, many), "body")["allowed"]
    small = gzip.compress(b"[]")
    assert counts(imported(gateway, small, headers={"Content-Encoding": "gzip"})) == (0, 0, 0, 0)


def test_import_and_export_are_for_administrators_and_stay_in_their_account(fresh: Gateway) -> None:
    imported(fresh, FLEET)
    for scope in ("read", "ingest", "probe"):
        problem(fresh.get("/v1/monitors/export", scope), 403, "not-allowed")
        problem(fresh.call("POST", "/v1/monitors/import?format=json", scope, content=b"[]"), 403, "not-allowed")
    theirs = fresh.call("GET", "/v1/monitors/export?format=json", tenant=fresh.theirs)
    assert theirs.json() == {"monitors": []}
    body = json.dumps([{"name": "shop", "url": "http://theirs/"}])
    made = fresh.call("POST", "/v1/monitors/import?format=json", tenant=fresh.theirs, content=body)
    assert made.json()["created"] == 1
    assert stored(fresh)["shop"]["url"] == FLEET[0]["url"]


def test_an_export_is_a_file_that_nobody_keeps(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/v1/monitors/export", params={"format": "csv"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="monitors.csv"'
    assert answer.headers["Content-Type"].startswith("text/csv")
    fault(gateway.call("GET", "/v1/monitors/export", params={"format": "xml"}), "format")
    fault(gateway.call("POST", "/v1/monitors/import", content=b"[]"), "format")


def test_what_somebody_else_changed_meanwhile_is_left_as_it_is(fresh: Gateway) -> None:
    identity = add_monitor(fresh, "shop")
    seen = bulk_monitors.stored(fresh.store, fresh.ours.account)["shop"].version
    fresh.call("PUT", f"/v1/monitors/{identity}", json={"name": "shop", "url": "http://changed/"})
    specs = [(MonitorSpec(name=name, url="http://import/"), version) for name, version in (("shop", seen), ("b", None))]
    done = bulk_monitors.write(fresh.store, fresh.ours.account, specs)
    assert list(done) == ["b"]
    assert bulk_monitors.write(fresh.store, fresh.ours.account, [specs[1]]) == {}
    assert stored(fresh)["shop"]["url"] == "http://changed/"


def test_imports_at_the_same_time_neither_fail_nor_double(fresh: Gateway) -> None:
    body = [{"name": f"m{n}", "url": "http://a/"} for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: imported(fresh, body), range(4)))
    assert sum(answer["created"] for answer in answers) == 200
    assert len(stored(fresh)) == 200
    assert all(sum(counts(answer)) == 200 for answer in answers)
