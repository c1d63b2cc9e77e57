"""The verdict: whose fault it is, and what that makes of the check."""

from __future__ import annotations

import errno
import socket

import pytest

from probes.faults import MAX_ERROR, Fault, connect_fault, resolve_fault
from probes.outcome import judge

OK = frozenset({200})


def test_an_expected_status_is_up() -> None:
    assert judge(200, None, OK) == ("up", None)


def test_an_unexpected_status_is_down_and_says_which() -> None:
    assert judge(503, None, OK) == ("down", "status: 503")


def test_a_fault_of_the_endpoint_is_down_even_with_a_good_status() -> None:
    assert judge(200, Fault("truncated", "closed after 3 bytes"), OK) == ("down", "truncated: closed after 3 bytes")


def test_a_fault_of_the_prober_is_no_failure_of_the_endpoint() -> None:
    assert judge(None, Fault("connect", "no file descriptors", own=True), OK).outcome == "probe_error"


def test_an_expected_answer_above_the_body_limit_is_degraded() -> None:
    assert judge(200, Fault("body_too_large", "more than 10 bytes"), OK).outcome == "degraded"


def test_an_unexpected_answer_above_the_body_limit_is_down_for_its_status() -> None:
    assert judge(500, Fault("body_too_large", "more than 10 bytes"), OK) == ("down", "status: 500")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.ENETUNREACH])
def test_being_out_of_sockets_or_network_is_the_probers_own_fault(number: int) -> None:
    assert connect_fault(OSError(number, "x"), "192.0.2.1", 80).own


@pytest.mark.parametrize("number", [errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.ECONNRESET])
def test_what_the_other_side_does_is_not_the_probers_fault(number: int) -> None:
    assert not connect_fault(OSError(number, "x"), "192.0.2.1", 80).own


def test_a_refused_connection_has_its_own_kind() -> None:
    assert connect_fault(OSError(errno.ECONNREFUSED, "x"), "192.0.2.1", 81) == Fault(
        "connect_refused", "192.0.2.1 port 81"
    )


def test_an_unknown_name_is_the_endpoints_fault() -> None:
    fault = resolve_fault(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no.example")
    assert str(fault) == "dns: no.example: Name or service not known"
    assert not fault.own


def test_a_resolver_that_is_out_of_memory_is_the_probers_fault() -> None:
    assert resolve_fault(socket.gaierror(socket.EAI_MEMORY, "x"), "a.example").own


def test_an_impossible_name_is_a_fault_and_no_exception() -> None:
    assert resolve_fault(UnicodeError("label too long"), "x").kind == "dns"


def test_an_error_is_one_line_of_bounded_length() -> None:
    text = str(Fault("protocol", "a\r\nb " * 500))
    assert len(text) == MAX_ERROR
    assert "\n" not in text
