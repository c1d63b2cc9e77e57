"""Blocks: reports that travel together come out as they went in."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.events.codec import decode_samples, encode_block, encode_packed
from vedette.events.samples import PackedSamples, Packer, SampleBatch

VALUES = st.dictionaries(st.sampled_from(["cpu", "memory", 'disk{mount="/"}']), st.floats(-1e9, 1e9), min_size=1)


def packed(source: str, seq: int, values: dict[str, float], account: int = 3) -> PackedSamples:
    return Packer().pack(SampleBatch(source, 7, seq, 1_700_000_000_000, values, {}, 10_000), account)


@given(st.lists(st.tuples(st.sampled_from("abc"), VALUES), min_size=1, max_size=20))
def test_a_block_holds_its_reports_in_their_order(reports: list[tuple[str, dict[str, float]]]) -> None:
    batches = [packed(source, seq, values) for seq, (source, values) in enumerate(reports)]
    assert decode_samples(encode_block(3, batches)) == batches


def test_a_single_report_is_read_by_the_same_door() -> None:
    one = packed("web-1", 1, {"cpu": 0.5})
    assert decode_samples(encode_packed(one)) == [one]


def test_layouts_are_written_once() -> None:
    batches = [packed("web-1", seq, {"cpu" * 50: 0.5}) for seq in range(100)]
    assert len(encode_block(3, batches)) < 100 * 40 + 200


@pytest.mark.parametrize("layout", [-1, 1])
def test_a_row_with_a_layout_that_is_not_there_is_refused(layout: int) -> None:
    data = msgspec.msgpack.encode([1, [b"gcpu"], [["s", 1, 1, 1, 0, layout, bytes(8)]]])
    with pytest.raises(InvalidInput, match="layout"):
        decode_samples(data)


@pytest.mark.parametrize("data", [b"\x93", b"\x93\x01\x02\x03", b"\x93\x01\x90\x91\x97", b"", b"\x92\x01\x02"])
def test_what_is_no_block_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_samples(data)


def test_a_row_whose_values_do_not_fit_its_layout_is_refused() -> None:
    data = msgspec.msgpack.encode([1, [b"gcpu"], [["s", 1, 1, 1, 0, 0, bytes(16)]]])
    with pytest.raises(InvalidInput, match="8 bytes for each name"):
        decode_samples(data)
