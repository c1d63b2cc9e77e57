"""Pings on the wire, and the longest times that results may have."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vedette.errors import InvalidInput
from vedette.events.checks import LONGEST_MS, LONGEST_RUN_MS, CheckRecord, check_result
from vedette.events.pings import KEPT_BYTES, Listening, Ping, decode_ping, encode_ping


@pytest.mark.parametrize(
    "event", [Ping(7, 1, 5, "success"), Ping(7, 1, 5, "fail", 3, "run", "é" * KEPT_BYTES, 99_999), Listening(5)]
)
def test_what_is_written_is_read_again(event: Ping | Listening) -> None:
    assert decode_ping(encode_ping(event)) == event


def test_fields_of_a_newer_writer_are_passed_over() -> None:
    data = {**msgspec.json.decode(encode_ping(Ping(7, 1, 5, "start"))), "mood": "good"}
    assert decode_ping(msgspec.json.encode(data)) == Ping(7, 1, 5, "start")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"monitor": 0}, "monitor"),
        ({"account": -1}, "account"),
        ({"at_ms": -1}, "at_ms"),
        ({"exit_status": 256}, "exit_status"),
        ({"body_bytes": -1}, "body_bytes"),
        ({"rid": "x" * 65}, "rid"),
        ({"body": "x" * (KEPT_BYTES + 1)}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"said": "stop"}, "said"),
        ({"type": "pong"}, "type"),
    ],
)
def test_what_no_table_could_hold_is_refused(fields: dict[str, Any], field: str) -> None:
    data = {**msgspec.json.decode(encode_ping(Ping(7, 1, 5, "success"))), **fields}
    with pytest.raises(InvalidInput) as caught:
        decode_ping(msgspec.json.encode(data))
    assert caught.value.field == field


def test_a_run_may_take_a_week_and_a_check_an_hour() -> None:
    check_result(CheckRecord(1, "heartbeat", 1, 1, "up", LONGEST_RUN_MS, apdex_t_ms=LONGEST_RUN_MS), 0, 10)
    check_result(CheckRecord(1, "fra-1", 1, 1, "up", LONGEST_MS), 0, 10)
    for location, most in (("heartbeat", LONGEST_RUN_MS), ("fra-1", LONGEST_MS)):
        with pytest.raises(InvalidInput, match=f"from 0 to {most}"):
            check_result(CheckRecord(1, location, 1, 1, "up", most + 1), 0, 10)
