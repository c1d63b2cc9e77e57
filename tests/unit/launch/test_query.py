"""The query's table: on a terminal of 80 columns every row shows its sparkline and its numbers."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from launch.commands.ask import sparkline, table_of


def answer(source: str, name: str) -> dict[str, Any]:
    values = [float(number % 9) * 1.234567e9 for number in range(40)]
    labels = {"device": "/dev/mapper/vg0-root", "mount": "/var/lib/docker/overlay"}
    row = {"source": source, "name": name, "labels": labels, "values": values}
    return {"step_s": 10, "series": [row, {**row, "source": "web-1", "values": [None] * 3}]}


@pytest.mark.parametrize("source", ["web-1", "ip-10-0-12-200.eu-central-1.compute.internal"])
@pytest.mark.parametrize(("columns", "width"), [(80, 16), (160, 30)])
def test_a_row_shows_its_whole_sparkline_and_its_numbers(source: str, columns: int, width: int) -> None:
    console = Console(width=columns, color_system=None)
    asked = answer(source, "disk.used_bytes")
    with console.capture() as capture:
        console.print(table_of(asked, "avg", columns))
    printed = capture.get()
    assert all(len(line) <= columns for line in printed.splitlines())
    (first,) = [line for line in printed.splitlines() if sparkline(asked["series"][0]["values"], width) in line]
    assert first.split()[-3:] == ["3.704e+09", "0", "9.877e+09"]


def test_a_source_is_folded_and_not_cut() -> None:
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(table_of(answer("abcdefghijklmnopqrstuvwxyz-[x]-0123456789", "cpu"), "avg", 80))
    first = "".join(line[:12].split("  ")[0].strip() for line in capture.get().splitlines()[3:])
    assert "abcdefgh" in first
    assert "…" not in capture.get()


def test_a_sparkline_shows_the_last_values_and_gaps() -> None:
    assert sparkline([9, 0, None, 7], 3) == "▁ █"
    assert sparkline([None], 3) == ""
