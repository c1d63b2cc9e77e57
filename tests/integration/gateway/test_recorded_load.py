"""Recorded messages that are many, large or wrong: none goes on twice or stops the others, and what waits is told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import structlog

import ingest_api.tokens
from ingest_api.recorded import taking
from ingest_api.recorded.reader import LEASE_S
from ingest_api.recorded.refusals import EACH_S
from ingest_api.recorded.taking import Taker, Verdict
from tests.integration.gateway.recorded_house import House
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from vedette.auth.scopes import Principal
from vedette.errors import StoreUnavailable
from vedette.events.recorded import Recorded, encode_recorded
from vedette.log import Record
from vedette.store.pool import Store
from vedette.telemetry import metrics

WAITING = "vedette_recorded_waiting"


@pytest.fixture
def fresh(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose log lets little wait for its commit."""
    with Gateway(dsn, tmp_path, log_max_pending_mb=1) as running:
        yield running


@pytest.fixture
def house(fresh: Gateway) -> House:
    """A house of this test's own."""
    register(fresh, "churn")
    return House(fresh)


def value_of(name: str, **labels: str) -> float:
    """What a metric of this process is now."""
    return metrics().registry.get_sample_value(name, labels) or 0.0


def packed(now_ms: int, rows: int, columns: int) -> bytes:
    """Zeros as zstd-packed Arrow: a body of some kilobytes, and 8 bytes a value in the log."""
    zeros = pa.array([0.0] * rows)
    table = pa.table({"ts": [now_ms] * rows} | {f"columns.c{n}": zeros for n in range(columns)})
    target = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(target, table.schema.with_metadata({"vedette.model": "churn"}), options=options) as writer:
        writer.write_table(table.replace_schema_metadata({"vedette.model": "churn"}))
    return target.getvalue()


def test_bodies_that_unpack_to_more_than_the_log_lets_wait_go_on_once_each(house: House) -> None:
    body = packed(house.now_ms, rows=500, columns=200)
    kind = "application/vnd.apache.arrow.stream"
    for seq in range(1, 9):
        house.put(encode_recorded(Recorded(house.token, "features", body, kind, "packed", seq)))
    assert house.reader.step()
    assert house.seqs() == list(range(1, 9))
    assert sum(len(column.data) for column in house.features()[0].columns) == 800_000
    assert (house.taken(), house.rejects()) == (8, [])


def test_a_step_that_fails_does_not_repeat_what_was_durable_before_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, taken = taking.take_features, []

    def away_at_the_third(*values: Any) -> Any:
        taken.append(values)
        if len(taken) == 3:
            raise StoreUnavailable("away")
        return take(*values)

    monkeypatch.setattr(taking, "take_features", away_at_the_third)
    for seq in (1, 2, 3, 4):
        house.say(seq=seq)
    with pytest.raises(StoreUnavailable):
        house.reader.step()
    assert (house.seqs(), house.taken()) == ([1, 2], 2)
    house.carry()
    assert (house.seqs(), house.taken()) == ([1, 2, 3, 4], 4)


def test_a_batch_that_takes_long_is_cut_short_so_that_its_lease_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Taker.take

    def slow(self: Taker, record: Record) -> Verdict:
        house.gateway.clock.advance(LEASE_S / 6)
        return take(self, record)

    monkeypatch.setattr(Taker, "take", slow)
    for seq in (1, 2, 3):
        house.say(seq=seq)
    assert house.reader.step()
    assert (house.seqs(), house.taken()) == ([1, 2], 2)
    house.carry()
    assert house.seqs() == [1, 2, 3]


def test_a_refused_token_costs_one_look_and_one_line_and_each_message_is_counted_and_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looked = ingest_api.tokens.principal_of_api_token, []

    def watched(store: Store, token: str) -> Principal:
        looked.append(token)
        return look(store, token)

    monkeypatch.setattr(ingest_api.tokens, "principal_of_api_token", watched)
    before = value_of("vedette_ingest_rejected_total", topic="recorded")
    for seq in range(1, 31):
        house.say(token="vdt_nobodys", seq=seq)
    house.say(seq=31)
    with structlog.testing.capture_logs() as logs:
        house.carry()
        told = [(one["event"], one["offset"]) for one in logs if "rejected" in one["event"]]
        assert told == [("message_rejected", 0)]
        logs.clear()
        house.gateway.clock.advance(EACH_S)
        house.carry()
        told = [(one["event"], one["messages"]) for one in logs if "rejected" in one["event"]]
        assert told == [("messages_rejected", 29)]
    assert looked.count("vdt_nobodys") == 1
    assert len(house.rejects()) == 30
    assert value_of("vedette_ingest_rejected_total", topic="recorded") == before + 30
    assert house.seqs() == [31]


def test_how_many_messages_wait_is_told_also_while_the_database_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    house.say(seq=1)
    house.carry()
    house.say(seq=2)
    house.say(seq=3)
    with monkeypatch.context() as patched:
        patched.setattr("vedette.store.recorded.claim", away)
        house.gateway.clock.advance(LEASE_S)
        with pytest.raises(StoreUnavailable):
            house.reader.step()
        assert value_of(WAITING) == 2
    house.carry()
    house.gateway.clock.advance(LEASE_S)
    house.carry()
    assert value_of(WAITING) == 0


def test_what_expired_unread_does_not_wait(house: House) -> None:
    house.say(seq=1)
    house.carry()
    house.say(seq=2)
    house.gateway.log.enforce_retention(house.now_ms + 30 * 86_400_000)
    house.say(seq=3)
    house.gateway.clock.advance(LEASE_S)
    house.carry()
    assert value_of(WAITING) == 1
