"""The codec: what is encoded comes back, and what cannot be read says why."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.events.checks import CheckRecord, CheckResult
from vedette.events.codec import (
    decode,
    decode_packed,
    decode_reject,
    encode_json,
    encode_packed,
    encode_reject,
    invalid,
)
from vedette.events.samples import LATEST_MS, PackedSamples, Packer, SampleBatch
from vedette.events.signals import Reject, Signal

checks = msgspec.json.Decoder(CheckResult)
records = msgspec.json.Decoder(CheckRecord)
batches = msgspec.json.Decoder(SampleBatch)
signals = msgspec.json.Decoder(Signal)
CHECK = b'{"monitor":1,"location":"l","scheduled_ms":1,"started_ms":1,"outcome":"up"}'
BATCH = b'{"source":"a","epoch":1,"seq":2,"ts":3,"values":{"cpu":1.5,"net":2},"kinds":{"net":"counter"}}'


def refusal_of(action: Callable[[], object]) -> InvalidInput | None:
    try:
        action()
    except InvalidInput as error:
        return error
    return None


def changed(data: bytes, **fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(data), **fields})


series = st.from_regex(r"[a-z][a-z0-9.]{0,8}", fullmatch=True)
floats = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
    st.integers(0, (1 << 62) - 1),
    st.integers(0, (1 << 62) - 1),
    st.integers(0, LATEST_MS),
    st.dictionaries(series, st.tuples(floats, st.sampled_from(["gauge", "counter", "delta"])), min_size=1),
)
def test_packed_samples_come_back_as_they_were(
    source: str, epoch: int, seq: int, ts: int, values: dict[str, tuple[float, str]]
) -> None:
    numbers = {name: value for name, (value, _) in values.items()}
    kinds = {name: kind for name, (_, kind) in values.items()}
    packed = Packer().pack(SampleBatch(source, epoch, seq, ts, numbers, kinds, 1000), 7)  # type: ignore[arg-type]
    found = decode_packed(encode_packed(packed))
    assert found == packed
    assert dict(zip(found.names(), found.floats(), strict=True)) == numbers


def test_a_batch_in_json_is_read_as_packed_samples_of_the_first_account() -> None:
    found = decode_packed(BATCH)
    assert (found.account, found.source, found.epoch, found.seq, found.ts) == (1, "a", 1, 2, 3)
    assert (found.layout, found.floats()) == (b"gcpu\ncnet", [1.5, 2.0])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ts": -1}, "ts"),
        ({"ts": LATEST_MS + 1}, "ts"),
        ({"source": ""}, "source"),
        ({"source": "a\0"}, "source"),
        ({"epoch": -1}, "epoch"),
        ({"seq": 1 << 62}, "seq"),
        ({"interval_ms": 1 << 31}, "interval_ms"),
        ({"values": {}, "kinds": {}}, "layout"),
        ({"values": {"two words": 1}, "kinds": {}}, "series name"),
    ],
)
def test_a_batch_in_json_that_no_table_could_hold_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_packed(changed(BATCH, **change))
    assert caught.value.field == field


GOOD = PackedSamples(1, "a", 1, 1, 1, 0, b"gcpu\nccpu2", struct.pack("<2d", 1, 2))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("values", b""),
        ("values", b"123"),
        ("values", struct.pack("<3d", 1, 2, 3)),
        ("layout", b"x\xff"),
        ("layout", b"xcpu\ngb"),
        ("layout", b""),
        ("layout", b"gtwo words\nga"),
        ("layout", b'ga{b="1",a="2"}\nga'),
        ("source", "a\0b"),
        ("source", ""),
        ("account", -1),
        ("account", 1 << 31),
        ("ts", 1 << 63),
        ("interval_ms", -5),
    ],
)
def test_packed_samples_that_no_window_could_fold_are_refused(field: str, value: object) -> None:
    decode_packed(encode_packed(GOOD))
    bad = msgspec.structs.replace(GOOD, **{field: value})
    with pytest.raises(InvalidInput):
        decode_packed(encode_packed(bad))


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (decode_packed, lambda body: decode(records, body), lambda body: decode(signals, body)):
        refusal = refusal_of(lambda read=read: read(data))  # type: ignore[misc]
        assert refusal is None or (refusal.field and refusal.allowed)


@given(st.integers(0, 60), st.binary(min_size=1, max_size=3))
def test_a_damaged_message_is_read_or_refused(at: int, damage: bytes) -> None:
    whole = encode_packed(GOOD)
    refusal = refusal_of(lambda: decode_packed(whole[:at] + damage + whole[at + len(damage) :]))
    assert refusal is None or refusal.allowed


@pytest.mark.parametrize("before", [CHECK[:-1] + b',"x":', b""])
def test_nesting_without_end_is_refused(before: bytes) -> None:
    deep = before + b"[" * 100_000
    with pytest.raises(InvalidInput) as caught:
        decode(records, deep)
    assert caught.value.field == "body"


@pytest.mark.parametrize(
    ("decoder", "data", "field", "value", "allowed"),
    [
        (checks, changed(CHECK, outcome="meh"), "outcome", "meh", "up, degraded, down, missed, probe_error"),
        (checks, changed(CHECK, monitor="x"), "monitor", "x", "expected `int`, got `str`"),
        (checks, changed(CHECK, phases={"dns": "x"}), "phases.dns", "x", "expected `float | null`, got `str`"),
        (checks, changed(CHECK, phases={"dsn": 1}), "phases.dsn", "dsn", "only the documented fields"),
        (checks, changed(CHECK, colour=1), "colour", "colour", "only the documented fields"),
        (checks, b"[]", "body", [], "expected `object`, got `array`"),
        (checks, b"{", "body", b"{", "valid JSON (Input data was truncated)"),
        (batches, b'{"source":"a"}', "epoch", "epoch", "this field is required"),
        (batches, changed(BATCH, ts=1.5), "ts", 1.5, "expected `int`, got `float`"),
        (batches, changed(BATCH, values={"a": 1, "b": "x"}), 'values["b"]', "x", "expected `float`, got `str`"),
        (batches, changed(BATCH, values={"a": 1, "b": True}), 'values["b"]', True, "expected `float`, got `bool`"),
        (batches, changed(BATCH, kinds={"cpu": "x"}), 'kinds["cpu"]', "x", "gauge, counter, delta"),
        (
            signals,
            b'{"kind":"x","account":1,"subject":"s","at":1}',
            "kind",
            "x",
            (
                "endpoint, monitor, host, series, trend, clone, clock, notice, drift, model, quality, timer, budget,"
                " expression, metric"
            ),
        ),
    ],
)
def test_every_decode_error_names_field_value_and_what_is_allowed(
    decoder: msgspec.json.Decoder[object], data: bytes, field: str, value: object, allowed: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(decoder, data)
    error = caught.value
    assert (error.field, error.value, error.allowed) == (field, value, allowed)
    assert f"{field}: " in str(error)
    assert allowed in str(error)


@pytest.mark.parametrize(
    ("decoder", "data"), [(checks, CHECK), (batches, BATCH), (records, changed(CHECK, new_field=[1]))]
)
def test_what_is_right_is_decoded(decoder: msgspec.json.Decoder[object], data: bytes) -> None:
    assert decode(decoder, data) is not None


def test_nan_is_no_json() -> None:
    with pytest.raises(InvalidInput, match="valid JSON"):
        decode(batches, BATCH.replace(b"1.5", b"NaN"))


def test_a_decoded_object_can_be_complained_about_too() -> None:
    item = {"monitor": 1, "location": 5}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(item, CheckResult)
    error = invalid(caught.value, item)
    assert (error.field, error.value) == ("location", 5)


def test_json_events_come_back_as_they_were() -> None:
    signal = Signal("host", 1, "source:a", 5, "silent", detail={"heard_ms": 4})
    assert decode(signals, encode_json(signal)) == signal
    result = CheckResult(1, "l", 2, 3, "down", error="é\n", status=500)
    assert decode(checks, encode_json(result)) == result


@given(st.binary(max_size=50))
def test_a_reject_keeps_any_bytes(data: bytes) -> None:
    reject = Reject("vedette.samples", 1, 2, "reason", data, 3)
    assert decode_reject(encode_reject(reject)) == reject
