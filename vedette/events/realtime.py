"""Realtime: what hosts show in a session, second by second, and the session's end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.samples import MAX_SOURCE

LONGEST_S = 1800
"""A session lasts at most so long."""
MOST_SOURCES = 100
"""Hosts of one session."""
MOST_VALUES = 5_000
MOST_GROUPS = 256
MOST_PROCESSES = 100
LARGEST_FRAME = 512 << 10
"""Bytes of a frame as it is published."""
_LONGEST_NAME = 500
_LONGEST_TEXT = 300

Values = dict[str, float]


class Process(msgspec.Struct, array_like=True):
    """A process: `cpu_ratio` 1 is one core; `memory_bytes` is what it holds resident."""

    pid: int
    user: str
    command: str
    cpu_ratio: float
    memory_bytes: float


class Frame(msgspec.Struct, omit_defaults=True):
    """What an agent publishes at a tick: `seq` counts the session's ticks on this host from 1 on, sent or not.

    `groups` holds the values by the name of their collector or plugin; those named in `counters` are totals that only
    grow. `processes` are the busiest ones.
    """

    seq: int
    ts: int
    groups: dict[str, Values] = msgspec.field(default_factory=dict)
    counters: list[str] = msgspec.field(default_factory=list)
    processes: list[Process] | None = None


class FrameRecord(msgspec.Struct, tag_field="kind", tag="frame", omit_defaults=True):
    """A frame as it stands in `vedette.realtime`, under the session's key. `archive`: the account wants it kept."""

    account: int
    session: str
    source: str
    frame: Frame
    archive: bool = False


class OverRecord(msgspec.Struct, tag_field="kind", tag="over", omit_defaults=True):
    """The session has ended, and why; nothing of it follows."""

    account: int
    session: str
    reason: str


RealtimeRecord = FrameRecord | OverRecord

_frames = msgspec.json.Decoder(Frame)
_records = msgspec.json.Decoder(RealtimeRecord)


def decode_frame(data: bytes) -> Frame:
    """The frame in `data`, within its limits; `InvalidInput` for anything else."""
    found = decode(_frames, data)
    check_frame(found)
    return found


def check_frame(found: Frame) -> None:
    """Raise `InvalidInput` for the first part of a frame outside its limits."""
    if not 1 <= found.seq < 1 << 31:
        raise InvalidInput("seq", found.seq, "an integer from 1 on")
    if not 0 <= found.ts < 1 << 52:
        raise InvalidInput("ts", found.ts, "milliseconds UTC")
    count = sum(map(len, found.groups.values()))
    if count > MOST_VALUES:
        raise InvalidInput("groups", f"{count} values", f"at most {MOST_VALUES}")
    if len(found.groups) > MOST_GROUPS:
        raise InvalidInput("groups", f"{len(found.groups)} groups", f"at most {MOST_GROUPS}")
    if len(found.counters) > MOST_VALUES:
        raise InvalidInput("counters", f"{len(found.counters)} names", f"at most {MOST_VALUES}")
    for group, values in found.groups.items():
        _check(f"groups[{group!r}]"[:200], group, MAX_SOURCE)
        for name in values:
            _check(f"groups[{group!r}]"[:200], name, _LONGEST_NAME)
    _check_processes(found.processes or ())


def _check_processes(processes: Sequence[Process]) -> None:
    if len(processes) > MOST_PROCESSES:
        raise InvalidInput("processes", f"{len(processes)} processes", f"at most {MOST_PROCESSES}")
    for number, process in enumerate(processes):
        if not 0 <= process.pid < 1 << 31:
            raise InvalidInput(f"processes[{number}].pid", process.pid, "an integer from 0 to 2^31")
        _check(f"processes[{number}].user", process.user, _LONGEST_TEXT)
        _check(f"processes[{number}].command", process.command, _LONGEST_TEXT)


def _check(field: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most or not text.isprintable():
        raise InvalidInput(field, text[:most], f"1 to {most} printable characters")


def encode_record(record: RealtimeRecord) -> bytes:
    """The record as JSON."""
    return msgspec.json.encode(record)


def decode_record(data: bytes) -> RealtimeRecord:
    """The record in `data`; `InvalidInput` for anything else."""
    found: RealtimeRecord = decode(_records, data)
    return found
