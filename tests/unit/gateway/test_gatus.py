"""Gatus: conditions hold where they held there, or are told to differ, or are left out by name; external endpoints."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest_api.importing.entries import Entry
from ingest_api.importing.planning import plan
from probes.assertions import Answer, Assertions, JsonAssertion
from tests.unit.gateway.test_foreign_formats import made, parsed


def entry(*conditions: str, url: str = "http://a/", **fields: Any) -> Entry:
    endpoint = {"name": "a", "url": url, "conditions": list(conditions), **fields}
    found = parsed("gatus", {"endpoints": [endpoint]})
    assert [*found.faults, *plan(found.entries, {})[1]] == []
    return found.entries[0]


BODIES: list[tuple[str, dict[str, Any], bool]] = [
    ("has([BODY].errors) == false", {"errors": None}, True),
    ("has([BODY].errors) == false", {}, True),
    ("has([BODY].errors) == false", {"errors": []}, False),
    ("has([BODY].errors) == true", {"errors": None}, False),
    ("has([BODY].errors) == true", {"errors": False}, True),
    ("len([BODY].items) > 1", {"items": [1, 2]}, True),
    ("len([BODY].items) > 1", {"items": [1]}, False),
    ("len([BODY].items) > 1", {}, False),
    ("len([BODY].items) != 1", {}, True),
    ("len([BODY].items) != 1", {"items": "a"}, False),
    ("[BODY].code == any(200, ok)", {"code": "200"}, True),
    ("[BODY].code == any(200, ok)", {"code": 200}, True),
    ("[BODY].code == any(200, ok)", {"code": 201}, False),
    ("[BODY].code != any(200, ok)", {"code": 201}, True),
    ("[BODY].code != any(200, ok)", {"code": "ok"}, False),
    ("[BODY].code != 200", {"code": "200"}, False),
    ("[BODY].code != 200", {"code": 200}, False),
    ("[BODY].code != 200", {"code": 500}, True),
    ("[BODY].code != 200", {}, True),
    ("[BODY].code == 200", {"code": 200}, True),
    ("[BODY].code == 200", {"code": 500}, False),
    ("[BODY].ok == true", {"ok": True}, True),
    ("[BODY].error != fatal", {}, True),
    ("[BODY].error != fatal", {"error": "fatal"}, False),
    ("[BODY].load < 5", {"load": 4}, True),
    ("[BODY].load < 5", {"load": 5}, False),
    ("[BODY].name == pat(a?c*)", {"name": "abcd"}, True),
    ("[BODY].name == pat(a?c*)", {"name": "ac"}, False),
]


@pytest.mark.parametrize(("condition", "answer", "holds"), BODIES)
def test_a_condition_on_the_body_holds_where_it_held_in_gatus(
    condition: str, answer: dict[str, Any], holds: bool
) -> None:
    (one,) = made("gatus", {"endpoints": [{"name": "a", "url": "http://a/", "conditions": [condition]}]}).values()
    assertions = [msgspec.convert(each, JsonAssertion) for each in one["assertions"]]
    body = msgspec.json.encode(answer)
    assert (not Assertions(assertions).judge(Answer([], body, len(body)))) is holds


@pytest.mark.parametrize(
    ("condition", "note"),
    [
        ("[BODY].code == 200", "not with a text that looks like it"),
        ("[BODY].load > 1.5", "not with a text that looks like it"),
        ("len([BODY].items) > 3", "what is not there has no length"),
        ("[BODY].name == pat(a*)", "holds for texts only"),
        ("[BODY].latency < 500ms", "not carried over"),
        ("[BODY].name > a", "not carried over"),
        ("[BODY].items[*].state == up", "not carried over"),
        ("[BODY].a == [BODY].b", "not carried over"),
        ("[BODY]..a == 1", "not carried over"),
    ],
)
def test_what_differs_and_what_is_left_out_is_told(condition: str, note: str) -> None:
    found = entry(condition)
    (told,) = found.notes
    assert told.startswith(f"the condition {condition}: ")
    assert note in told
    assert ("assertions" in found.fields) is (note != "not carried over")


def test_of_several_bounds_the_strictest_counts() -> None:
    for times in ((300, 2000), (2000, 300)):
        assert entry(*(f"[RESPONSE_TIME] < {ms}" for ms in times)).fields["down_above_ms"] == 300
    for hours in ((720, 48), (48, 720)):
        found = entry(*(f"[CERTIFICATE_EXPIRATION] > {each}h" for each in hours))
        assert found.fields["certificate_down_days"] == 30.0


def test_a_condition_that_has_no_place_is_told() -> None:
    assert entry("[STATUS] == 200", url="tcp://a:1").notes == ["the condition [STATUS] == 200: not carried over"]
    dns = {"query-name": "a.example", "query-type": "A"}
    found = entry("[BODY] == 1.1.1.1", "[BODY] == 2.2.2.2", "[BODY] == 1.1.1.1", url="8.8.8.8", dns=dns)
    assert found.fields["expected_answers"] == ["1.1.1.1"]
    assert found.notes == ["the condition [BODY] == 2.2.2.2: not carried over"]


def test_gatus_external_endpoints_become_heartbeats() -> None:
    body = {"external-endpoints": [
        {"name": "backup", "group": "jobs", "token": "t", "heartbeat": {"interval": "30m"}, "alerts": []},
        {"name": "often", "enabled": False, "heartbeat": {"interval": "5s"}},
        {"name": "never late", "token": "t"},
        {"name": "never late either", "heartbeat": {"interval": "0s"}},
    ]}  # fmt: skip
    found = parsed("gatus", body)
    planned, _ = plan(found.entries, {})
    assert [(one.spec.name, one.spec.kind, one.spec.every_s, one.spec.paused) for one in planned] == [
        ("jobs/backup", "heartbeat", 1800, False),
        ("often", "heartbeat", 10, True),
    ]
    assert "every 5 s became one every 10 s" in " ".join(found.entries[1].notes)
    told = [(fault.field, fault.value, fault.place.where, fault.place.number) for fault in found.faults]
    assert told == [
        ("heartbeat.interval", "'<missing>'", "external-endpoints[2]", 3),
        ("heartbeat.interval", "'0s'", "external-endpoints[3]", 4),
    ]
    with_others = parsed("gatus", {"endpoints": [{"name": "a", "url": "http://a/"}], **body})
    assert [entry.place.number for entry in with_others.entries] == [1, 2, 3]
