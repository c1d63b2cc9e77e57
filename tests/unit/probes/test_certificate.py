"""Certificates: the end of validity and the names, from bytes that anybody may have sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.net.certificate import not_after_ms, time_ms
from probes.net.certificate_names import certificate_names


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_have_no_end_and_no_names(der: bytes) -> None:
    assert not_after_ms(der) is None
    assert certificate_names(der) is None


@pytest.mark.parametrize(
    ("tag", "text", "ms"),
    [
        (0x17, "700101000000Z", 0),
        (0x17, "491231235959Z", 2_524_607_999_000),
        (0x18, "20500101000000Z", 2_524_608_000_000),
    ],
)
def test_both_forms_of_a_time_are_read(tag: int, text: str, ms: int) -> None:
    assert time_ms(tag, text) == ms


@pytest.mark.parametrize(("tag", "text"), [(0x02, "700101000000Z"), (0x17, "7001010000Z"), (0x18, "x")])
def test_anything_else_is_no_time(tag: int, text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        time_ms(tag, text)
