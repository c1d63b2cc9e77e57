"""A realtime session's feed and its viewers, without a server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ingest_api.realtime.feed import RING_MS, Feed
from ingest_api.realtime.viewer import MOST_WAITING, Viewer, piece
from vedette.events.realtime import Frame, FrameRecord, OverRecord, Process, encode_record
from vedette.log import Record

SESSION = "abc"


async def always() -> bool:
    return True


def viewer() -> Viewer:
    return Viewer(always)


def record(offset: int, source: str = "a", account: int = 1, **groups: dict[str, float]) -> Record:
    frame = Frame(offset + 1, 1000 * offset, groups or {"cpu": {"x": float(offset)}}, ["x"])
    value = encode_record(FrameRecord(account, SESSION, source, frame))
    return Record(offset, 1000 * offset, SESSION.encode(), value)


def feed(*records: Record) -> Feed:
    found = Feed(SESSION, 1)
    found.begin(records)
    return found


def events(data: bytes | None) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Kind, id and data of each event."""
    found = []
    for block in (data or b"").decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "data" in fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def taken(who: Viewer) -> list[tuple[str, str | None, dict[str, Any]]]:
    return events(asyncio.run(who.take()))


def kinds(who: Viewer) -> list[str]:
    return [kind for kind, _, _ in taken(who)]


def test_names_come_once_and_then_arrays() -> None:
    found, who = feed(), viewer()
    found.join(who, None)
    found.take([record(0)])
    schema, frame = taken(who)
    assert schema == ("schema", None, {"source": "a", "group": "cpu", "names": ["x"], "counters": ["x"]})
    assert frame == ("frame", "0", {"source": "a", "seq": 1, "ts": 0, "at": 0, "values": {"cpu": [0.0]}})
    found.take([record(1)])
    assert kinds(who) == ["frame"]
    found.take([record(2, cpu={"x": 1, "y": 2})])
    assert kinds(who) == ["schema", "frame"]
    found.take([record(3, source="b", cpu={"x": 1, "y": 2})])
    assert kinds(who) == ["schema", "frame"], "each host has schemas of its own"


def test_a_host_that_makes_up_names_all_the_time_is_bounded() -> None:
    found, who = feed(), viewer()
    found.join(who, None)
    for at in range(40):
        groups = {f"g{at}-{n}": {f"{'x' * 400}{m}": 1.0 for m in range(4)} for n in range(100)}
        found.take([record(at, **groups)])
        asyncio.run(who.take())
    late = viewer()
    found.join(late, None)
    got = taken(late)
    assert sum(len(json.dumps(data)) for kind, _, data in got if kind == "schema") < 5 << 20
    assert [identity for kind, identity, _ in got if kind == "frame"][-1] == "39", "frames go on"


class Line:
    """A connection that can be blocked."""

    def __init__(self) -> None:
        self.blocked = False
        self.sent: list[bytes] = []
        self.aborted = False

    def push(self, data: bytes, chunk: bytes) -> bool:
        if not self.blocked:
            assert chunk == b"%x\r\n%b\r\n" % (len(data), data)
            self.sent.append(data)
        return not self.blocked

    def abort(self) -> None:
        self.aborted = True

    def narrow(self) -> None:
        pass


def test_a_viewer_with_a_line_is_written_to_at_once_and_never_out_of_order() -> None:
    who, line = viewer(), Line()
    who.direct = line
    who.put(piece(b"1"))
    line.blocked = True
    who.put(piece(b"2"))
    line.blocked = False
    who.put(piece(b"3"))
    assert line.sent == [b"1"], "2 waits for the task, so 3 does"
    assert asyncio.run(who.take()) == b"23"
    who.blocked_since = 1.0
    who.put(piece(b"4"))
    assert line.sent == [b"1"], "what is being sent must not be overtaken"
    who.blocked_since = None
    assert asyncio.run(who.take()) == b"4"
    who.put(piece(b"5"))
    assert line.sent == [b"1", b"5"]
    who.stuck()
    assert line.aborted


def test_processes_travel_with_their_frame() -> None:
    frame = Frame(1, 0, {}, [], [Process(1, "root", "init", 0.5, 10.0)])
    found, who = feed(), viewer()
    found.join(who, None)
    found.take([Record(0, 0, b"", encode_record(FrameRecord(1, SESSION, "a", frame)))])
    assert taken(who)[0][2]["processes"] == [[1, "root", "init", 0.5, 10.0]]


