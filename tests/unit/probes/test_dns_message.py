"""DNS messages: read as far as they are answers, refused where they are none, whatever bytes come."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.dns.check import normal
from probes.dns.message import TYPES, Malformed, Record, Reply, question, read_reply


def test_a_question_asks_for_recursion() -> None:
    assert question(0x1234, "A.Example.", 1) == (
        bytes.fromhex("123401000001000000000000") + b"\x01a\x07example\0" + bytes.fromhex("00010001")
    )


def test_a_compressed_answer_is_read() -> None:
    asked = question(7, "www.example", 1)
    head = struct.pack("!6H", 7, 0x8180, 1, 2, 0, 0)
    alias = b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 6) + b"\x03web\xc0\x10"
    at = len(asked) + 12
    address = struct.pack("!H", 0xC000 | at) + struct.pack("!HHIH", 1, 1, 30, 4) + bytes([192, 0, 2, 1])
    reply = read_reply(head + asked[12:] + alias + address, 7, "www.example", 1)
    assert reply is not None
    assert reply.records == (
        Record("www.example", TYPES["CNAME"], "web.example", 60),
        Record("web.example", TYPES["A"], "192.0.2.1", 30),
    )
    assert reply.values("WWW.example.", TYPES["A"]) == ["192.0.2.1"]


def test_a_ring_of_aliases_ends() -> None:
    ring = Reply(0, False, (Record("a", 5, "b", 1), Record("b", 5, "a", 1), Record("b", 1, "192.0.2.1", 1)))
    assert ring.values("a", 1) == ["192.0.2.1"]


def test_a_server_may_refuse_without_repeating_the_question() -> None:
    reply = read_reply(struct.pack("!6H", 7, 0x8185, 0, 0, 0, 0), 7, "x", 1)
    assert reply is not None
    assert reply.code == 5


def test_a_name_that_points_at_itself_is_refused() -> None:
    with pytest.raises(Malformed, match="circles"):
        read_reply(struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1", 7, "x", 1)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    for data in (tail, struct.pack("!6H", 7, 0x8180, 1, 3, 0, 0) + question(7, "x", 1)[12:] + tail):
        try:
            read_reply(data, 7, "x", 1)
        except Malformed:
            continue


@given(st.sampled_from(sorted(TYPES.values())), st.binary(max_size=40))
def test_a_record_of_any_bytes_is_a_text_or_refused(kind: int, content: bytes) -> None:
    asked = question(7, "x", kind)
    answer = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(content)) + content
    try:
        reply = read_reply(struct.pack("!6H", 7, 0x8180, 1, 1, 0, 0) + asked[12:] + answer, 7, "x", kind)
    except Malformed:
        return
    assert reply is not None
    assert len(reply.records) == 1


@pytest.mark.parametrize(
    ("kind", "text", "same"),
    [
        ("AAAA", "2001:DB8::0:1", "2001:db8::1"),
        ("A", " 192.0.2.1", "192.0.2.1"),
        ("A", "nonsense", "nonsense"),
        ("MX", "10  Mail.Example.", "10 mail.example"),
        ("TXT", "As It Is.", "As It Is."),
        ("CAA", '0 Issue "CA.example"', "0 issue ca.example"),
        ("SRV", "1 2 3 Sip.Example.", "1 2 3 sip.example"),
    ],
)
def test_answers_are_compared_in_one_spelling(kind: str, text: str, same: str) -> None:
    assert normal(kind, text) == same
