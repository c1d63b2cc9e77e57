"""Files: what is written comes back, old and new ones are read, and only what may hold something is."""

from __future__ import annotations

import io
from array import array
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.archive import files
from vedette.archive.files import FileReader, FileWriter, UnreadableArchive
from vedette.archive.kinds import CHECKS, FEATURES, KINDS, REALTIME, SAMPLES, Kind, Stored
from vedette.archive.kinds.checks import Checks
from vedette.archive.kinds.port import Wanted
from vedette.archive.kinds.samples import Samples
from vedette.events.checks import OUTCOMES, CheckRecord, Phases
from vedette.events.features import Column, FeatureBatch
from vedette.events.realtime import Frame, FrameRecord, Process
from vedette.events.samples import PackedSamples, make_layout

UNHURRIED = settings(deadline=None, max_examples=40)
"""A file is much work for one example, and the machine may be busy."""
BIG = st.integers(0, 2**62 - 1)
TIMES = st.integers(0, 2**42 - 1)
TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
LAYOUTS = st.sampled_from([make_layout(["a"], {}), make_layout(["a", 'b{x="ü"}', "c"], {"a": "counter", "c": "delta"})])


@st.composite
def reports(draw: st.DrawFn) -> PackedSamples:
    layout = draw(LAYOUTS)
    values = draw(st.binary(min_size=8, max_size=8)) * (layout.count(b"\n") + 1)
    return PackedSamples(
        3, draw(TEXT), draw(BIG), draw(BIG), draw(TIMES), draw(st.integers(0, 2**31 - 1)), layout, values
    )


DURATION = st.floats(0, 3_600_000)
MAYBE = st.none() | DURATION
RESULTS = st.builds(
    CheckRecord,
    st.integers(1, 2**62),
    TEXT,
    TIMES,
    TIMES,
    st.sampled_from(OUTCOMES),
    DURATION,
    st.none() | st.integers(0, 999),
    st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    st.builds(Phases, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE),
    BIG,
    st.none() | st.integers(-(2**40), 2**47),
    st.integers(1, 3_600_000),
    st.integers(1, 1000),
    st.just(3),
    st.none() | st.dictionaries(TEXT, TEXT, max_size=3),
)


FRAMES = st.builds(
    FrameRecord,
    st.just(3),
    TEXT,
    TEXT,
    st.builds(
        Frame,
        st.integers(1, 2**31 - 1),
        TIMES,
        st.dictionaries(TEXT, st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=3), max_size=3),
        st.lists(TEXT, max_size=3),
        st.none() | st.lists(st.builds(Process, BIG, TEXT, TEXT, DURATION, DURATION), max_size=2),
    ),
    st.just(True),
)


BATCHES = st.builds(
    lambda times, numbers, words, place: FeatureBatch(
        3,
        *place,
        array("q", times).tobytes(),
        [
            Column("x", "numbers", array("d", [numbers] * len(times)).tobytes()),
            Column("ü", "codes", array("i", [-1, *([0] * (len(times) - 1))]).tobytes(), words),
        ],
    ),
    st.lists(TIMES, min_size=1, max_size=5),
    st.floats(),
    st.lists(TEXT | st.booleans() | st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    st.tuples(BIG, TEXT, st.integers(0, 2**64 - 1), BIG),
)


def placed(events: Sequence[Any]) -> list[Stored]:
    return [Stored(at % 2, at % 3, at * 7, 2**41 + at, event) for at, event in enumerate(events)]


def written(kind: Kind[Any], stored: Sequence[Stored]) -> bytes:
    target = io.BytesIO()
    writer = FileWriter(kind, 3, target)
    writer.add(sorted(stored, key=lambda item: kind.source(item.event)))
    summary = writer.finish()
    times = [kind.time(item.event) for item in stored]
    assert (summary.events, summary.min_ms, summary.max_ms) == (len(stored), min(times), max(times))
    return target.getvalue()


def read(kind: Kind[Any], data: bytes, wanted: Wanted | None = None) -> list[Stored]:
    found = list(FileReader(kind, 3, io.BytesIO(data), wanted or Wanted()))
    assert [source for source, _ in found] == sorted(source for source, _ in found)
    return sorted((item for _, items in found for item in items), key=lambda item: item[:3])


@UNHURRIED
@given(st.lists(reports(), min_size=1, max_size=20))
def test_reports_come_back_bit_by_bit(events: list[PackedSamples]) -> None:
    assert read(SAMPLES, written(SAMPLES, placed(events))) == sorted(placed(events))


@UNHURRIED
@given(st.lists(RESULTS, min_size=1, max_size=20))
def test_results_come_back_with_every_field(events: list[CheckRecord]) -> None:
    assert read(CHECKS, written(CHECKS, placed(events))) == sorted(placed(events))


@UNHURRIED
@given(st.lists(FRAMES, min_size=1, max_size=20))
def test_frames_come_back_with_groups_and_processes(events: list[FrameRecord]) -> None:
    assert read(REALTIME, written(REALTIME, placed(events))) == sorted(placed(events), key=lambda item: item[:3])


@UNHURRIED
@given(st.lists(BATCHES, min_size=1, max_size=20))
def test_rows_of_models_come_back_bit_by_bit(events: list[FeatureBatch]) -> None:
    assert read(FEATURES, written(FEATURES, placed(events))) == sorted(placed(events), key=lambda item: item[:3])


def test_every_field_of_a_result_has_its_column() -> None:
    fields = set(CheckRecord.__struct_fields__) - {"account", "phases"}
    phases = {f"phase_{name}" for name in Phases.__struct_fields__}
    assert set(CHECKS.schema.names) == fields | phases | {"generation", "partition", "offset", "time_ms"}


def result(monitor: int, at: int, **other: Any) -> CheckRecord:
    return CheckRecord(monitor, "x", at, at, "up", account=3, **other)


def report(source: str, at: int) -> PackedSamples:
    return PackedSamples(3, source, 1, at, at, 1000, make_layout(["a"], {}), b"\0" * 8)


class ChecksBeforeAttempts(Checks):
    """The schema as it would have been before attempts and phases were told."""

    version = 0
    schema = pa.schema(
        [field for field in Checks.schema if field.name != "attempt" and not field.name.startswith("phase_")]
    )
    plain = tuple(name for name in Checks.plain if not name.startswith("phase_"))
    encodings: ClassVar = {
        name: encoding for name, encoding in Checks.encodings.items() if not name.startswith("phase_")
    }

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        return Checks.table(CHECKS, stored).select(self.schema.names).cast(self.schema)


class SamplesBeforeIntervals(Samples):
    """The schema as it would have been before senders told how often they report."""

    version = 0
    schema = pa.schema([field for field in Samples.schema if field.name != "interval_ms"])

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        return Samples.table(SAMPLES, stored).select(self.schema.names)


def test_a_file_of_an_older_schema_is_read_with_defaults() -> None:
    old = placed([result(7, 5, attempt=2, phases=Phases(dns=1.0))])
    assert read(CHECKS, written(ChecksBeforeAttempts(), old)) == placed([result(7, 5)])
    found = read(SAMPLES, written(SamplesBeforeIntervals(), placed([report("a", 5)])))
    assert [item.event for item in found] == [msgspec.structs.replace(report("a", 5), interval_ms=0)]


@pytest.mark.parametrize(("kind", "event"), [(CHECKS, result(7, 5)), (SAMPLES, report("a", 5))])
def test_columns_of_a_newer_schema_are_passed_over(kind: Kind[Any], event: Any) -> None:
    stored = placed([event])
    table = kind.table(stored).append_column("mood", pa.array(["good"]))
    target = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"vedette.kind": kind.name, "vedette.version": "99"}), target)
    assert read(kind, target.getvalue()) == stored


