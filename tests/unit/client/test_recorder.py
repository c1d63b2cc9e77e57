from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.unit.client.doubles import Gateway, Time
from vedette_client import Counters, Misuse, Recorder
from vedette_client.errors import InvalidInput, NotAuthenticated, Overloaded, TooLarge, Unreachable


def balanced(counters: Counters) -> bool:
    return counters.accepted == counters.sent + counters.dropped + counters.rejected + counters.waiting


def away(*_: Any) -> None:
    raise Unreachable("away")


def recorder(gateway: Gateway, time: Time | None = None, **options: Any) -> Recorder:
    return Recorder(model="m", version="1", transport=gateway, clock=time or Time(), background=False, **options)


def test_a_batch_goes_out_when_it_has_its_rows() -> None:
    gateway = Gateway()
    rec = recorder(gateway, batch_rows=3)
    for number in range(3):
        rec.record({"a": number, "b": math.nan}, prediction=number / 2, id=number)
    rec.work()
    (body,) = gateway.bodies
    epoch = body.pop("epoch")
    assert isinstance(epoch, str)
    assert body == {
        "model": "m",
        "version": "1",
        "seq": 1,
        "ts": [1_700_000_000_000] * 3,
        "ids": ["0", "1", "2"],
        "columns": {"a": [0, 1, 2], "b": ["NaN"] * 3},
        "predictions": [0.0, 0.5, 1.0],
    }
    rec.close()


def test_a_smaller_batch_goes_out_when_it_has_its_age() -> None:
    gateway, time = Gateway(), Time()
    rec = recorder(gateway, time, batch_age_s=2)
    rec.record({"a": 1})
    assert rec.work() is None
    time.now = 1.9
    assert rec.work() is None
    time.now = 2.0
    assert rec.work() == 0.0
    assert gateway.column("a") == [1]
    rec.close()


def test_a_batch_goes_out_when_it_has_its_bytes() -> None:
    gateway = Gateway()
    rec = recorder(gateway, batch_bytes=1000)
    for _ in range(16):
        rec.record({"a": "x" * 100})
    while rec.work() is not None:
        pass
    assert len(gateway.column("a")) == 16
    assert len(gateway.bodies) > 1
    rec.close()


def test_outcomes_go_their_own_way() -> None:
    gateway = Gateway()
    rec = recorder(gateway)
    rec.record_outcome("x", 1)
    rec.record_outcome(7, math.inf, ts=5)
    rec.flush()
    (body,) = gateway.bodies
    assert (body["ids"], body["actuals"], body["ts"]) == (["x", "7"], [1, "Infinity"], [1_700_000_000_000, 5])
    rec.close()


def test_what_is_no_record_is_rejected_and_raises_nothing() -> None:
    rec = recorder(Gateway())
    rec.record(None)  # type: ignore[arg-type]
    rec.record([1])  # type: ignore[arg-type]
    rec.record({"a": 1}, ts="yesterday")
    rec.flush()
    counters = rec.counters
    assert (counters.accepted, counters.rejected, counters.sent, counters.unsupported) == (3, 2, 1, 1)
    rec.close()


def test_a_dict_that_is_changed_later_was_copied() -> None:
    gateway = Gateway()
    rec = recorder(gateway)
    features, prediction = {"a": 1}, {"score": 0.0}
    for number in range(3):
        features["a"], prediction["score"] = number, number / 2
        rec.record(features, prediction)
    rec.flush()
    assert gateway.column("a") == [0, 1, 2]
    assert [score for body in gateway.bodies for score in body["predictions"]["score"]] == [0, 0.5, 1]
    rec.close()


def test_a_minute_without_the_gateway_loses_nothing_within_the_bound() -> None:
    gateway, time = Gateway(away), Time()
    rec = recorder(gateway, time, max_rows=10_000, batch_rows=500)
    waits = 0.0
    for second in range(60):
        for row in range(100):
            rec.record({"a": second * 100 + row})
        time.now += 1
        if waits <= time.now:
            waits = time.now + (rec.work() or 0.0)
    assert rec.counters.waiting == 6000
    assert len(gateway.tried) < 15  # it backs off
    gateway.answer = lambda message: None
    assert rec.flush()
    assert gateway.column("a") == list(range(6000))
    assert rec.counters == Counters(6000, 6000, 0, 0, 0, 0, 0, 0)
    rec.close()


def test_a_retry_bears_the_same_numbers() -> None:
    gateway = Gateway(away)
    rec = recorder(gateway)
    rec.record({"a": 1})
    rec.flush()
    gateway.answer = lambda message: None
    rec.flush()
    assert len(gateway.tried) == 2
    assert len(set(gateway.tried)) == 1
    rec.close()


