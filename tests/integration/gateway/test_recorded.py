"""What comes of recorded messages: they are taken as requests are, and what is refused is told without its token."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from tests.integration.gateway.recorded_house import House
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import as_arrow, register
from vedette.errors import InvalidInput
from vedette.events.features import FeatureBatch
from vedette.events.model_metrics import values_in
from vedette.events.outcomes import is_outcomes
from vedette.events.recorded import Recorded, decode_recorded, encode_recorded


@pytest.fixture
def house(fresh: Gateway) -> House:
    """A house of this test's own."""
    register(fresh, "churn")
    return House(fresh)


def posted(house: House, path: str, body: dict[str, Any]) -> None:
    answer = house.gateway.call("POST", path, "ingest", json=body)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("features", {"columns": {"age": [41, None], "plan": ["a", "b"]}, "predictions": [0.5, 0.7], "version": "3"}),
        ("outcomes", {"ids": ["r-1", "r-2"], "actuals": [True, 0.5]}),
        ("metrics", {"names": ["cost", "cost"], "values": [0.25, 1]}),
    ],
)
def test_the_log_gets_the_same_as_over_http(house: House, kind: str, fields: dict[str, Any]) -> None:
    # The gateway's clock stands still; the log's does not. So each way gets times that it takes.
    before = house.gateway.clock.now_ms()
    house.gateway.clock.advance((house.now_ms - before) / 1000)
    body = {"model": "churn", "epoch": "a", "seq": 7, "ts": [house.now_ms, house.now_ms - 1000], **fields}
    posted(house, f"/v1/{kind}", body)
    house.put(encode_recorded(Recorded(house.token, kind, json.dumps(body).encode())))  # type: ignore[arg-type]
    house.carry()
    over_http, recorded = house.features()
    assert recorded == over_http
    assert house.rejects() == []


def test_rows_as_arrow_have_their_identity_in_the_envelope(house: House) -> None:
    table = pa.table({"ts": [house.now_ms], "columns.age": [41.0]}).replace_schema_metadata({"vedette.model": "churn"})
    kind = "application/vnd.apache.arrow.stream"
    house.put(encode_recorded(Recorded(house.token, "features", as_arrow(table), kind, "arrow", 9)))
    house.carry()
    assert house.seqs() == [9]


def test_a_metric_without_a_time_gets_the_logs_own(house: House) -> None:
    house.say("metrics", names=["cost"], values=[0.5], ts=None)
    house.carry()
    (batch,) = house.features()
    ((name, at, value),) = values_in(batch)
    assert (name, value) == ("cost", 0.5)
    assert 0 <= at - house.now_ms < 3_600_000


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"token": "vdt_nobodys"}, "token"),
        ({"token": "eyJhbGciOi.of.a-sign-in"}, "this needs an API token"),
        ({"token": ""}, "this needs an API token"),
        ({"model": "nobody's"}, 'model: "nobody\'s" is not allowed'),
        ({"seq": -1}, "seq: -1 is not allowed"),
        ({"ts": "now"}, "ts"),
        ({"type": "text/csv"}, "Content-Type: 'text/csv' is not allowed"),
        ({"kind": "outcomes", "type": "application/vnd.apache.arrow.stream"}, "Content-Type"),
        ({"kind": "outcomes"}, "outcomes: 'both or none' is not allowed"),
    ],
)
def test_a_message_that_can_never_be_taken_is_rejected_with_its_reason_and_stops_no_other(
    house: House, fields: dict[str, Any], reason: str
) -> None:
    house.say(seq=1)
    house.say(**{"seq": 2, **fields})
    house.say(seq=3)
    house.carry()
    assert house.seqs() == [1, 3]
    (reject,) = house.rejects()
    assert reason in reject.reason
    assert reject.topic == "vedette.recorded"
    assert reject.data, "the body is kept, so that it can be sent again"
    assert house.taken() == 3