def test_the_version_stands_in_the_file() -> None:
    for kind, event in ((CHECKS, result(7, 5)), (SAMPLES, report("a", 5))):
        metadata = pq.ParquetFile(io.BytesIO(written(kind, placed([event])))).metadata.metadata
        assert metadata[b"vedette.version"] == str(kind.version).encode()
        assert KINDS[metadata[b"vedette.kind"].decode()] is kind


@pytest.mark.parametrize("data", [b"", b"PAR1 and more that is none PAR1", b"x" * 100])
def test_what_is_no_parquet_is_told(data: bytes) -> None:
    with pytest.raises(UnreadableArchive):
        FileReader(SAMPLES, 1, io.BytesIO(data), Wanted())


def test_a_file_of_another_kind_is_told() -> None:
    with pytest.raises(UnreadableArchive, match="not samples"):
        FileReader(SAMPLES, 1, io.BytesIO(written(CHECKS, placed([result(1, 5)]))), Wanted())


@pytest.mark.parametrize(
    ("wanted", "groups"),
    [
        (Wanted(), 10),
        (Wanted(sources=("host-04",)), 1),
        (Wanted(sources=("host-01", "host-09", "other")), 2),
        (Wanted(sources=("host-045",)), 0),
        (Wanted(from_ms=100), 0),
        (Wanted(from_ms=99), 10),
        (Wanted(to_ms=0), 0),
        (Wanted(to_ms=1), 10),
    ],
)
def test_only_row_groups_that_may_hold_something_wanted_are_read(
    monkeypatch: pytest.MonkeyPatch, wanted: Wanted, groups: int
) -> None:
    monkeypatch.setattr(files, "GROUP", 500)  # a report of one value weighs five
    stored = placed([report(f"host-{source:02}", at) for source in range(10) for at in range(100)])
    data = written(SAMPLES, stored)
    read_groups: list[int] = []
    events = FileReader._events

    def noted(self: FileReader, number: int) -> Any:
        read_groups.append(number)
        return events(self, number)

    monkeypatch.setattr(FileReader, "_events", noted)
    found = read(SAMPLES, data, wanted)
    assert len(read_groups) == groups
    expected = [
        item
        for item in stored
        if wanted.from_ms <= item.event.ts < wanted.to_ms
        and (wanted.sources is None or item.event.source in wanted.sources)
    ]
    assert found == sorted(expected)


def test_a_slowly_moving_gauge_and_a_counter_take_few_bytes() -> None:
    layout = make_layout(["bytes", "load", "used"], {"bytes": "counter"})
    values = np.empty((3600, 3))
    values[:, 0] = 1e9 + np.arange(3600) * 1500
    values[:, 1] = np.round(np.sin(np.arange(3600) / 100) + 2, 2)
    values[:, 2] = 0.4
    stored = [
        Stored(0, 0, n, n * 1000, PackedSamples(3, "h", 1, n, n * 1000, 1000, layout, values[n].tobytes()))
        for n in range(3600)
    ]
    assert len(written(SAMPLES, stored)) < 1.2 * values.size
