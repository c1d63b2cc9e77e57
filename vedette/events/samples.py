"""SampleBatch: one report of a sender, and the packed form in which it travels through the log."""

from __future__ import annotations

import math
from array import array
from typing import Literal

import msgspec

from vedette.errors import InvalidInput
from vedette.events.bounded import Bounded
from vedette.events.names import canonical, hash64

Kind = Literal["gauge", "counter", "delta"]
KINDS: tuple[Kind, ...] = ("gauge", "counter", "delta")
_LETTER: dict[str, str] = {"gauge": "g", "counter": "c", "delta": "d"}
_KIND: dict[str, Kind] = {"g": "gauge", "c": "counter", "d": "delta"}

MAX_VALUES = 10_000
MAX_SOURCE = 200
MAX_INTERVAL_MS = (1 << 31) - 1
MAX_ACCOUNT = (1 << 31) - 1
LATEST_MS = (1 << 42) - 1
"""Times end in the year 2109: counters keep them in 42 bits."""


Series = tuple[tuple[str, ...], tuple[Kind, ...]]
"""Canonical names, and their kinds."""

_REMEMBERED_BYTES = 64 << 20
_OBJECTS = 3
"""Python's objects take about so many times the bytes of the text they are made from."""
_layouts: Bounded[bytes, Series] = Bounded(_REMEMBERED_BYTES)


