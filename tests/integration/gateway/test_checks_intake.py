"""Checks intake: what is acknowledged is in the log; each fault is named, and the rest goes through."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, check, fault
from tests.integration.gateway.server import Gateway, Tail

FULL = {
    "status": 200,
    "total_ms": 83.1,
    "phases": {"dns": 2.0, "connect": 11.25, "tls": 24.0, "ttfb": 41.5, "transfer": 4.5},
    "bytes": 5120,
    "tls_expires": NOW + 86_400_000,
    "apdex_t_ms": 300,
    "attempt": 2,
    "error": "Ünïcode",
}


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """A monitor of our account, known to the intake."""
    return add_monitor(gateway, "checked")


def results(checks: Tail) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in checks.read()]


def test_a_result_arrives_as_it_was_sent_with_the_account_of_the_token(
    gateway: Gateway, checks: Tail, monitor: int
) -> None:
    sent = check(monitor, **FULL)
    answer = gateway.ingest("checks", sent, "probe")
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "values": 1, "rejected": 0, "rejects": []}
    (record,) = checks.read()
    assert record.key == str(monitor).encode()
    assert json.loads(record.value) == {**sent, "account": gateway.ours.account}


def test_lists_lines_and_packed_bodies_are_taken(gateway: Gateway, checks: Tail, monitor: int) -> None:
    lines = [check(monitor, attempt=n) for n in (2, 3)]
    text = "\n".join(json.dumps(line) for line in lines).encode()
    assert gateway.ingest("checks", lines).json()["accepted"] == 2
    assert gateway.ingest("checks", text, Content_Type="application/x-ndjson").json()["accepted"] == 2
    assert gateway.ingest("checks", gzip.compress(text), Content_Type="application/x-ndjson", Content_Encoding="gzip")
    assert [result["attempt"] for result in results(checks)] == [2, 3] * 3


def test_a_result_cannot_choose_its_account(gateway: Gateway, checks: Tail, monitor: int) -> None:
    gateway.ingest("checks", check(monitor, account=gateway.theirs.account))
    assert [result["account"] for result in results(checks)] == [gateway.ours.account]


def test_a_monitor_of_another_account_is_unknown(gateway: Gateway, checks: Tail, monitor: int) -> None:
    answer = gateway.ingest("checks", check(monitor), tenant=gateway.theirs).json()
    assert (answer["accepted"], answer["rejects"][0]["field"]) == (0, "monitor")
    assert checks.read() == []


def test_a_monitor_is_known_a_second_after_it_was_made(gateway: Gateway, checks: Tail) -> None:
    assert gateway.ingest("checks", check(999_999)).json()["rejected"] == 1
    late = add_monitor(gateway, "made just now")
    gateway.clock.advance(1.5)
    assert gateway.ingest("checks", check(late)).json()["accepted"] == 1
    assert [result["monitor"] for result in results(checks)] == [late]


FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is wrong: (fields, field, part of the value, part of what is allowed)
    "an unknown monitor": ({"monitor": 999_999}, "monitor", "999999", "a monitor of this account"),
    "monitor zero": ({"monitor": 0}, "monitor", "0", "a number from 1"),
    "a huge monitor": ({"monitor": 10**30}, "monitor", "1000", "a number from 1"),
    "a monitor that is text": ({"monitor": "1"}, "monitor", "'1'", "expected `int`"),
    "a monitor that is a boolean": ({"monitor": True}, "monitor", "True", "expected `int`"),
    "a monitor that is null": ({"monitor": None}, "monitor", "None", "expected `int`"),
    "an unknown field": ({"host": 1}, "host", "host", "documented fields"),
    "a field that is half a character": ({"\udc00": 1}, "body", "", r"\udc00"),
    "an empty location": ({"location": ""}, "location", "''", "1 to 63"),
    "a location that is too long": ({"location": "x" * 64}, "location", "xxx", "1 to 63"),
    "a location with NUL": ({"location": "a\0"}, "location", r"\x00", "printable"),
    "a location that is half a character": ({"location": "\ud800"}, "location", r"\ud800", "printable"),
    "a slot in the past": ({"scheduled_ms": NOW - 8 * 86_400_000}, "scheduled_ms", "16993", "a number from"),
    "a start in the future": ({"started_ms": NOW + 400_000}, "started_ms", "17000004", "a number from"),
    "a slot with a fraction": ({"scheduled_ms": NOW + 0.5}, "scheduled_ms", ".5", "expected `int`"),
    "an unknown outcome": ({"outcome": "sideways"}, "outcome", "'sideways'", "up, degraded, down, missed, probe_error"),
    "an outcome that is null": ({"outcome": None}, "outcome", "None", "expected `str`"),
    "NaN as a time": ({"total_ms": float("nan")}, "total_ms", "nan", "a number from 0 to 3600000"),
    "Infinity as a time": ({"total_ms": float("inf")}, "total_ms", "inf", "a number from 0 to 3600000"),
    "a time below zero": ({"total_ms": -0.1}, "total_ms", "-0.1", "a number from 0 to 3600000"),
    "a time that is text": ({"total_ms": "83"}, "total_ms", "'83'", "expected `float`"),
    "a status above 999": ({"status": 1000}, "status", "1000", "a number from 0 to 999"),
    "an error that is too long": ({"error": "x" * 1001}, "error", "xxx", "at most 1000"),
    "an error with NUL": ({"error": "a\0b"}, "error", r"\x00", "without NUL"),
    "an error that is half a character": ({"error": "\udfff"}, "error", r"\udfff", "at most 1000"),
    "an unknown phase": ({"phases": {"dance": 1}}, "phases.dance", "dance", "documented fields"),
    "a phase that is text": ({"phases": {"dns": "x"}}, "phases.dns", "'x'", "expected `float | null`"),
    "a phase below zero": ({"phases": {"tls": -1}}, "phases.tls", "-1", "milliseconds from 0"),
    "NaN as a phase": ({"phases": {"tls": float("nan")}}, "phases.tls", "nan", "milliseconds from 0"),
    "phases that are null": ({"phases": None}, "phases", "None", "expected `object`"),
    "bytes below zero": ({"bytes": -1}, "bytes", "-1", "a number from 0"),
    "a target of zero": ({"apdex_t_ms": 0}, "apdex_t_ms", "0", "a number from 1"),
    "attempt zero": ({"attempt": 0}, "attempt", "0", "a number from 1 to 1000"),
    "a certificate that ends in the year 30000": ({"tls_expires": 10**15}, "tls_expires", "1000", "a number from"),
}


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_bad_result_costs_itself(gateway: Gateway, checks: Tail, monitor: int, wrong: str) -> None:
    fields, field, value, allowed = FAULTS[wrong]
    body = [check(monitor, attempt=1), {**check(monitor), **fields}, check(monitor, attempt=3)]
    answer = gateway.ingest("checks", body)
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert (found["accepted"], found["rejected"]) == (2, 1)
    (reject,) = found["rejects"]
    assert (reject["index"], reject["field"]) == (1, field)
    assert value in reject["value"]
    assert len(reject["value"]) <= 80
    assert allowed in reject["allowed"]
    assert [result.get("attempt", 1) for result in results(checks)] == [1, 3]


@pytest.mark.parametrize("field", ["monitor", "location", "scheduled_ms", "started_ms", "outcome"])
def test_a_missing_field_is_named(gateway: Gateway, checks: Tail, monitor: int, field: str) -> None:
    missing = {name: value for name, value in check(monitor).items() if name != field}
    answer = gateway.ingest("checks", [missing, check(monitor)]).json()
    assert answer["accepted"] == 1
    assert (answer["rejects"][0]["field"], answer["rejects"][0]["allowed"]) == (field, "this field is required")
    assert len(checks.read()) == 1


@pytest.mark.parametrize("item", [None, 1, "x", True, []])
def test_what_is_no_object_costs_itself(gateway: Gateway, checks: Tail, monitor: int, item: object) -> None:
    answer = gateway.ingest("checks", [item, check(monitor)]).json()
    assert (answer["accepted"], answer["rejects"][0]["field"]) == (1, "body")
    assert "expected `object`" in answer["rejects"][0]["allowed"]
    assert len(checks.read()) == 1


def test_malformed_json_is_refused_as_a_whole(gateway: Gateway, checks: Tail, monitor: int) -> None:
    body = json.dumps([check(monitor)]).encode()[:-1]
    assert "valid JSON" in fault(gateway.ingest("checks", body), "body")["allowed"]
    assert checks.read() == []
