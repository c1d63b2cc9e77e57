"""Samples intake: what is acknowledged is in the log, exactly."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
import zstandard

from tests.integration.gateway.reports import NOW, batches_in, fault, report, values_in
from tests.integration.gateway.server import Gateway, Tail

PACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "GZip": gzip.compress,
}


def test_one_batch_arrives_as_it_was_sent(gateway: Gateway, samples: Tail) -> None:
    values = {"cpu": 0.1 + 0.2, 'net{if="eth0"}': 12345678901234567, "d": -1e-300}
    kinds = {'net{if="eth0"}': "counter", "d": "delta"}
    answer = gateway.ingest("samples", report("web-1", epoch=7, seq=9, values=values, kinds=kinds, interval_ms=10_000))
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "values": 3, "rejected": 0, "rejects": []}
    (record,) = samples.read()
    (batch,) = batches_in([record])
    assert record.key == b"web-1"
    assert (batch.source, batch.epoch, batch.seq, batch.ts, batch.interval_ms) == ("web-1", 7, 9, NOW, 10_000)
    assert batch.layout == b'gcpu\ndd\ncnet{if="eth0"}'
    assert batch.floats() == [0.1 + 0.2, -1e-300, 12345678901234567.0]


def test_the_reports_of_a_list_and_of_lines_keep_their_order(gateway: Gateway, samples: Tail) -> None:
    batches = [report("list", seq=n, values={"n": n}) for n in range(3)]
    lines = b"\n".join(json.dumps(batch).encode() for batch in batches) + b"\n\n"
    for body, media_type in ((json.dumps(batches).encode(), "application/json"), (lines, "application/x-ndjson")):
        answer = gateway.ingest("samples", body, Content_Type=media_type)
        assert answer.json() == {"accepted": 3, "values": 3, "rejected": 0, "rejects": []}
    assert values_in(samples.read()) == [{"n": float(n)} for n in range(3)] * 2


@pytest.mark.parametrize("encoding", PACK)
def test_bodies_may_be_packed(gateway: Gateway, samples: Tail, encoding: str) -> None:
    body = PACK[encoding](json.dumps([report("packed", values={"v": 4.25})]).encode())
    assert gateway.ingest("samples", body, Content_Encoding=encoding).status_code == 202
    assert values_in(samples.read()) == [{"v": 4.25}]


def test_zstd_that_does_not_tell_its_size_is_unpacked_too(gateway: Gateway, samples: Tail) -> None:
    packer = zstandard.ZstdCompressor(write_content_size=False)
    values = {f"series.{n}": float(n) for n in range(5_000)}
    body = packer.compress(json.dumps(report("packed", values=values)).encode())
    assert gateway.ingest("samples", body, Content_Encoding="zstd").json()["values"] == 5_000
    assert values_in(samples.read()) == [values]


def test_the_account_comes_from_the_token_and_never_from_the_body(gateway: Gateway, samples: Tail) -> None:
    for tenant in (gateway.ours, gateway.theirs):
        assert gateway.ingest("samples", report("web-1"), tenant=tenant).status_code == 202
    assert [batch.account for batch in batches_in(samples.read())] == [gateway.ours.account, gateway.theirs.account]
    answer = gateway.ingest("samples", report("web-1", account=gateway.theirs.account)).json()
    assert (answer["accepted"], answer["rejects"][0]["field"]) == (0, "account")


def test_names_are_put_into_canonical_form(gateway: Gateway, samples: Tail) -> None:
    gateway.ingest("samples", report(values={'disk{ b="2" , a="1" }': 1, r'x{p="C:\\ \"q\""}': 2}))
    assert values_in(samples.read()) == [{'disk{a="1",b="2"}': 1.0, r'x{p="C:\\ \"q\""}': 2.0}]


def test_an_empty_list_is_accepted_and_nothing_is_written(gateway: Gateway, samples: Tail) -> None:
    for body, media_type in (
        (b"[]", "application/json"),
        (b"", "application/x-ndjson"),
        (b"\n \n", "application/x-ndjson"),
    ):
        answer = gateway.ingest("samples", body, Content_Type=media_type)
        assert answer.status_code == 202
        assert answer.json() == {"accepted": 0, "values": 0, "rejected": 0, "rejects": []}
    assert samples.read() == []


def test_times_up_to_the_limits_are_taken(gateway: Gateway, samples: Tail) -> None:
    edges = [gateway.context.oldest_ms(), gateway.context.newest_ms()]
    assert gateway.ingest("samples", [report(ts=ts) for ts in edges]).json()["accepted"] == 2
    assert [batch.ts for batch in batches_in(samples.read())] == edges


def test_all_rejects_are_counted_and_the_first_hundred_are_listed(gateway: Gateway, samples: Tail) -> None:
    answer = gateway.ingest("samples", [report(), *[report(ts=0)] * 150, report()]).json()
    assert (answer["accepted"], answer["rejected"], len(answer["rejects"])) == (2, 150, 100)
    assert [reject["index"] for reject in answer["rejects"]] == list(range(1, 101))
    assert len(batches_in(samples.read())) == 2


def test_a_broken_line_costs_itself_and_is_named_by_its_number(gateway: Gateway, samples: Tail) -> None:
    lines = [json.dumps(report()), '{"source": "web', "", json.dumps(report(values={"a": None, "b": 2}))]
    answer = gateway.ingest("samples", "\n".join(lines).encode(), Content_Type="application/x-ndjson").json()
    assert (answer["accepted"], answer["values"], answer["rejected"]) == (2, 2, 2)
    assert [(r["index"], r["field"]) for r in answer["rejects"]] == [(1, "line"), (3, 'values["a"]')]
    assert values_in(samples.read()) == [{"cpu": 0.5}, {"b": 2.0}]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "text/plain", ""])
def test_the_media_type_matters_for_lines_only(gateway: Gateway, samples: Tail, media_type: str) -> None:
    assert gateway.ingest("samples", report(), Content_Type=media_type).status_code == 202
    assert len(samples.read()) == 1


def test_lines_sent_as_json_are_refused_as_a_whole(gateway: Gateway, samples: Tail) -> None:
    body = "\n".join([json.dumps(report())] * 2).encode()
    assert "Extra data" in fault(gateway.ingest("samples", body), "body")["allowed"]
    assert samples.read() == []
