"""Hosts that answer echo requests, hosts that do not, and processes that may not ask."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from probes import icmp
from probes.faults import Faulted
from tests.integration.probes.conftest import Run, check

try:
    icmp.open_socket(socket.AF_INET)[0].close()
    PERMITTED = True
except Faulted:
    PERMITTED = False
needs_icmp = pytest.mark.skipif(not PERMITTED, reason="this process may not open an ICMP socket")


@needs_icmp
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_that_answers_is_up(run: Run, host: str) -> None:
    result = run(check(f"icmp://{host}", kind="icmp", timeout_s=5.0, ip_version="4"))
    assert (result.outcome, result.error) == ("up", None)
    assert result.phases.ttfb is not None
    assert result.phases.ttfb <= result.total_ms


@needs_icmp
def test_a_host_that_is_silent_is_down(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # packets that nobody answers: the kernel of this host answers for all of loopback
    monkeypatch.setattr(icmp.Ping, "packet", lambda self, number: b"\x0d\0\0\0" + self.payload)
    result = run(check("icmp://127.0.0.1", kind="icmp", timeout_s=0.3))
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("down", "timeout_ttfb")


@needs_icmp
def test_a_lost_request_is_followed_by_another(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = icmp.Ping.packet

    def losing(self: icmp.Ping, number: int) -> bytes:
        return real(self, number) if number == 2 else b"\x0d\0\0\0" + self.payload

    monkeypatch.setattr(icmp.Ping, "packet", losing)
    result = run(check("icmp://127.0.0.1", kind="icmp", timeout_s=1.0, packets=2))
    assert result.outcome == "up"
    assert result.total_ms > 240
    assert result.phases.ttfb is not None
    assert result.phases.ttfb < 240


def test_a_process_that_may_not_ask_blames_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    # the module's name for it only: event loops need sockets too
    monkeypatch.setattr("probes.icmp.socket", SimpleNamespace(**{**vars(socket), "socket": refused}))
    result = run(check("icmp://127.0.0.1", kind="icmp"))
    assert result.outcome == "probe_error"
    assert (result.error or "").startswith("not_permitted: no socket for ICMP (Operation not permitted)")
