"""Content encodings: unpacked within bounds, or refused."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.intake.bodies import decoded
from vedette.errors import InvalidInput, TooLarge

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "": bytes,
    "identity": bytes,
    " GZIP ": gzip.compress,
}
LIMIT = 1 << 20


@given(body=st.binary(max_size=5000), encoding=st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_back(body: bytes, encoding: str) -> None:
    assert decoded(PACKERS[encoding](body), encoding, LIMIT) == body


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd"]), cut=st.integers(1, 400))
def test_what_was_cut_off_is_refused(body: bytes, encoding: str, cut: int) -> None:
    with pytest.raises(InvalidInput):
        decoded(PACKERS[encoding](body)[:-cut], encoding, LIMIT)


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd"]), more=st.binary(min_size=1))
def test_what_follows_the_packed_data_is_refused_and_not_lost(body: bytes, encoding: str, more: bytes) -> None:
    with pytest.raises(InvalidInput, match="follow"):
        decoded(PACKERS[encoding](body) + more, encoding, LIMIT)


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd", "br"]))
def test_any_bytes_are_unpacked_or_refused(body: bytes, encoding: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(decoded(body, encoding, LIMIT), bytes)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_the_limit_is_exact(encoding: str) -> None:
    packed = PACKERS[encoding](b"x" * 1000)
    assert decoded(packed, encoding, 1000) == b"x" * 1000
    with pytest.raises(TooLarge):
        decoded(packed, encoding, 999)


def rle_bomb(blocks: int) -> bytes:
    """Zstandard blocks of one repeated byte (RFC 8878, section 3.1.1.2): 4 bytes each, 128 KiB unpacked."""
    block = ((1 << 17 << 3) | (1 << 1)).to_bytes(3, "little") + b" "
    return b"\x28\xb5\x2f\xfd" + b"\x00\x38" + block * blocks


def peak_of_refusing(body: bytes, encoding: str) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decoded(body, encoding, LIMIT)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_of_two_gigabytes_is_noticed_before_it_has_unpacked() -> None:
    bomb = rle_bomb(16_384)
    assert len(bomb) < 66_000
    assert peak_of_refusing(bomb, "zstd") < 80 << 20


def test_a_gzip_bomb_is_noticed_at_the_limit() -> None:
    assert peak_of_refusing(gzip.compress(b" " * (32 << 20), 1), "gzip") < 4 << 20
