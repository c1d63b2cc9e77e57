"""Files of other tools: what becomes of them, and what they say that we have nothing for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest_api.importing.documents import has_yaml
from ingest_api.importing.entries import Parsed
from ingest_api.importing.formats import ImportFormat, read
from ingest_api.importing.planning import plan
from ingest_api.importing.reading import seconds, statuses
from vedette.errors import InvalidInput


def parsed(form: ImportFormat, body: Any, base: str | None = None) -> Parsed:
    return read(json.dumps(body).encode(), form, base)


def made(form: ImportFormat, body: Any, base: str | None = None) -> dict[str, dict[str, Any]]:
    """Fields other than the defaults, by name, of a file without faults."""
    found = parsed(form, body, base)
    planned, faults = plan(found.entries, {})
    assert [*found.faults, *faults] == []
    return {one.spec.name: one.spec.model_dump(exclude_defaults=True, exclude={"name"}) for one in planned}


def test_a_gatus_endpoint_becomes_a_monitor() -> None:
    endpoint = {
        "name": "api", "group": "core", "url": "https://a.example/health", "interval": "1m30s", "method": "POST",
        "headers": {"X-Count": 5}, "body": "{}", "enabled": False, "alerts": [{"type": "slack"}], "ui": {},
        "client": {"insecure": True, "timeout": "5s", "ignore-redirect": True, "oauth2": {}},
        "conditions": [
            "[STATUS] == any(200, 204)", "[RESPONSE_TIME] < 300", "[CERTIFICATE_EXPIRATION] > 48h",
            "[CONNECTED] == true", "[BODY].data[0].id == 7", "[BODY].ok == true", "[BODY].name != x y",
            "has([BODY].errors) == true", "has([BODY].error) == false", "len([BODY].items) > 0",
            "len([BODY].tags) != 3", "[BODY].state == any(ok, 7)", "[BODY].code != any(500, fail)",
            "[BODY].version == pat(1.?-*)", "[BODY].id == 007",
            # nothing of ours means the same:
            "[BODY].version != pat(2*)", "[BODY].v == pat([0-9]*)", "[BODY].a == any([BODY].b, 3)",
            "[BODY].a == [BODY].b",
            "has([BODY].items[*].id) == true", "[BODY].x[*].y == any(1, 2)",
            "[BODY].v == any(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6,7,8,9)",
            "[BODY] == pat(*hello*)", "len([BODY]) > 3", "[IP] == 127.0.0.1",
        ],
    }  # fmt: skip
    (one,) = made("gatus", {"endpoints": [endpoint]}).items()
    assert one == (
        "core/api",
        {
            "url": "https://a.example/health", "interval_s": 90, "method": "POST", "headers": {"X-Count": "5"},
            "body": "{}", "paused": True, "verify_tls": False, "timeout_s": 5.0, "max_redirects": 0,
            "expected_status": ["200", "204"], "down_above_ms": 300, "certificate_down_days": 2.0,
            "assertions": [
                {"type": "json", "path": "$.data[0].id", "op": "==", "value": 7},
                {"type": "json", "path": "$.ok", "op": "==", "value": True},
                {"type": "json", "path": '$[?$.name == "x y"]', "op": "absent"},
                {"type": "json", "path": "$[?$.errors && $.errors != null]", "op": "exists"},
                {"type": "json", "path": "$[?$.error && $.error != null]", "op": "absent"},
                {"type": "json", "path": "$[?length($.items) > 0]", "op": "exists"},
                {"type": "json", "path": "$[?length($.tags) == 3]", "op": "absent"},
                {"type": "json", "path": '$[?$.state == "ok" || $.state == 7 || $.state == "7"]', "op": "exists"},
                {"type": "json", "path": '$[?$.code == 500 || $.code == "500" || $.code == "fail"]', "op": "absent"},
                {"type": "json", "path": r'$[?match($.version, "1\\.(?s:.)\\-(?s:.*)")]', "op": "exists"},
                {"type": "json", "path": "$.id", "op": "==", "value": "007"},
                {"type": "body", "op": "contains", "value": "hello"},
            ],
        },
    )  # fmt: skip
    notes = parsed("gatus", {"endpoints": [endpoint]}).entries[0].notes
    left_out = [note for note in notes if note.endswith("not carried over")]
    assert len([note for note in left_out if note.startswith("the condition")]) == 9
    assert "the condition [BODY].version == pat(1.?-*): holds for texts only, not for numbers" in notes
    for word in ("len([BODY]) > 3", "[IP] == 127.0.0.1", "ui", "client.oauth2", "alerts"):
        assert any(word in note for note in notes), word


def test_other_gatus_endpoints_keep_their_kind() -> None:
    found = made("gatus", {"endpoints": [
        {"name": "port", "url": "tcp://a.example:25"},
        {"name": "ping", "url": "icmp://a.example", "conditions": ["[CONNECTED] == true"]},
        {"name": "name", "url": "8.8.8.8", "dns": {"query-name": "a.example.", "query-type": "MX"},
         "conditions": ["[DNS_RCODE] == NOERROR", "[BODY] == 10 mail.example"]},
        {"name": "any", "url": "http://a.example/"},
        {"name": "below", "url": "http://a.example/", "conditions": ["[STATUS] < 300", "[STATUS] != 204"]},
    ]})  # fmt: skip
    assert [found[name].get("kind", "http") for name in ("port", "ping", "name", "any")] == [
        "tcp",
        "icmp",
        "dns",
        "http",
    ]
    assert found["name"]["expected_answers"] == ["10 mail.example"]
    assert (found["name"]["url"], found["name"]["resolver"]) == ("dns://a.example", "8.8.8.8")
    assert found["any"]["expected_status"] == ["1xx", "2xx", "3xx", "4xx", "5xx"]
    assert found["below"]["expected_status"] == ["1xx", "200-203", "205-299"]


GATUS_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"url": "http://a/"}, "name"),
    "no URL": ({"name": "a"}, "url"),
    "no time span": ({"name": "a", "url": "http://a/", "interval": "often"}, "interval"),
    "no condition": ({"name": "a", "url": "http://a/", "conditions": ["up"]}, "conditions"),
    "no status": ({"name": "a", "url": "http://a/", "conditions": ["[STATUS] == ok"]}, "conditions"),
    "an impossible status": ({"name": "a", "url": "http://a/", "conditions": ["[STATUS] > 599"]}, "conditions"),
    "a list of headers": ({"name": "a", "url": "http://a/", "headers": ["x"]}, "headers"),
    "a kind that there is not": ({"name": "a", "url": "ssh://a:22"}, "url"),
}


@pytest.mark.parametrize("wrong", GATUS_FAULTS)
def test_a_bad_gatus_endpoint_is_a_fault_and_its_neighbour_is_not(wrong: str) -> None:
    endpoint, field = GATUS_FAULTS[wrong]
    found = parsed("gatus", {"endpoints": [endpoint, {"name": "good", "url": "http://a/"}]})
    planned, faults = plan(found.entries, {})
    (fault,) = {fault.place: fault for fault in [*found.faults, *faults]}.values()
    assert (fault.field, fault.place.where) == (field, "endpoints[0]")
    assert fault.allowed
    assert [one.spec.name for one in planned] == ["good"]


def kuma(**fields: Any) -> dict[str, Any]:
    return {"type": "http", "name": "m", "url": "https://a/", "interval": 60, "active": 1, "timeout": 48, **fields}


def test_a_backup_of_uptime_kuma_becomes_monitors() -> None:
    found = made("kuma", {"version": "1.23", "monitorList": [
        kuma(name="web", method="POST", headers='{"A": "b"}', body="x", ignoreTls=True, maxredirects=3, interval=20,
             accepted_statuscodes=["200-299", "404", "500-502"], basic_auth_user="u", basic_auth_pass="p", timeout=10),
        kuma(name="word", type="keyword", keyword="hello", invertKeyword=True, active=False),
        kuma(name="json", type="json-query", jsonPath="$.a", expectedValue="b"),
        kuma(name="many", type="json-query", jsonPath="$.n", jsonPathOperator=">", expectedValue="5"),
        kuma(name="port", type="port", hostname="::1", port=25),
        kuma(name="ping", type="ping", hostname="a.example"),
        kuma(name="often", type="push", interval=20),
        kuma(name="job", type="push", url="https://", interval=90, maxretries=2, retryInterval=30, pushToken="t"),
        kuma(name="dns", type="dns", hostname="a.example", port=53, dns_resolve_server="1.1.1.1", dns_resolve_type="NS")
    ]})  # fmt: skip
    assert found["web"] == {
        "url": "https://a/", "method": "POST", "headers": {"A": "b"}, "body": "x", "verify_tls": False,
        "interval_s": 20, "max_redirects": 3, "expected_status": ["2xx", "404", "500-502"],
        "auth": {"type": "basic", "username": "u", "password": "p"},
    }  # fmt: skip
    assert found["often"] == {"kind": "heartbeat", "url": "", "every_s": 20, "grace_s": 1}
    assert found["job"] == {"kind": "heartbeat", "url": "", "every_s": 90, "grace_s": 60}
    assert found["word"]["paused"]
    assert found["word"]["assertions"] == [{"type": "body", "op": "not_contains", "value": "hello"}]
    assert found["json"]["assertions"] == [{"type": "json", "path": "$.a", "op": "==", "value": "b"}]
    assert found["many"]["assertions"] == [{"type": "json", "path": "$.n", "op": ">", "value": 5}]
    assert (found["port"]["url"], found["ping"]["url"]) == ("tcp://[::1]:25", "icmp://a.example")
    assert (found["dns"]["resolver"], found["dns"]["record_type"]) == ("1.1.1.1:53", "NS")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"type": "docker"}, "type"), ({"type": "push", "maxretries": "many"}, "maxretries"),
     ({"type": None}, "type"), ({"upsideDown": True}, "upsideDown"),
     ({"headers": "{"}, "headers"), ({"name": None}, "name"), ({"interval": "x"}, "interval"),
     ({"timeout": 5}, "url")],
)  # fmt: skip
def test_what_uptime_kuma_can_and_we_cannot_is_a_fault(fields: dict[str, Any], field: str) -> None:
    fields = {"url": None, **fields} if field == "url" else fields
    (fault,) = parsed("kuma", {"monitorList": [kuma(**fields)]}).faults
    assert fault.field == field


MODULES = {
    "http_2xx": {"prober": "http"},
    "login": {"prober": "http", "timeout": "5s", "http": {
        "method": "POST", "body": "x", "headers": {"A": "b"}, "valid_status_codes": [200, 302],
        "no_follow_redirects": True,
        "tls_config": {"insecure_skip_verify": True, "ca_file": "x"}, "basic_auth": {"username": "u", "password": "p"},
        "fail_if_body_not_matches_regexp": ["ok"], "fail_if_body_matches_regexp": ["bad"],
        "preferred_ip_protocol": "ip4", "ip_protocol_fallback": False}},
    "smtp": {"prober": "tcp"}, "imaps": {"prober": "tcp", "tcp": {"tls": True}}, "ping": {"prober": "icmp"},
    "soa": {"prober": "dns", "dns": {"query_name": "a.example", "query_type": "NS"}}, "rpc": {"prober": "grpc"},
}  # fmt: skip


def test_modules_of_blackbox_exporter_are_applied_to_their_targets() -> None:
    targets = [
        "a.example",
        {"targets": ["https://b/", "a.example"], "labels": {"module": "login"}},
        {"targets": ["mail:25"], "labels": {"module": "smtp", "name": "mail"}},
        {"targets": ["mail:993"], "labels": {"__param_module": "imaps"}},
        {"targets": ["::1"], "labels": {"module": "ping"}},
        {"targets": ["9.9.9.9"], "labels": {"module": "soa"}},
    ]
    found = made("blackbox", {"modules": MODULES, "targets": targets})
    assert found["a.example (http_2xx)"] == {
        "url": "http://a.example", "expected_status": ["2xx"], "max_redirects": 10,
    }  # fmt: skip
    assert found["https://b/"] == {
        "url": "https://b/", "method": "POST", "body": "x", "headers": {"A": "b"}, "timeout_s": 5.0, "max_redirects": 0,
        "expected_status": ["200", "302"], "verify_tls": False, "ip_version": "4",
        "auth": {"type": "basic", "username": "u", "password": "p"},
        "assertions": [
            {"type": "body", "op": "regex", "value": "ok"}, {"type": "body", "op": "not_regex", "value": "bad"},
        ],
    }  # fmt: skip
    assert "a.example (login)" in found
    urls = [found[name]["url"] for name in ("mail", "mail:993", "::1", "9.9.9.9")]
    assert urls == ["tcp://mail:25", "tls://mail:993", "icmp://[::1]", "dns://a.example"]
    notes = parsed("blackbox", {"modules": MODULES, "targets": targets}).entries[1].notes
    assert ["ca_file" in notes[0], len(notes)] == [True, 1]


def test_what_modules_of_blackbox_exporter_ask_of_answers_is_asked_here() -> None:
    header = {"header": "Server", "regexp": "^nginx"}
    modules = {
        "web": {"prober": "http", "http": {
            "fail_if_header_matches": [header, {**header, "allow_missing": True}], "enable_http2": False,
            "fail_if_header_not_matches": [{"header": "Via", "regexp": "1.1"}], "proxy_url": "http://proxy:3128"}},
        "ssh": {"prober": "tcp", "tcp": {"query_response": [{"expect": "^SSH-2"}]}},
        "redis": {"prober": "tcp", "tcp": {"query_response": [{"send": "PING"}, {"expect": "PONG"}]}},
        "irc": {"prober": "tcp", "tcp": {"query_response": [{"send": "NICK p"}, {"expect": "PING :([^ ]+)"}]}},
        "smtp": {"prober": "tcp", "tcp": {"query_response": [{"expect": "220"}, {"send": "QUIT"}]}},
        "pop": {"prober": "tcp", "tcp": {"query_response": [{"expect": "OK", "send": "QUIT"}]}},
        "rpc": {"prober": "grpc", "grpc": {"tls": True, "service": "shop.Stock"}},
    }  # fmt: skip
    groups = [{"targets": [f"{name}:1"], "labels": {"module": name, "team": "shop"}} for name in modules]
    groups[0]["labels"] |= {"role": "web", "__meta": "x"}  # type: ignore[operator] # of the labels
    found = made("blackbox", {"modules": modules, "targets": groups})
    assert found["web:1"]["assertions"] == [
        {"type": "header", "name": "Via", "op": "regex", "value": "1.1"},
        {"type": "header", "name": "Server", "op": "not_regex", "value": "^nginx"},
    ]
    assert (found["web:1"]["proxy"], found["web:1"]["http_version"]) == ("http://proxy:3128", "1.1")
    assert {one["labels"]["team"] for one in found.values()} == {"shop"}
    assert (found["ssh:1"]["expect"], "send" in found["ssh:1"]) == ("SSH-2", False)
    assert (found["redis:1"]["send"], found["redis:1"]["expect"]) == ("PING\n", "PONG")
    assert (found["rpc:1"]["url"], found["rpc:1"]["service"]) == ("grpcs://rpc:1", "shop.Stock")
    notes = {
        entry.fields["name"]: entry.notes
        for entry in parsed("blackbox", {"modules": modules, "targets": groups}).entries
    }
    assert ["query_response" in str(notes[f"{name}:1"]) for name in ("ssh", "redis", "irc", "smtp", "pop")] == [
        False, False, True, True, True,
    ]  # fmt: skip
    assert ["missing" in str(notes["web:1"]), "labels.role" in str(notes["web:1"])] == [True, True]


def test_targets_of_scrape_jobs_are_taken_with_their_module_and_interval() -> None:
    job = {"metrics_path": "/probe", "params": {"module": ["login"]}, "scrape_interval": "15s",
           "static_configs": [{"targets": ["https://a/"]}]}  # fmt: skip
    other = {"job_name": "node", "static_configs": [{"targets": ["a:9100"]}]}
    found = made("blackbox", {"modules": MODULES, "scrape_configs": [other, job]})
    assert list(found) == ["https://a/"]
    assert (found["https://a/"]["interval_s"], found["https://a/"]["method"]) == (15, "POST")


def test_a_module_that_is_unknown_or_cannot_be_is_a_fault() -> None:
    groups = [{"targets": ["a"], "labels": {"module": name}} for name in ("nothing", "unix")]
    modules = MODULES | {"unix": {"prober": "unix"}}
    found = parsed("blackbox", {"modules": modules, "targets": [*groups, 5]})
    assert [fault.field for fault in found.faults] == ["module", "modules.unix.prober"]
    assert [fault.place.where for fault in found.faults] == ["targets[0].targets[0]", "targets[1].targets[0]"]
    with pytest.raises(InvalidInput, match="targets"):
        parsed("blackbox", {"modules": MODULES})


@pytest.mark.skipif(not has_yaml(), reason="PyYAML is not installed")
def test_modules_and_targets_may_be_two_documents_of_yaml_with_lines() -> None:
    modules = b"modules:\n  web: {prober: http}\n---\n"
    text = modules + b"- targets:\n    - http://a/\n    - http://b/\n  labels: {team: x}\n- 7\n"
    found = read(text, "blackbox")
    assert [(entry.fields["url"], entry.place.line) for entry in found.entries] == [
        ("http://a/", 5),
        ("http://b/", 6),
        ("http://7", 8),
    ]
    assert found.faults == []


def test_time_spans_and_statuses_are_written_in_their_ways() -> None:
    assert [seconds("f", one) for one in ("1h2m3s", "500ms", "1.5m", 7)] == [3723, 0.5, 90, 7]
    for wrong in ("", "5", "s", "1x", "-1s", None, True, "1s ", -1, 10**400, float("nan"), "9" * 400 + "s"):
        with pytest.raises(InvalidInput, match="f:"):
            seconds("f", wrong)
    assert statuses([200, 201, 404, *range(500, 600)]) == ["200-201", "404", "5xx"]
