"""The codec: bytes to events and back; every error names the field, the value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar, get_args

import msgspec

from vedette.errors import InvalidInput
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.events.samples import KINDS, BlockRow, PackedSamples, Packer, SampleBatch, SampleBlock, check_packed
from vedette.events.signals import AlertTransition, Reject, Signal, SignalKind

T = TypeVar("T")

_packed_decoder = msgspec.msgpack.Decoder(PackedSamples)
_block_decoder = msgspec.msgpack.Decoder(SampleBlock)
_packed_encoder = msgspec.msgpack.Encoder()
_json_encoder = msgspec.json.Encoder()
_reject_decoder = msgspec.msgpack.Decoder(Reject)
_batch_decoder = msgspec.json.Decoder(SampleBatch)
_packer = Packer()

_PATH = re.compile(r" - at `([^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_UNKNOWN = re.compile(r"contains unknown field `([^`]*)`")
_ENUM = re.compile(r"Invalid enum value '(.*)'", re.DOTALL)
_GOT = re.compile(r"got `(\w+)`")
_STEP = re.compile(r"\[(\d+)\]|(\[\.\.\.\])|([A-Za-z_]\w*)")
_CHOICES: dict[str, tuple[str, ...]] = {"outcome": OUTCOMES, "kinds": KINDS, "kind": get_args(SignalKind)}
_TYPES = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null", list: "array", dict: "object"}


def encode_packed(batch: PackedSamples) -> bytes:
    """A packed batch as MessagePack."""
    return _packed_encoder.encode(batch)


def decode_packed(data: bytes) -> PackedSamples:
    """The packed batch in `data`; a JSON SampleBatch (account 1) is accepted too.

    Raises `InvalidInput` for anything else, and for what no window or table could hold.
    """
    if data[:1] == b"{":
        packed = _packer.pack(decode(_batch_decoder, data), 1)
    else:
        try:
            packed = _packed_decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise invalid(error, data) from error
    check_packed(packed)
    return packed


_BLOCK = b"\x93"
"""How MessagePack begins an array of three: a block's first byte, where a single batch has an array of eight."""


def encode_block(account: int, batches: Sequence[PackedSamples]) -> bytes:
    """Batches of one account as one message; their layouts are written once."""
    layouts: dict[bytes, int] = {}
    rows = [
        BlockRow(
            batch.source,
            batch.epoch,
            batch.seq,
            batch.ts,
            batch.interval_ms,
            layouts.setdefault(batch.layout, len(layouts)),
            batch.values,
        )
        for batch in batches
    ]
    return _packed_encoder.encode(SampleBlock(account, list(layouts), rows))


def decode_samples(data: bytes) -> list[PackedSamples]:
    """The batches of a message, whether it is a block or a single batch; raises as `decode_packed` does.

    A block with a bad batch is bad as a whole: our intake never writes one.
    """
    if data[:1] != _BLOCK:
        return [decode_packed(data)]
    try:
        block = _block_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise invalid(error, data) from error
    found = []
    for row in block.rows:
        if not 0 <= row.layout < len(block.layouts):
            raise InvalidInput("layout", row.layout, f"the number of one of the block's {len(block.layouts)} layouts")
        layout = block.layouts[row.layout]
        packed = PackedSamples(
            block.account, row.source, row.epoch, row.seq, row.ts, row.interval_ms, layout, row.values
        )
        check_packed(packed)
        found.append(packed)
    return found


def encode_json(event: CheckRecord | Signal | AlertTransition | SampleBatch) -> bytes:
    """An event as JSON."""
    return _json_encoder.encode(event)


def encode_reject(reject: Reject) -> bytes:
    """A reject as MessagePack, because its bytes may be anything."""
    return _packed_encoder.encode(reject)


def decode_reject(data: bytes) -> Reject:
    """The reject in `data`."""
    return _reject_decoder.decode(data)


def decode(decoder: msgspec.json.Decoder[T], data: bytes | memoryview) -> T:
    """`decoder.decode(data)`, with an `InvalidInput` instead of msgspec's error."""
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(error, bytes(data)) from error


def invalid(error: Exception, data: Any) -> InvalidInput:
    """msgspec's complaint as an `InvalidInput` with field, value and what is allowed."""
    text = str(error)
    path = _PATH.search(text)
    where = path[1].removeprefix("$").removeprefix(".") if path else ""
    what = _PATH.sub("", text)
    for rule, allowed in ((_MISSING, "this field is required"), (_UNKNOWN, "only the documented fields")):
        named = rule.search(what)
        if named is not None:
            return InvalidInput(f"{where}.{named[1]}".lstrip("."), named[1], allowed)
    if not isinstance(error, msgspec.ValidationError):
        return InvalidInput(where or "body", data[:60] if isinstance(data, bytes) else data, f"valid JSON ({what})")
    field, value = _at(data, where, what)
    choices = _CHOICES.get(where.partition("[")[0].rpartition(".")[2], ()) if _ENUM.match(what) else ()
    return InvalidInput(field or "body", value, ", ".join(choices) or what.replace("Expected", "expected"))


def _at(data: Any, path: str, what: str) -> tuple[str, object]:
    """The field that msgspec's `path` means, with its key where the path has `[...]`, and its value in JSON `data`."""
    try:
        found: Any = msgspec.json.decode(data) if isinstance(data, bytes) else data
        for index, entry, name in _STEP.findall(path):
            if entry:
                key = next(key for key, value in found.items() if _blamed(value, what))
                path = path.replace(entry, f'["{key}"]', 1)
            found = found[int(index) if index else key if entry else name]
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, AttributeError, StopIteration):
        return path, "…"
    except RecursionError:  # nested deeper than the decoder had to look
        return path, "…"
    return path, found


def _blamed(value: object, what: str) -> bool:
    """Whether `value` can be the one that msgspec complains about: it does not tell the key."""
    enum, got = _ENUM.match(what), _GOT.search(what)
    if enum is not None:
        return value == enum[1]
    return got is not None and _TYPES.get(type(value)) == got[1]
