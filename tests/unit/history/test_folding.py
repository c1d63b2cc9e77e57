"""Folding archived reports gives the rows of the rollup, bit by bit."""

from __future__ import annotations

import random

import pytest

from vedette.events.samples import PackedSamples, Packer, SampleBatch
from vedette.history.folding import Folded, fold_source
from vedette.windows.rollup import RollupConfig, RollupShard
from vedette.windows.tiers import DAY, TIERS

T0 = 1_700_006_400_000
Row = tuple[object, ...]
_FAR = 1 << 41


def reports(seed: int) -> list[PackedSamples]:
    """Reports of one source as they may arrive: layouts that share a counter, resets, duplicates, disorder, minutes."""
    chance = random.Random(seed)
    packer = Packer()
    made: list[PackedSamples] = []
    total, ts, sizes = 0, T0, chance.choice([(10_000,), (10_000, 60_000), (1_000, 5_000)])
    for seq in range(1, 300):
        interval = chance.choice(sizes)
        ts += chance.choice([1, 1, 1, 400]) * interval
        total = chance.randint(0, 9) if chance.random() < 0.05 else total + chance.randint(0, 64)
        values: dict[str, float] = {"requests": float(total), "load": chance.randint(-99, 99) / 64}
        if chance.random() < 0.3:
            values["extra"] = float(seq)
        if chance.random() < 0.2:
            values = {"depth": -0.0, "other": float(seq)}
        kinds = {name: "counter" for name in ("requests", "other") if name in values}
        batch = SampleBatch("web-1", 7, seq, ts, values, kinds, interval)  # type: ignore[arg-type]  # these are kinds
        made.append(packer.pack(batch, 1))
        if chance.random() < 0.1:
            made.append(made[chance.randrange(len(made))])
        if chance.random() < 0.1 and len(made) > 2:
            made[-1], made[-2] = made[-2], made[-1]
    return made


def of_the_flow(events: list[PackedSamples]) -> dict[Row, Row]:
    """What the flow puts out when nothing is late and every window is closed."""
    shard = RollupShard(RollupConfig(lateness_ms=1 << 42))
    shard.fold([(event.ts, event) for event in events])
    shard.resume(RollupConfig(lateness_ms=0), 0)
    # A report from far in the future closes all that is open; its own windows are left out.
    far = PackedSamples(1, "web-1", 8, 1, _FAR, 10_000, b"gmark", b"\0" * 8)
    shard.fold([(_FAR, far)])
    rows: dict[Row, Row] = {}
    for block in shard.flush(1 << 42).rows:
        cells = block.cells
        for at, bucket in enumerate(block.buckets.tolist()):
            if bucket < _FAR - 400 * 86_400_000:
                matrices = (cells.sums, cells.mins, cells.maxs, cells.lasts)
                values = tuple(matrix[at].tobytes() for matrix in matrices)
                rows[block.tier, block.layout_id, bucket] = (int(cells.n[at]), int(cells.last_ts[at]), *values)
    return rows


def of_the_fold(found: list[Folded]) -> dict[Row, Row]:
    from vedette.events.samples import layout_id

    return {
        (tier, layout_id(one.layout), bucket): (
            int(run.n[at]),
            int(run.last_ts[at]),
            *(matrix[at].tobytes() for matrix in (run.sums, run.mins, run.maxs, run.lasts)),
        )
        for one in found
        for tier, run in one.tiers.items()
        for at, bucket in enumerate(run.bucket_ms.tolist())
    }


@pytest.mark.parametrize("seed", range(40))
def test_it_gives_the_rows_of_the_rollup_bit_by_bit(seed: int) -> None:
    events = reports(seed)
    expected = of_the_flow(events)
    assert {key[0] for key in expected} >= {1, 2, DAY}
    found = of_the_fold(fold_source(events))
    assert found.keys() == expected.keys()
    assert found == expected


@pytest.mark.parametrize("seed", range(5))
def test_chosen_series_have_the_values_that_they_have_among_all(seed: int) -> None:
    events = reports(seed)
    whole = {(one.layout, tier): run for one in fold_source(events) for tier, run in one.tiers.items()}
    chosen = fold_source(events, names={"requests", "extra"}, coarsest=1)
    assert {one.layout for one in chosen} == {layout for layout, _ in whole if b"requests" in layout}
    for one in chosen:
        assert set(one.tiers) <= {0, 1}
        for tier, run in one.tiers.items():
            other = whole[one.layout, tier]
            assert run.bucket_ms.tolist() == other.bucket_ms.tolist()
            for name in ("sums", "mins", "maxs", "lasts"):
                assert getattr(run, name).tobytes() == getattr(other, name)[:, one.columns].tobytes()


def test_without_reports_there_are_no_rows() -> None:
    assert fold_source([]) == []
    assert TIERS[DAY].name == "1d"
