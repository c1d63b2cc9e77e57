"""Spans and moments as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.timespans import moment_ms, seconds, shown, written
from tests.unit.notifying.test_routes import at
from vedette.errors import InvalidInput

NOW_MS = at("2026-11-29 08:00")


@given(st.integers(0, 10**8))
def test_a_span_is_read_as_it_is_written(span_s: int) -> None:
    assert seconds("--for", written(span_s)) == span_s


@pytest.mark.parametrize(("text", "span_s"), [("900", 900), ("15m", 900), ("1h30m", 5400), ("2d", 172_800)])
def test_a_span_is_seconds_or_has_units(text: str, span_s: int) -> None:
    assert seconds("--for", text) == span_s


@pytest.mark.parametrize("text", ["", "soon", "-5", "5m1h", "1.5h", "1h ", "10000000000"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="--for"):
        seconds("--for", text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-29 08:00"),
        ("09:30", "2026-11-29 08:30"),
        ("9:00", "2026-11-30 08:00"),  # it is nine in Berlin: the next one is tomorrow
        ("2026-12-01 09:00", "2026-12-01 08:00"),
        ("2026-12-01T09:00Z", "2026-12-01 09:00"),
    ],
)
def test_a_moment_is_local_to_the_zone(text: str, moment: str) -> None:
    found = moment_ms("--until", text, "Europe/Berlin", NOW_MS)
    assert found == at(moment)
    assert shown(found, "UTC").endswith(moment)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="--until"):
        moment_ms("--until", text, "UTC", NOW_MS)