class SampleBatch(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One report: all `values` were read at `ts`.

    `epoch` is new at each start of the sender, `seq` counts up within it; together with `source` they
    make a batch unique, so that one seen twice is dropped. `ts` is in milliseconds UTC. `kinds` names
    the values that are not gauges. `interval_ms` is how often this sender reports.
    """

    source: str
    epoch: int
    seq: int
    ts: int
    values: dict[str, float]
    kinds: dict[str, Kind] = msgspec.field(default_factory=dict)
    interval_ms: int = 0


class PackedSamples(msgspec.Struct, array_like=True):
    """A SampleBatch as the log holds it: MessagePack, names and values each as one byte string.

    `layout` is the ordered list of names, one a line, each after the letter of its kind; its 64-bit
    hash is the identity of the layout. `values` are little-endian float64 in the same order.
    """

    account: int
    source: str
    epoch: int
    seq: int
    ts: int
    interval_ms: int
    layout: bytes
    values: bytes

    def names(self) -> list[str]:
        """Canonical series names, in the order of the values."""
        return list(layout_series(self.layout)[0])

    def floats(self) -> list[float]:
        """The values, as floats."""
        return array("d", self.values).tolist()


class BlockRow(msgspec.Struct, array_like=True):
    """One report of a block: a PackedSamples whose account and layout stand in the block."""

    source: str
    epoch: int
    seq: int
    ts: int
    interval_ms: int
    layout: int
    values: bytes


class SampleBlock(msgspec.Struct, array_like=True):
    """Reports of one account that reached the intake together, as one message: a row names its layout by number."""

    account: int
    layouts: list[bytes]
    rows: list[BlockRow]


def layout_id(layout: bytes) -> int:
    """Identity of a layout: signed 64-bit xxh3 of its bytes."""
    return hash64(layout)


def layout_series(layout: bytes) -> Series:
    """Names and kinds of a layout, in order; `InvalidInput` where a line is not a kind and a canonical name."""
    found = _layouts.get(layout)
    if found is None:
        found = _read_layout(layout)
        _layouts.put(layout, found, _OBJECTS * len(layout))
    return found


def _read_layout(layout: bytes) -> Series:
    names: list[str] = []
    kinds: list[Kind] = []
    try:
        lines = layout.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidInput("layout", layout, "UTF-8 text") from error
    for line in lines:
        kind = _KIND.get(line[:1])
        if kind is None or canonical(line[1:]) != line[1:]:
            raise InvalidInput("layout", line, "the letter g, c or d and then a series name in canonical form")
        kinds.append(kind)
        names.append(line[1:])
    return tuple(names), tuple(kinds)


def make_layout(names: list[str], kinds: dict[str, Kind]) -> bytes:
    """The layout of `names` (raw or canonical, in order); raises `InvalidInput` for a bad name or kind."""
    if kinds:
        _check_kinds(names, kinds)
    return "\n".join(_LETTER[kinds.get(name, "gauge")] + canonical(name) for name in names).encode()


def _check_kinds(names: list[str], kinds: dict[str, Kind]) -> None:
    known = set(names)
    for name in kinds:
        if name not in known:
            raise InvalidInput(f'kinds["{name}"]', name, "a name that stands in values")


class Packer:
    """Turns batches into packed ones, remembering layouts it has seen.

    Senders repeat the same names in the same order, so the memory's key is the joined raw names. A layout is in the
    order of its canonical names, whatever order the sender uses: many languages shuffle the keys of a map.
    """

    def __init__(self, remembered_bytes: int = _REMEMBERED_BYTES) -> None:
        self._known: Bounded[tuple[str, str], tuple[bytes, list[int] | None]] = Bounded(remembered_bytes)

    def pack(self, batch: SampleBatch, account: int) -> PackedSamples:
        """`batch` in packed form; every value must be finite, every name good, no name twice."""
        values = array("d", batch.values.values())
        # A sum of finite numbers may be infinite, but one with NaN or infinity in it is never finite.
        if not math.isfinite(sum(values)) and not all(map(math.isfinite, values)):
            name, value = next((n, v) for n, v in batch.values.items() if not math.isfinite(v))
            raise InvalidInput(f'values["{name}"]', value, "a finite number")
        layout, order = self._layout(batch)
        if order is not None:
            values = array("d", [values[at] for at in order])
        return PackedSamples(
            account,
            batch.source,
            batch.epoch,
            batch.seq,
            batch.ts,
            batch.interval_ms,
            layout,
            values.tobytes(),
        )

    def _layout(self, batch: SampleBatch) -> tuple[bytes, list[int] | None]:
        """The layout, and where each of its values stands in the batch (None: as it is)."""
        kinds = "\0".join(f"{n}\1{k}" for n, k in batch.kinds.items()) if batch.kinds else ""
        key = ("\0".join(batch.values), kinds)
        found = self._known.get(key)
        if found is None:
            found = _ordered(list(batch.values), batch.kinds)
            self._known.put(key, found, _OBJECTS * (len(key[0]) + len(key[1]) + len(found[0])))
        return found


def _ordered(names: list[str], kinds: dict[str, Kind]) -> tuple[bytes, list[int] | None]:
    whole = [canonical(name) for name in names]
    if len(set(whole)) != len(whole):
        twice = next(name for name in whole if whole.count(name) > 1)
        raise InvalidInput("values", twice, "each series once in a batch")
    order = sorted(range(len(names)), key=whole.__getitem__)
    layout = make_layout([names[at] for at in order], kinds)
    return layout, None if order == list(range(len(names))) else order


def check_batch(batch: SampleBatch, oldest_ms: int, newest_ms: int) -> None:
    """Raise `InvalidInput` for the first field outside its limits; names and values are `Packer`'s."""
    _check_head(batch, oldest_ms, newest_ms)
    if not 1 <= len(batch.values) <= MAX_VALUES:
        raise InvalidInput("values", f"{len(batch.values)} values", f"1 to {MAX_VALUES} values")


def check_packed(packed: PackedSamples) -> None:
    """Raise `InvalidInput` for what no sender of ours writes and no window or table could hold."""
    _check_head(packed, 0, LATEST_MS)
    if not 0 <= packed.account <= MAX_ACCOUNT:
        raise InvalidInput("account", packed.account, f"an integer from 0 to {MAX_ACCOUNT}")
    if len(packed.values) != 8 * len(layout_series(packed.layout)[0]):
        raise InvalidInput("values", f"{len(packed.values)} bytes", "8 bytes for each name of the layout")


def _check_head(report: SampleBatch | PackedSamples, oldest_ms: int, newest_ms: int) -> None:
    if not 1 <= len(report.source) <= MAX_SOURCE or not report.source.isprintable():
        raise InvalidInput("source", report.source, f"1 to {MAX_SOURCE} printable characters")
    for field, number in (("epoch", report.epoch), ("seq", report.seq)):
        if not 0 <= number < 1 << 62:
            raise InvalidInput(field, number, "an integer from 0 to 2^62")
    if not 0 <= report.interval_ms <= MAX_INTERVAL_MS:
        raise InvalidInput("interval_ms", report.interval_ms, f"milliseconds from 0 to {MAX_INTERVAL_MS}")
    if not oldest_ms <= report.ts <= newest_ms:
        raise InvalidInput("ts", report.ts, f"milliseconds UTC from {oldest_ms} to {newest_ms}")
