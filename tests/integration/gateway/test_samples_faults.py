"""Samples with faults: each is named with its value and what is allowed, and the rest of the batch goes through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, report, values_in
from tests.integration.gateway.server import Gateway, Tail

GOOD_BEFORE, GOOD_AFTER = report("before", values={"first": 1.0}), report("after", values={"last": 2.0})
FINITE = "a finite number"


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in report().items() if name != field}


BATCHES: dict[str, tuple[Any, str, str, str]] = {
    # what is wrong: (batch, field, part of the value, part of what is allowed)
    "null": (None, "body", "None", "an object with source"),
    "a number": (7, "body", "7", "an object with source"),
    "text": ("x", "body", "'x'", "an object with source"),
    "true": (True, "body", "True", "an object with source"),
    "a list in the list": ([report()], "body", "web-1", "an object with source"),
    "no source": (without("source"), "source", "", "required"),
    "no values": (without("values"), "values", "", "required"),
    "no time": (without("ts"), "ts", "", "required"),
    "an unknown field": (report(host="x"), "host", "host", "documented fields"),
    "a field that is half a character": ({**report(), "\ud800": 1}, "body", "web-1", r"\ud800"),
    "a source that is a number": ({**report(), "source": 7}, "source", "7", "expected `str`"),
    "an empty source": (report(""), "source", "''", "1 to 200 printable"),
    "a source that is too long": (report("x" * 201), "source", "xxx", "1 to 200 printable"),
    "a source with a line break": (report("a\nb"), "source", r"a\nb", "printable"),
    "a source with NUL": (report("a\0"), "source", r"\x00", "printable"),
    "a source that is half a character": (report("\ud800"), "source", r"\ud800", "printable"),
    "an epoch that is text": (report(epoch="1"), "epoch", "'1'", "expected `int`"),
    "a sequence number that is a boolean": (report(seq=True), "seq", "True", "expected `int`"),
    "a sequence number below zero": (report(seq=-1), "seq", "-1", "from 0 to 2^62"),
    "a sequence number with a fraction": (report(seq=1.5), "seq", "1.5", "expected `int`"),
    "a huge epoch": (report(epoch=10**30), "epoch", "1000", "from 0 to 2^62"),
    "an epoch of four thousand digits": (report(epoch=10**4000), "epoch", "1000", ""),
    "a long interval": (report(interval_ms=1 << 31), "interval_ms", "2147483648", "milliseconds from 0"),
    "a time in the past": (report(ts=NOW - 8 * 86_400_000), "ts", "16993", "milliseconds UTC from"),
    "a time in the future": (report(ts=NOW + 301_000), "ts", "17000003", "milliseconds UTC from"),
    "a time in seconds": (report(ts=NOW // 1000), "ts", "1700000000", "milliseconds UTC from"),
    "a time below zero": (report(ts=-1), "ts", "-1", "milliseconds UTC from"),
    "a huge time": (report(ts=10**25), "ts", "1000", "milliseconds UTC from"),
    "a time that is text": (report(ts="2023-11-14T22:13:20Z"), "ts", "2023-11-14", "expected `int`"),
    "a time that is null": (report(ts=None), "ts", "None", "expected `int`"),
    "values that are a list": (report(values=[1, 2]), "values", "[1, 2]", "expected `object`"),
    "values that are null": (report(values=None), "values", "None", "expected `object`"),
    "empty values": (report(values={}), "values", "0 values", "1 to 10000"),
    "too many values": (report(values={f"n{n}": n for n in range(10_001)}), "values", "10001 values", "1 to 10000"),
    "an unknown kind": (report(kinds={"cpu": "histogram"}), 'kinds["cpu"]', "'histogram'", "gauge, counter, delta"),
    "a kind that is a number": (report(kinds={"cpu": 1}), 'kinds["cpu"]', "1", "expected `str`"),
    "kinds that are a list": (report(kinds=[]), "kinds", "[]", "expected `object`"),
}


@pytest.mark.parametrize("fault", BATCHES)
def test_a_bad_batch_costs_itself(gateway: Gateway, samples: Tail, fault: str) -> None:
    batch, field, value, allowed = BATCHES[fault]
    answer = gateway.ingest("samples", [GOOD_BEFORE, batch, GOOD_AFTER])
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert (found["accepted"], found["values"], found["rejected"]) == (2, 2, 1)
    (reject,) = found["rejects"]
    assert (reject["index"], reject["field"]) == (1, field)
    assert value in reject["value"]
    assert len(reject["value"]) <= 80
    assert allowed in reject["allowed"]
    assert sorted(map(str, values_in(samples.read()))) == ["{'first': 1.0}", "{'last': 2.0}"]


VALUES: dict[str, tuple[str, str | None, str, str]] = {
    # what is wrong: (name and value as JSON, field, value shown, part of what is allowed)
    "NaN": ('"v": NaN', 'values["v"]', "nan", FINITE),
    "Infinity": ('"v": Infinity', 'values["v"]', "inf", FINITE),
    "-Infinity": ('"v": -Infinity', 'values["v"]', "-inf", FINITE),
    "1e999": ('"v": 1e999', 'values["v"]', "inf", FINITE),
    "a number of 400 digits": (f'"v": {"9" * 400}', 'values["v"]', "999", FINITE),
    "a number of 5000 digits": (f'"v": -{"9" * 5000}', 'values["v"]', "-inf", FINITE),
    "text": ('"v": "12"', 'values["v"]', "'12'", FINITE),
    "a boolean": ('"v": true', 'values["v"]', "True", FINITE),
    "null": ('"v": null', 'values["v"]', "None", FINITE),
    "a list": ('"v": [1]', 'values["v"]', "[1]", FINITE),
    "an object": ('"v": {"a": 1}', 'values["v"]', "{'a': 1}", FINITE),
    "an empty name": ('"": 1', 'values[""]', "''", "a letter or _"),
    "a name that begins with a digit": ('"9v": 1', 'values["9v"]', "'9v'", "a letter or _"),
    "a name with a space": ('"a b": 1', 'values["a b"]', "'a b'", "a letter or _"),
    "a name that is too long": (f'"{"n" * 201}": 1', f'values["{"n" * 60}"]', "nnn", "at most 200"),
    "a name with labels that is too long": (
        json.dumps("n{a=" + json.dumps("x" * 600) + "}") + ": 1",
        'values["n{a=\\"'.replace("\\", "") + "x" * 55 + '"]', "xxx", "at most 600",
    ),
    "too many labels": (
        json.dumps("n{" + ",".join(f'l{n}="x"' for n in range(17)) + "}") + ": 1", None, "l0=", "at most 16 labels",
    ),
    "a label twice": (json.dumps('n{a="1",a="2"}') + ": 1", 'values["n{a="1",a="2"}"]', "'a'", "each label once"),
    "labels without an end": (json.dumps('n{a="1"') + ": 1", 'values["n{a="1""]', "n{a=", "between { and }"),
    "labels without quotes": (json.dumps("n{a=1}") + ": 1", 'values["n{a=1}"]', "a=1", 'key="value"'),
    "NUL in a label": (r'"n{a=\"\u0000\"}": 1', 'values["n{a="\0"}"]', r"\x00", "without control"),
    "half a character in a label": (r'"n{a=\"\ud800\"}": 1', r'values["n{a="\ud800"}"]', r"\ud800", "without control"),
    "half a character as a name": (r'"\udfff": 1', r'values["\udfff"]', r"\udfff", "a letter or _"),
    "a name twice after canonicalisation": (
        json.dumps('good{ x="1" }') + ": 1", 'values["good{ x="1" }"]', "good{", "each series once",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", VALUES)
def test_a_bad_value_costs_itself(gateway: Gateway, samples: Tail, fault: str) -> None:
    text, field, value, allowed = VALUES[fault]
    values = r'{"good{x=\"1\"}": 1, FAULT, "other": 2}'.replace("FAULT", text)
    body = json.dumps(report()).replace('{"cpu": 0.5}', values).encode()
    answer = gateway.ingest("samples", b"[" + body + b"," + json.dumps(GOOD_AFTER).encode() + b"]")
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert (found["accepted"], found["values"], found["rejected"]) == (2, 3, 1)
    (reject,) = found["rejects"]
    assert reject["index"] == 0
    assert field is None or reject["field"] == field
    assert reject["field"].startswith("values[")
    assert value in reject["value"]
    assert allowed in reject["allowed"]
    assert values_in(record for record in samples.read() if record.key == b"web-1") == [
        {'good{x="1"}': 1.0, "other": 2.0}
    ]


def test_a_batches_in_bad_values_only_is_refused_with_each_of_them(gateway: Gateway, samples: Tail) -> None:
    body = json.dumps(report(values={"a": float("nan"), "b": "x"})).encode()
    answer = gateway.ingest("samples", body).json()
    assert (answer["accepted"], answer["rejected"]) == (0, 3)
    assert [reject["field"] for reject in answer["rejects"]] == ['values["a"]', 'values["b"]', "values"]
    assert samples.read() == []


def test_a_kind_without_its_value_is_named_and_the_values_go_through(gateway: Gateway, samples: Tail) -> None:
    answer = gateway.ingest("samples", report(values={"a": 1, "b": 2}, kinds={"b": "delta", "gone": "counter"})).json()
    assert (answer["accepted"], answer["values"], answer["rejected"]) == (1, 2, 1)
    reject = answer["rejects"][0]
    assert (reject["field"], reject["value"]) == ('kinds["gone"]', "'counter'")
    assert reject["allowed"] == "a name that stands in values"
    assert values_in(samples.read()) == [{"a": 1.0, "b": 2.0}]


@pytest.mark.parametrize("bad", [float("nan"), None])
def test_the_kind_of_a_bad_value_goes_with_it(gateway: Gateway, samples: Tail, bad: float | None) -> None:
    answer = gateway.ingest("samples", report(values={"a": bad, "b": 2}, kinds={"a": "counter"})).json()
    assert (answer["accepted"], answer["values"], answer["rejected"]) == (1, 1, 1)
    assert answer["rejects"][0]["field"] == 'values["a"]'
    assert values_in(samples.read()) == [{"b": 2.0}]