def test_each_frame_is_encoded_once_for_all() -> None:
    found, many = feed(), [viewer() for _ in range(3)]
    for who in many:
        found.join(who, None)
    found.take([record(0)])
    first, *others = [asyncio.run(who.take()) for who in many]
    assert all(other is first for other in others)


def test_who_comes_later_gets_the_ring_with_the_schemas_that_hold_in_it() -> None:
    last = RING_MS // 1000 + 10
    found = feed(*(record(at) for at in range(last)))
    who = viewer()
    found.join(who, None)
    (kind, _, schema), *frames = taken(who)
    assert (kind, schema["names"]) == ("schema", ["x"]), "it was in a frame that the ring no longer has"
    assert [int(identity or -1) for _, identity, _ in frames] == list(range(last - 1 - RING_MS // 1000, last))


def test_a_viewer_goes_on_after_the_last_id() -> None:
    found = feed(*(record(at) for at in range(5)), record(7), record(8, cpu={"y": 1}))
    for since, expected in ((4, ["7", "8"]), (0, ["1", "2", "3", "4", "7", "8"]), (8, [])):
        who = viewer()
        found.join(who, since)
        who.put(piece(b""))
        got = taken(who)
        assert [identity for kind, identity, _ in got if kind == "frame"] == expected
        assert not [kind for kind, _, _ in got if kind == "reset"]
    assert [data["names"] for kind, _, data in got if kind == "schema"] == [["y"]], "the one that holds now"


@pytest.mark.parametrize("since", [9, 2**60])
def test_an_id_that_is_not_in_the_ring_is_answered_with_reset_and_all(since: int) -> None:
    found, who = feed(record(10), record(11)), viewer()
    found.join(who, since)
    assert kinds(who) == ["reset", "schema", "frame", "frame"]


def test_what_came_while_the_past_was_read_is_neither_lost_nor_doubled() -> None:
    found, who = Feed(SESSION, 1), viewer()
    found.take([record(1), record(2)])
    found.begin([record(0), record(1)])
    found.join(who, None)
    assert [identity for kind, identity, _ in taken(who) if kind == "frame"] == ["0", "1", "2"]


def test_frames_of_other_accounts_and_nonsense_are_left_out() -> None:
    found, who = feed(), viewer()
    found.join(who, None)
    found.take([record(0, account=2), Record(1, 0, b"", b"nonsense"), record(2)])
    assert [identity for kind, identity, _ in taken(who) if kind == "frame"] == ["2"]


def test_a_slow_viewer_loses_the_oldest_and_is_told_but_keeps_the_schemas() -> None:
    found, who = feed(), viewer()
    found.join(who, None)
    for at in range(MOST_WAITING + 3):
        found.take([record(at), record(at, source="b")])
    got = taken(who)
    assert got[0] == ("hole", None, {"frames": 6})
    assert [data["source"] for kind, _, data in got if kind == "schema"] == ["a", "b"]
    assert [identity for kind, identity, _ in got if kind == "frame"] == ["3", "3", "4", "4", "5", "5", "6", "6"]
    found.take([record(9)])
    assert kinds(who) == ["frame"], "told once"


def test_the_end_is_told_to_all_and_to_who_comes_after_it() -> None:
    found, early, late = feed(record(0)), viewer(), viewer()
    found.join(early, None)
    found.take([Record(1, 0, b"", encode_record(OverRecord(1, SESSION, "ended")))])
    found.join(late, None)
    for who in (early, late):
        assert taken(who)[-1] == ("end", None, {"reason": "ended"})
        assert asyncio.run(who.take()) is None


def test_a_viewer_that_left_takes_nothing_more() -> None:
    who = viewer()
    who.put(piece(b"x"))
    who.drop()
    who.put(piece(b"y"))
    assert asyncio.run(who.take()) is None


def test_a_waiting_viewer_wakes() -> None:
    async def scene() -> bytes | None:
        who = viewer()
        waiting = asyncio.ensure_future(who.take())
        await asyncio.sleep(0)
        who.put(piece(b"x"))
        return await waiting

    assert asyncio.run(scene()) == b"x"
