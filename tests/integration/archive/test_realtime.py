"""Realtime frames in the archive: those whose account wants them kept, once, and no others."""

from __future__ import annotations

from pathlib import Path

from tests.integration.archive.book import T0
from tests.integration.archive.test_flow import drain
from tests.integration.flows.draining import put
from vedette.archive.kinds import REALTIME
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.events.realtime import Frame, FrameRecord, OverRecord, Process, encode_record
from vedette.log import Log
from vedette.store.pool import Store


def record(source: str, seq: int, archive: bool = True) -> FrameRecord:
    groups = {"cpu": {"cpu.used_ratio": seq / 8}, "plugin redis": {"redis.clients": 3.0}}
    processes = [Process(1, "root", "init", 0.5, 9e6)] if seq % 2 else None
    frame = Frame(seq, T0 + seq * 1000, groups, ["redis.commands"], processes)
    return FrameRecord(1, "s" * 64, source, frame, archive)


def test_frames_to_be_kept_are_kept_whole_and_others_leave_nothing(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    kept = [record(source, seq) for seq in range(1, 5) for source in ("web-1", "web-2")]
    passed = [record("web-3", seq, archive=False) for seq in range(1, 5)]
    session = "s" * 64
    put(log, REALTIME.topic, *((session, encode_record(one)) for one in [*kept, *passed]))
    put(log, REALTIME.topic, (session, encode_record(OverRecord(1, session, "time"))))
    put(log, REALTIME.topic, (session, b"no frame"))
    for _ in range(2):
        drain(log, store, objects, tmp_path / "recovery")
        found = [event for batch in reader.events(REALTIME, 1, 0, 1 << 42) for _, event in batch]
        assert sorted(found, key=lambda one: (one.frame.seq, one.source)) == kept
    assert [path.rpartition("/")[0] for path in objects.paths()] == ["kind=realtime/account=1/date=2023-11-14/hour=21"]
    asked = reader.events(REALTIME, 1, T0 + 2000, T0 + 4000, sources=["web-2"])
    assert [event.frame.seq for batch in asked for _, event in batch] == [2, 3]


def test_a_frame_that_no_file_could_hold_costs_itself_alone(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    odd, strange = record("web-1", 1), record("web-1", 3)
    odd.frame.ts = 1 << 51
    strange.frame.processes = [Process(1 << 63, "root", "init", 0.5, 9e6)]
    put(log, REALTIME.topic, *(("s", encode_record(one)) for one in (odd, strange, record("web-1", 2))))
    drain(log, store, objects, tmp_path / "recovery")
    found = [event.frame.seq for batch in reader.events(REALTIME, 1, 0, 1 << 42) for _, event in batch]
    assert found == [2]
