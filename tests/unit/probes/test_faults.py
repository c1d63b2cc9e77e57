"""A fault's text: one bounded line that every table can hold."""

from __future__ import annotations

from probes.faults import MAX_ERROR, Fault


def test_a_fault_is_one_line_of_its_kind_and_detail() -> None:
    assert str(Fault("status", "503\n Service   Unavailable")) == "status: 503 Service Unavailable"


def test_what_cannot_be_printed_is_shown_as_a_question_mark() -> None:
    assert str(Fault("protocol", "got \0\x1b[31m\ud800")) == "protocol: got ??[31m?"


def test_a_long_detail_is_cut() -> None:
    assert len(str(Fault("protocol", "x" * 10_000))) == MAX_ERROR
