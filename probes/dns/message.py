"""DNS message: a question as bytes, and the answers that really belong to it (RFC 1035, 4)."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import NamedTuple

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257,
}  # fmt: skip
CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_IN, _RESPONSE, _TRUNCATED, _RECURSE = 1, 0x8000, 0x0200, 0x0100
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_MOST_JUMPS = 64
"""A name may point to another place of the message; a chain of pointers longer than this is an attack or a mistake."""


class Malformed(Exception):
    """The message is no DNS answer; the text says why."""


class Record(NamedTuple):
    """One record of the answer section, its data as text."""

    owner: str
    kind: int
    text: str
    ttl_s: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its code (0: no error), whether it was cut, and its records."""

    code: int
    truncated: bool
    records: tuple[Record, ...]

    def values(self, name: str, kind: int) -> list[str]:
        """The data of the records of `kind` that `name` has, itself or through its aliases.

        Records of other names are none of ours: a resolver that lies, or a cache that was poisoned, adds such.
        """
        names = self._names(name, kind)
        return [record.text for record in self.records if record.kind == kind and record.owner in names]

    def life_s(self, name: str, kind: int) -> int:
        """How long the answer may be kept (seconds): the shortest of the records that lead to it; 0 without any."""
        names = self._names(name, kind)
        kinds = {kind, TYPES["CNAME"]}
        return min((each.ttl_s for each in self.records if each.owner in names and each.kind in kinds), default=0)

    def _names(self, name: str, kind: int) -> set[str]:
        """The name and its aliases."""
        aliases = {record.owner: record.text for record in self.records if record.kind == TYPES["CNAME"]}
        names = {plain(name)}
        at = plain(name)
        while kind != TYPES["CNAME"] and at in aliases and aliases[at] not in names:
            at = aliases[at]
            names.add(at)
        return names


def plain(name: str) -> str:
    """A name as it is compared: lower case, without the final dot."""
    return name.lower().rstrip(".")


def question(identity: int, name: str, kind: int) -> bytes:
    """A question for `name`, to be answered recursively."""
    return _HEADER.pack(identity, _RECURSE, 1, 0, 0, 0) + _asked(name, kind)


def _asked(name: str, kind: int) -> bytes:
    labels = [label.encode("ascii") for label in plain(name).split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack("!HH", kind, _IN)


def read_reply(data: bytes, identity: int, name: str, kind: int) -> Reply | None:
    """The answer in `data`; None if it answers another question, `Malformed` if it is no message."""
    if len(data) < _HEADER.size:
        raise Malformed(f"{len(data)} bytes")
    found, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
    if found != identity or not flags & _RESPONSE:
        return None
    code = flags & 0x000F
    at = _HEADER.size
    if questions == 0 and code:  # some servers refuse without repeating the question
        return Reply(code, False, ())
    if questions != 1:
        raise Malformed(f"{questions} questions")
    asked, at = _name(data, at)
    if len(data) < at + 4:
        raise Malformed("the question is cut")
    if (asked, *struct.unpack_from("!HH", data, at)) != (plain(name), kind, _IN):
        return None
    if flags & _TRUNCATED:
        return Reply(code, True, ())
    return Reply(code, False, tuple(_records(data, at + 4, answers)))


def _records(data: bytes, at: int, count: int) -> list[Record]:
    found: list[Record] = []
    for _ in range(count):
        owner, at = _name(data, at)
        if len(data) < at + _RECORD.size:
            raise Malformed("a record is cut")
        kind, family, ttl_s, size = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if len(data) < at + size:
            raise Malformed("a record is longer than the message")
        if family == _IN and kind in TYPES.values():
            found.append(Record(owner, kind, _text(data, at, size, kind), ttl_s))
        at += size
    return found


def _text(data: bytes, at: int, size: int, kind: int) -> str:
    piece = data[at : at + size]
    if kind in {TYPES["A"], TYPES["AAAA"]}:
        if size != (4 if kind == TYPES["A"] else 16):
            raise Malformed(f"an address of {size} bytes")
        return str(ipaddress.ip_address(piece))
    if kind == TYPES["TXT"]:
        return _strings(piece)
    if kind == TYPES["MX"]:
        return f"{_numbers('!H', piece, 0)} {_name(data, at + 2)[0]}"
    if kind == TYPES["SRV"]:
        return f"{_numbers('!HHH', piece, 0)} {_name(data, at + 6)[0]}"
    if kind == TYPES["SOA"]:
        master, behind = _name(data, at)
        mailbox, behind = _name(data, behind)
        return f"{master} {mailbox} {_numbers('!5I', piece, behind - at)}"
    if kind == TYPES["CAA"]:
        return _authority(piece)
    return _name(data, at)[0]


def _numbers(form: str, piece: bytes, at: int) -> str:
    if len(piece) < at + struct.calcsize(form):
        raise Malformed("a record without all of its numbers")
    return " ".join(map(str, struct.unpack_from(form, piece, at)))


def _authority(piece: bytes) -> str:
    """Flags, tag and value of a CAA record (RFC 8659, 4.1)."""
    end = 2 + piece[1] if len(piece) > 1 else 0
    if not 2 < end <= len(piece):
        raise Malformed("a certificate authority without a tag")
    tag, value = (part.decode("utf-8", "backslashreplace") for part in (piece[2:end], piece[end:]))
    return f'{piece[0]} {tag} "{value}"'


def _strings(piece: bytes) -> str:
    """The texts of a TXT record, joined; bytes outside ASCII are shown as escapes."""
    parts: list[bytes] = []
    at = 0
    while at < len(piece):
        end = at + 1 + piece[at]
        if end > len(piece):
            raise Malformed("a text is longer than its record")
        parts.append(piece[at + 1 : end])
        at = end
    return b"".join(parts).decode("utf-8", "backslashreplace")


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name at `at` (lower case), and where what follows it begins."""
    labels: list[str] = []
    behind: int | None = None
    for _ in range(_MOST_JUMPS + 128):
        if at >= len(data):
            raise Malformed("a name is cut")
        size = data[at]
        if size & 0xC0 == 0xC0:
            if at + 1 >= len(data):
                raise Malformed("a name is cut")
            behind = at + 2 if behind is None else behind
            at = (size & 0x3F) << 8 | data[at + 1]
        elif size & 0xC0:
            raise Malformed("a label of an unknown form")
        elif size == 0:
            return ".".join(labels).lower(), at + 1 if behind is None else behind
        else:
            labels.append(data[at + 1 : at + 1 + size].decode("ascii", "backslashreplace"))
            at += 1 + size
    raise Malformed("a name that points in circles")
