"""Shards: each monitor in exactly one, evenly; and nonsense refused."""

from __future__ import annotations

import pytest

from probes.monitors import Monitor
from probes.shards import WHOLE, Shard, parse_shard
from vedette.errors import ConfigurationError

MONITORS = [Monitor(id=number, name="m", url="http://x/") for number in range(1, 2001)]


def test_each_monitor_is_in_one_of_the_parts_and_they_are_about_equal() -> None:
    parts = [[m for m in MONITORS if Shard(number, 5).has(m)] for number in range(1, 6)]
    assert sorted(m.id for part in parts for m in part) == [m.id for m in MONITORS]
    assert all(320 < len(part) < 480 for part in parts)
    assert all(WHOLE.has(m) for m in MONITORS)


def test_a_part_is_written_as_number_and_count() -> None:
    assert parse_shard("2/5") == Shard(2, 5)
    assert parse_shard("1/1") == WHOLE


@pytest.mark.parametrize(
    "text", ["", "2", "0/5", "6/5", "2/", "/5", "a/b", "2/5/1", "-1/5", "1/1001", "\u0662/5", "1/99999999"]
)
def test_what_is_no_part_is_refused_with_the_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="VEDETTE_SHARD"):
        parse_shard(text)
