"""The gatherer's attention: a row wakes it only where it sleeps, and is sent in any case."""

from __future__ import annotations

import threading
import time

from tests.patience import PATIENCE_S
from tests.unit.client.doubles import Gateway
from vedette_client import Recorder
from vedette_client.buffer import WIDTH, Buffer


def test_the_first_row_wakes_a_gatherer_that_sleeps_and_a_batch_one_that_does_not() -> None:
    buffer = Buffer("drop_oldest", 100, 10_000, 10, 1000)
    assert buffer.mark == 0
    buffer.attend(True)
    assert buffer.mark == 10 * WIDTH
    buffer.rows.extend((None, 1, "a", None) * 20)
    buffer.cross()
    assert buffer.mark == 100 * WIDTH
    buffer.take()
    buffer.take()
    assert buffer.mark == 10 * WIDTH
    buffer.attend(False)
    assert buffer.mark == 0
    buffer.close()
    buffer.attend(True)
    assert buffer.mark < 0


def test_rows_are_sent_whether_the_gatherer_was_attentive_or_asleep() -> None:
    arrived = threading.Semaphore(0)
    gateway = Gateway(lambda message: arrived.release())
    rec = Recorder(model="m", transport=gateway, tick_s=0.001, batch_age_s=0.0)
    for number in range(40):
        rec.record({"a": number})
        assert arrived.acquire(timeout=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while number % 2 and rec._buffer.attentive and time.monotonic() < deadline:
            time.sleep(0.001)
    assert gateway.column("a") == list(range(40))
    rec.close()


def test_closing_does_not_wait_for_a_tick() -> None:
    gateway = Gateway()
    rec = Recorder(model="m", transport=gateway, tick_s=PATIENCE_S, batch_age_s=PATIENCE_S)
    for number in range(2):
        rec.record({"a": number})
        assert rec.flush(PATIENCE_S / 2)
    rec.record({"a": 2})
    rec.close(PATIENCE_S / 2)
    assert gateway.column("a") == [0, 1, 2]
