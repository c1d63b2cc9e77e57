"""Plugins that ask the network: the system's ping, a real name server."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest

from agent.plugins.native import ping
from agent.plugins.native.dns import DnsPlugin
from agent.plugins.native.ping import PingPlugin
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from vedette_plugin.testing import run_once


def test_a_host_that_answers_is_up_and_its_times_are_told() -> None:
    installed("ping", "iputils-ping")
    found = good(run_once(PingPlugin, {"host": "127.0.0.1", "count": 3}))
    assert {name.partition(".")[2] for name in found} == {metric.name for metric in PingPlugin.metrics}
    assert (found["ping.up"], found["ping.lost_ratio"]) == (1, 0)
    assert 0 < found["ping.least_s"] <= found["ping.average_s"] <= found["ping.most_s"] < 1


# What iputils' ping of Debian 12 printed of a host behind a cut line, and of one on a line that loses packets.
NOTHING = """PING 10.9.9.9 (10.9.9.9) 56(84) bytes of data.

--- 10.9.9.9 ping statistics ---
3 packets transmitted, 0 received, 100% packet loss, time 412ms

"""
SOME = """PING 10.9.9.9 (10.9.9.9) 56(84) bytes of data.

--- 10.9.9.9 ping statistics ---
5 packets transmitted, 3 received, 40% packet loss, time 812ms
rtt min/avg/max/mdev = 0.041/0.056/0.077/0.015 ms
"""


@pytest.mark.parametrize(("said", "up", "lost"), [(NOTHING, 0, 1.0), (SOME, 1, 0.4)])
def test_what_is_lost_on_the_way_is_told(monkeypatch: pytest.MonkeyPatch, said: str, up: int, lost: float) -> None:
    def pinged(command: list[str], **limits: object) -> str:
        assert "-w" not in command, "it would ask on until all have answered"
        return said

    monkeypatch.setattr(ping, "output", pinged)
    found = good(run_once(PingPlugin, {"host": "10.9.9.9"}))
    assert (found["ping.up"], found["ping.lost_ratio"]) == (up, pytest.approx(lost))
    assert found.get("ping.average_s") == (0.000056 if up else None)


@pytest.mark.parametrize("options", [{"host": "-x"}, {"host": "127.0.0.1", "count": 21}, {"host": "no.such.invalid"}])
def test_what_cannot_be_asked_is_told(options: dict[str, str]) -> None:
    installed("ping", "iputils-ping")
    assert run_once(PingPlugin, options).failure is not None


@pytest.fixture
def dnsmasq() -> Iterator[str]:
    """Address of a name server of its own."""
    program, port = installed("dnsmasq", "dnsmasq-base"), free_port()
    names = ["--address=/web.test/10.1.2.3", "--host-record=many.test,10.0.0.1,2001:db8::1", "--local=/test/"]
    names += ["--mx-host=test,mail.test,5", "--txt-record=text.test,hello"]
    command = [program, "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file="]
    command += ["--user=root", f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", *names]

    def answers() -> bool:
        asked = {"server": f"127.0.0.1:{port}", "question": "web.test"}
        return run_once(DnsPlugin, asked, timeout_s=1.0).values.get("dns.up") == 1

    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(answers, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_name_server_s_answers_are_counted_and_compared(dnsmasq: str) -> None:
    found = good(run_once(DnsPlugin, {"server": dnsmasq, "question": "web.test", "expect": ["10.1.2.3"]}))
    assert (found["dns.up"], found["dns.records"], found["dns.code"]) == (1, 1, 0)
    assert 0 < found["dns.answer_s"] < 5
    other = good(run_once(DnsPlugin, {"server": dnsmasq, "question": "web.test", "expect": ["10.9.9.9"]}))
    assert other["dns.up"] == 0
    for question, kind in (("many.test", "AAAA"), ("test", "MX"), ("text.test", "txt")):
        assert good(run_once(DnsPlugin, {"server": dnsmasq, "question": question, "type": kind}))["dns.up"] == 1, kind
    v6 = {"server": dnsmasq, "question": "many.test", "type": "AAAA", "expect": ["2001:db8::1"]}
    assert good(run_once(DnsPlugin, v6))["dns.up"] == 1
    none = good(run_once(DnsPlugin, {"server": dnsmasq, "question": "nobody.test"}))
    assert (none["dns.up"], none["dns.code"], none["dns.records"]) == (0, 3, 0)


def test_a_server_that_is_silent_or_lies_is_not_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        run = run_once(DnsPlugin, {"server": address, "question": "a.test"}, timeout_s=1.0)
        assert good(run) == {"dns.up": 0}
        assert "does not answer" in run.errors[0][0]
    closed = good(run_once(DnsPlugin, {"server": f"127.0.0.1:{free_port()}", "question": "a.test"}, timeout_s=1.0))
    assert closed == {"dns.up": 0}


WRONG = ({"question": "a..b"}, {"question": "x" * 64}, {"question": "a", "type": "X"})


@pytest.mark.parametrize("options", [*WRONG, {"question": "a", "server": "::::"}])
def test_what_cannot_be_a_question_is_told(options: dict[str, str]) -> None:
    assert run_once(DnsPlugin, options, timeout_s=1.0).failure is not None