def test_a_token_needs_the_scope_and_the_subject(house: House) -> None:
    house.say(token=house.gateway.ours.tokens["read"])
    bound = house.gateway.token("ingest", subject="another").tokens["it"]
    house.say(token=bound)
    house.say(token=house.gateway.theirs.tokens["ingest"])
    house.carry()
    scope, subject, account = house.reasons()
    assert "this needs the scope 'ingest'" in scope
    assert "this token may only report for 'another'" in subject
    assert "model: 'churn' is not allowed" in account
    for reject in house.rejects():
        assert bound.encode() not in reject.data
    assert house.features() == []


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xc1 no MessagePack",
        b'{"token": "vdt_secret"}',
        msgspec.msgpack.encode(["vdt_secret"]),
        msgspec.msgpack.encode({"token": "vdt_secret", "kind": "vdt_secret", "body": b"{}"}),
        msgspec.msgpack.encode({"token": "vdt_secret", "kind": "features"}),
        msgspec.msgpack.encode({"token": b"vdt_secret", "kind": "features", "body": "text"}),
        msgspec.msgpack.encode({"token": "vdt_secret", "kind": "features", "body": b"{}", "seq": "vdt_secret"}),
        b"\x91" * 10_000,
    ],
)
def test_garbage_is_rejected_and_none_of_its_bytes_are_kept(house: House, value: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_recorded(value)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
    house.put(value)
    house.say(seq=2)
    house.carry()
    assert house.seqs() == [2]
    (reject,) = house.rejects()
    assert (reject.data, "MessagePack" in reject.reason, "secret" in reject.reason) == (b"", True, False)


def test_a_body_above_the_limit_is_rejected_and_not_kept(house: House) -> None:
    house.put(encode_recorded(Recorded(house.token, "features", b" " * ((4 << 20) + 1))))
    house.carry()
    (reject,) = house.rejects()
    assert (reject.data, reject.reason) == (b"", "the body is larger than the limit of 4194304 bytes")


def test_a_refused_column_costs_itself_alone_and_is_told(house: House) -> None:
    house.say(ts=[house.now_ms, 1], columns={"age": [1, 2], "short": [1], "nested": [[1], {}]})
    house.carry()
    (batch,) = house.features()
    assert [column.name for column in batch.columns] == ["age"]
    (reject,) = house.rejects()
    assert reject.reason == (
        "taken, but for: 1 rows whose times are beyond what is taken; short: it has 1 values, and there are 2 rows;"
        " nested: values are numbers, texts, booleans or null, not lists or objects"
    )
    assert reject.data == b"", "the rest was taken"


def test_refused_outcomes_and_metrics_are_told_and_only_some_are_named(house: House) -> None:
    house.say("outcomes", ids=["r-1"] * 30, actuals=[None] * 29 + [1], ts=None)
    house.say("metrics", names=["cost", "cost"], values=[1, "much"], ts=None, seq=2)
    house.carry()
    outcomes, metrics = house.reasons()
    assert outcomes.startswith("taken, but for: row 0: actual: ")
    assert outcomes.endswith("; 9 more")
    assert metrics == "taken, but for: row 1: value: a finite number"
    assert sorted(map(is_outcomes, house.features())) == [False, True]


def test_a_message_of_which_nothing_is_left_writes_nothing_on(house: House) -> None:
    house.say(ts=[1])
    house.carry()
    assert (house.features(), len(house.rejects()), house.taken()) == ([], 1, 1)


def test_a_fault_of_ours_with_one_message_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> FeatureBatch:
        raise ZeroDivisionError(house.token)

    monkeypatch.setattr("ingest_api.recorded.taking.take_metrics", fail)
    house.say("metrics", names=["cost"], values=[1])
    house.say(seq=2)
    house.carry()
    assert house.seqs() == [2]
    assert house.reasons() == ["it could not be taken: ZeroDivisionError"]
