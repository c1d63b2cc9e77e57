"""Name servers that tell the truth, and others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.probes.conftest import Run, check
from tests.integration.probes.endpoint import closed_port
from tests.integration.probes.nameserver import Answering, nameserver, record, reply, telling
from vedette.events.checks import CheckResult

NAME = "shop.example"
TRUE = record(NAME, "A", "192.0.2.1")


async def ask(udp: Answering, tcp: Answering | None = None, **fields: Any) -> CheckResult:
    """One DNS check of `NAME` at a server that answers so."""
    async with nameserver(udp, tcp) as resolver:
        return await check(f"dns://{NAME}", **{"kind": "dns", "resolver": resolver, "timeout_s": 5.0, **fields})


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8::1", "2001:DB8:0::1"),
        ("CNAME", "Web.Example", "web.example."),
        ("MX", "10 mail.example", "10 Mail.example."),
        ("TXT", "v=spf1 -all", "v=spf1 -all"),
        ("NS", "ns1.example", "ns1.example"),
        ("PTR", "Host.Example", "host.example."),
        ("SRV", "10 60 5060 Sip.Example", "10  60 5060 sip.example."),
        ("SOA", "ns1.example root.example 7 1 2 3 4", "NS1.example. root.example. 7 1 2 3 4"),
        ("CAA", "0 issue ca.example", '0 issue "CA.example"'),
    ],
)
def test_the_expected_answer_is_up_in_any_spelling(run: Run, kind: str, value: str, expected: str) -> None:
    result = run(ask(telling(record(NAME, kind, value)), record_type=kind, expected_answers=[expected]))
    assert (result.outcome, result.error, result.status) == ("up", None, 0)
    assert result.phases.ttfb is not None


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [("SRV", "1 2 3 sip.example", "1 2 3 sip.example"), ("CAA", "128 issue ca.example", "128 issue ca.example")],
)
def test_an_answer_that_is_not_the_expected_one_is_shown(run: Run, kind: str, value: str, shown: str) -> None:
    result = run(ask(telling(record(NAME, kind, value)), record_type=kind, expected_answers=["0 0 0 other.example"]))
    assert result.outcome == "down"
    assert shown in (result.error or "")


def test_an_alias_is_followed_within_the_answer(run: Run) -> None:
    chain = telling(record(NAME, "CNAME", "web.example"), record("web.example", "A", "192.0.2.7"))
    assert run(ask(chain, expected_answers=["192.0.2.7"])).outcome == "up"


@pytest.mark.parametrize(
    ("server", "fields", "error"),
    [
        (telling(code=3), {}, "answer: shop.example A: NXDOMAIN"),
        (telling(code=2), {}, "answer: shop.example A: SERVFAIL"),
        (telling(), {}, "answer: shop.example has no A record"),
        (telling(record(NAME, "A", "10.6.6.6")), {"expected_answers": ["192.0.2.1"]}, "answer: shop.example A: '192.0"),
        (
            telling(TRUE, record(NAME, "A", "10.6.6.6")),
            {"expected_answers": ["192.0.2.1"], "exact_answers": True},
            "answer: shop.example A: '10.6.6.6' is not expected",
        ),
        (telling(record("other.example", "A", "192.0.2.1")), {}, "answer: shop.example has no A record"),
    ],
)
def test_a_wrong_answer_is_down(run: Run, server: Answering, fields: dict[str, Any], error: str) -> None:
    result = run(ask(server, **fields))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)
    assert result.evidence is not None
    assert result.evidence["address"] == "127.0.0.1"


def test_answers_to_other_questions_are_passed_over(run: Run) -> None:
    def lying(asked: bytes) -> list[bytes]:
        other = asked.replace(b"\x04shop", b"\x04evil")
        lie = record(NAME, "A", "10.6.6.6")
        wrong = (int.from_bytes(asked[:2], "big") + 1) % 65_536
        return [reply(asked, lie, identity=wrong), reply(other, lie), asked, reply(asked, TRUE)]

    assert run(ask(lying, expected_answers=["192.0.2.1"], exact_answers=True)).outcome == "up"


def test_a_cut_answer_is_asked_for_over_tcp(run: Run) -> None:
    result = run(ask(lambda asked: [reply(asked, cut=True)], telling(TRUE)))
    assert result.outcome == "up"
    assert result.phases.connect is not None


@pytest.mark.parametrize(
    ("tcp", "error"),
    [
        (lambda asked: [reply(asked, cut=True)], "protocol: cut over TCP too"),
        (lambda asked: [reply(asked, TRUE, identity=0)[:30]], "protocol"),
        (lambda asked: [], "truncated"),
    ],
)
def test_a_server_that_fails_over_tcp_is_down(run: Run, tcp: Answering, error: str) -> None:
    result = run(ask(lambda asked: [reply(asked, cut=True)], tcp))
    assert (result.outcome, (result.error or "").startswith(error)) == ("down", True)


@pytest.mark.parametrize(
    "tail",
    [
        b"\xc0\x20" * 3,
        b"\xc0\x0c\x00\x01",
        b"\x3f",
        b"\xc0\x0c\0\1\0\1\0\0\0\1\0\x10abcd",
        b"\xc0\x0c\0\1\0\1\0\0\0\1\0\3abc",
    ],
)
def test_garbage_is_a_protocol_fault(run: Run, tail: bytes) -> None:
    result = run(ask(lambda asked: [reply(asked, tail)]))
    assert result.outcome == "down"
    assert (result.error or "").startswith("protocol: no DNS answer")


def test_silence_ends_with_the_timeout(run: Run) -> None:
    result = run(ask(lambda asked: [], timeout_s=0.25))
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("down", "timeout_ttfb")


def test_a_port_without_a_server_is_down(run: Run) -> None:
    result = run(check(f"dns://{NAME}", kind="dns", resolver=f"127.0.0.1:{closed_port()}", timeout_s=2.0))
    assert (result.outcome, (result.error or "").partition(":")[0]) == ("down", "connect_refused")
