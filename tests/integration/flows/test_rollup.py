"""The rollup flow from a real log to a real database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dataflows import rollup
from sinks.patience import persist
from tests.integration.flows.draining import decoded, drain_rollup, put, rejects
from tests.integration.flows.ledger import MINUTE, T0, Ledger
from vedette.errors import StoreUnavailable
from vedette.events.samples import MAX_ACCOUNT, PackedSamples, layout_series
from vedette.events.topics import SAMPLES, SIGNALS
from vedette.log import Log
from vedette.store.pool import Store


def test_rows_hold_what_was_sent(log: Log, store: Store, tmp_path: Path) -> None:
    ledger = Ledger()
    put(log, SAMPLES.name, *ledger.next(150))
    drain_rollup(log, store, tmp_path)
    ledger.assert_kept(store)
    row = store.row("SELECT sum(n)::int AS n FROM rollup_1h")
    assert row == {"n": 450}


def test_a_flow_goes_on_where_it_ended(log: Log, store: Store, tmp_path: Path) -> None:
    ledger = Ledger()
    for _ in range(3):
        put(log, SAMPLES.name, *ledger.next(50))
        drain_rollup(log, store, tmp_path)
        ledger.assert_kept(store)


def test_messages_that_come_twice_count_once(log: Log, store: Store, tmp_path: Path) -> None:
    ledger = Ledger()
    messages = ledger.next(90)
    put(log, SAMPLES.name, *messages, *messages[:30])
    put(log, SAMPLES.name, *messages[100:])
    drain_rollup(log, store, tmp_path)
    put(log, SAMPLES.name, *messages)
    drain_rollup(log, store, tmp_path)
    ledger.assert_kept(store)


GOOD = PackedSamples(1, "a", 1, 1, T0, 0, b"gcpu", b"\0" * 8)
BAD: dict[str, bytes] = {
    "no MessagePack": b"\xff\xfe",
    "empty": b"",
    "half a message": msgspec.msgpack.encode(GOOD)[:-3],
    "JSON that is no batch": b'{"source": 1}',
    "an unknown kind": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, layout=b"xcpu")),
    "no UTF-8": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, layout=b"g\xff")),
    "no series": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, layout=b"gtwo words")),
    "too many values": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, values=b"\0" * 16)),
    "NUL in the source": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, source="a\0")),
    "a far future": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, ts=1 << 62)),
    "an account too large": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, account=MAX_ACCOUNT + 1)),
    "an interval too large": msgspec.msgpack.encode(msgspec.structs.replace(GOOD, interval_ms=1 << 40)),
}


def test_what_cannot_be_read_goes_to_the_rejects_with_its_reason_and_the_flow_goes_on(
    log: Log, store: Store, tmp_path: Path
) -> None:
    ledger = Ledger()
    messages = ledger.next(70)
    for at, bad in enumerate(BAD.values()):
        messages.insert(at * 10, ("h1", bad))
    put(log, SAMPLES.name, *messages)
    drain_rollup(log, store, tmp_path)
    ledger.assert_kept(store)
    found = rejects(log)
    assert sorted(reject.data for reject in found) == sorted(BAD.values())
    for reject in found:
        assert reject.topic == SAMPLES.name
        assert "allowed: " in reject.reason
        assert log.read(reject.topic, reject.partition, reject.offset, 1)[0].value == reject.data


def test_without_bad_messages_there_are_no_rejects(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SAMPLES.name, *Ledger().next(10))
    drain_rollup(log, store, tmp_path)
    assert rejects(log) == []


def test_while_the_database_is_away_the_flow_waits_and_nothing_is_lost(
    log: Log, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, away, waits = rollup.write, [StoreUnavailable("away")] * 5, list[float]()

    def failing(*arguments: Any) -> int:
        if away:
            raise away.pop()
        return write(*arguments)

    assert persist.__kwdefaults__ is not None
    monkeypatch.setattr(rollup, "write", failing)
    monkeypatch.setitem(persist.__kwdefaults__, "sleep", waits.append)
    ledger = Ledger()
    put(log, SAMPLES.name, *ledger.next(130))
    drain_rollup(log, store, tmp_path)
    assert len(waits) == 5
    ledger.assert_kept(store)


def test_hosts_and_watched_series_are_signalled(log: Log, store: Store, tmp_path: Path) -> None:
    def watch(account: int, source: str, layout: bytes) -> Sequence[tuple[int, str]]:
        return [(layout_series(layout)[0].index("gauge"), "gauge")] if source == "h2" else []

    put(log, SAMPLES.name, *Ledger().next(61))
    drain_rollup(log, store, tmp_path, watch)
    series = [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "series"]
    assert {signal["subject"] for signal in series} == {"series:h2/gauge"}
    assert (series[-1]["at"], series[-1]["value"]) == (T0 + 60_000, float((60 * 7 + 1) % 100))


def test_rules_that_cannot_be_read_yet_are_waited_for(
    log: Log, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [StoreUnavailable("away")] * 3

    def watch(account: int, source: str, layout: bytes) -> Sequence[tuple[int, str]]:
        if away:
            raise away.pop()
        return [(layout_series(layout)[0].index("gauge"), "gauge")]

    assert persist.__kwdefaults__ is not None
    monkeypatch.setitem(persist.__kwdefaults__, "sleep", lambda seconds: None)
    put(log, SAMPLES.name, *Ledger(("h1",)).next(10))
    drain_rollup(log, store, tmp_path, watch)
    assert decoded(log, SIGNALS.name)[-1]["at"] == T0 + 9000


def test_a_sender_that_reports_once_a_minute_has_minute_rows_and_no_finer_ones(
    log: Log, store: Store, tmp_path: Path
) -> None:
    for seq in range(5):
        body = {"source": "slow", "epoch": 1, "seq": seq, "ts": T0 + seq * MINUTE, "values": {"cpu": seq}}
        put(log, SAMPLES.name, ("slow", msgspec.json.encode({**body, "interval_ms": MINUTE})))
    drain_rollup(log, store, tmp_path)
    assert [r["sum"] for r in store.rows("SELECT sum FROM samples_1m ORDER BY bucket")] == [0, 1, 2, 3, 4]
    assert store.rows("SELECT 1 FROM rollup_10s") == []