def test_a_wish_to_be_left_alone_is_honoured() -> None:
    def busy(_: Any) -> None:
        raise Overloaded("busy", 42.0)

    rec = recorder(Gateway(busy))
    rec.record({"a": 1})
    rec._pipeline.gatherer.step(force=True)
    wait = rec.work()
    assert wait is not None
    assert 42.0 <= wait <= 42.0 * 1.5
    rec.close()


def test_the_waits_between_tries_grow_and_are_bounded() -> None:
    rec = recorder(Gateway(away))
    rec.record({"a": 1})
    rec._pipeline.gatherer.step(force=True)
    waits = [rec.work() or 0.0 for _ in range(20)]
    assert 0.25 <= waits[0] <= 0.5
    assert 15 <= waits[-1] <= 30
    rec.close()


@pytest.mark.parametrize("error", [InvalidInput("bad", 422), NotAuthenticated("who", 401)])
def test_a_refusal_costs_its_message_alone_and_is_logged_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def picky(message: Any) -> None:
        if b'"bad"' in message.body:
            raise error

    gateway = Gateway(picky)
    rec = recorder(gateway, batch_rows=1)
    for name in ("good", "bad", "bad", "good"):
        rec.record({name: 1})
    rec.flush()
    assert (rec.counters.sent, rec.counters.rejected) == (2, 2)
    assert rec.last_error == str(error)
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    rec.close()


def test_a_message_that_is_too_large_is_split_and_only_what_stays_too_large_is_rejected() -> None:
    def small(message: Any) -> None:
        if message.rows > 3 or b"huge" in message.body:
            raise TooLarge("too large", 413)

    gateway = Gateway(small)
    rec = recorder(gateway)
    for number in range(20):
        rec.record({"a": number if number != 7 else "huge"})
    rec.flush()
    assert gateway.column("a") == [number for number in range(20) if number != 7]
    assert (rec.counters.sent, rec.counters.rejected) == (19, 1)
    numbers = [seq for _, seq in gateway.tried]
    assert numbers == sorted(set(numbers))  # each part is a message of its own
    rec.close()


def test_a_row_that_alone_is_above_a_message_is_rejected_and_costs_no_other() -> None:
    gateway = Gateway()
    rec = recorder(gateway, batch_bytes=5000)
    for size in (10, 9000, 20):
        rec.record({"a": "x" * size})
    rec.flush()
    assert [len(text) for text in gateway.column("a")] == [10, 20]
    assert rec.counters.rejected == 1
    rec.close()


def test_closing_drops_what_cannot_be_sent_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(away)
    rec = recorder(gateway)
    rec.record({"a": 1})
    rec.close(0.0)
    rec.record({"a": 2})
    assert rec.counters == Counters(2, 0, 2, 0, 0, 0, 0, 0)
    assert gateway.closed
    assert "1 rows were dropped" in caplog.text
    rec.close()


def test_the_books_balance_while_threads_record_and_the_gateway_fails_now_and_then() -> None:
    lock, calls = threading.Lock(), [0]

    def moody(message: Any) -> None:
        with lock:
            calls[0] += 1
        if calls[0] % 3 == 0:
            raise TooLarge("too large", 413)
        if calls[0] % 5 == 0:
            raise InvalidInput("bad", 422)

    gateway = Gateway(moody)
    rec = Recorder(model="m", transport=gateway, max_rows=2000, batch_rows=100, tick_s=0.001, batch_age_s=0.001)
    threads = [threading.Thread(target=lambda: [rec.record({"a": n}) for n in range(5000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert balanced(rec.counters)
        assert rec.counters.waiting <= 2000 + len(threads)
    assert rec.flush(PATIENCE_S)
    rec.close()
    counters = rec.counters
    assert counters.accepted == 20_000
    assert balanced(counters)
    assert counters.waiting == 0
    assert counters.sent == len(gateway.column("a"))


def test_where_no_thread_can_be_started_rows_wait_and_closing_sends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    gateway = Gateway()
    rec = Recorder(model="m", transport=gateway)
    rec.record({"a": 1})
    assert rec.counters.waiting == 1
    rec.close()
    assert gateway.column("a") == [1]
    assert gateway.closed


@pytest.mark.parametrize(
    "options",
    [
        {"policy": "spill"},
        {"spill_folder": Path("x")},
        {"policy": "other"},
        {"encoding": "xml"},
        {"max_rows": 0},
        {"policy": "block"},
        {"model": ""},
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(Misuse, match=next(iter(options)) if "spill" not in str(options) else "spill_folder"):
        Recorder(**{"model": "m", "transport": Gateway(), "background": False, **options})


@pytest.mark.parametrize(("url", "token"), [("ftp://x", "t"), ("x", "t"), ("http://x", ""), ("http://x", "a b")])
def test_a_wrong_address_or_token_is_found_at_once(url: str, token: str) -> None:
    with pytest.raises(Misuse, match=r"url|token"):
        Recorder(url, token, model="m")
