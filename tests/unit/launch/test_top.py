"""`vedette top`: what the events of a stream become on the screen."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from launch.live.following import Event, read_lines
from launch.live.hosts import LiveSession
from launch.live.screen import bars, line, rate, screen, size


def frame(seq: int, ts: int, *values: float, source: str = "a", **more: Any) -> Event:
    return Event("frame", {"source": source, "seq": seq, "ts": ts, "at": ts, "values": {"g": list(values)}, **more})


def session(*names: str) -> LiveSession:
    found = LiveSession()
    found.take(Event("session", {"sources": ["a", "b"], "until_ms": 100_000, "now": 10_000}), 0.0)
    found.take(Event("schema", {"source": "a", "group": "g", "names": list(names), "counters": []}), 0.0)
    return found


def test_events_are_read_with_their_ids() -> None:
    lines = ["retry: 5", "", "id: 7", "event: frame", 'data: {"a":1}', "", ": comment", "event: tick", "data: {}", ""]
    assert list(read_lines(iter(lines))) == [("7", Event("frame", {"a": 1})), (None, Event("tick", {}))]


def test_rates_come_from_totals_over_all_devices_but_not_the_loopback() -> None:
    names = (
        'network.sent_bytes{interface="eth0"}',
        'network.sent_bytes{interface="x"}',
        'network.sent_bytes{interface="lo"}',
    )
    found = session(*names)
    found.take(frame(1, 1000, 100, 0, 0), 1.0)
    assert found.hosts["a"].rates == {}
    found.take(frame(2, 3000, 300, 50, 1e9), 3.0)
    assert found.hosts["a"].rates == {"sent": 125.0}
    found.take(frame(3, 4000, 40, 50, 1e9), 4.0)
    assert found.hosts["a"].rates == {"sent": 40.0}, "a total that went back began anew"


def test_a_hole_in_the_numbers_is_a_hole_in_the_history_and_nothing_counts_twice() -> None:
    found = session("cpu.used_ratio")
    for seq in (1, 2, 2, 5):
        found.take(frame(seq, seq * 1000, 0.5), 0.0)
    assert list(found.hosts["a"].cpu) == [0.5, 0.5, None, None, 0.5]
    found.take(frame(1, 9000, 0.25), 0.0)
    assert list(found.hosts["a"].cpu)[-2:] == [None, 0.25], "an agent that began anew"


def test_bars_and_numbers_read_well() -> None:
    assert bars([0, 0.5, None, 1, 2, -1], 8) == "   ▄·██ "
    assert [rate(value) for value in (None, 0, 999, 1500, 250_000, 2e13)] == [
        "-", "0 B/s", "999 B/s", "1.5 kB/s", "250 kB/s", "20.0 TB/s",
    ]  # fmt: skip
    assert [size(value) for value in (5, 2048, 3 << 40)] == ["5 B", "2 KiB", "3.0 TiB"]


def test_the_screen_shows_hosts_that_are_live_silent_and_starting_and_the_busiest_processes() -> None:
    found = session("cpu.used_ratio", "load.1m", "memory.used_ratio")
    found.take(frame(1, 1000, 0.25, 1.5, 0.4, processes=[[42, "root", "[red]evil[/]", 0.5, 1 << 20]]), 1.0)
    console = Console(width=120, height=40, force_terminal=False, color_system=None)
    with console.capture() as captured:
        console.print(screen(found, None, 120, 40, 2.0))
    text = captured.get()
    for part in ("ends in 1:30", "25.0 %", "1.50", "40.0 %", "starting", "42", "[red]evil[/]", "50.0 %", "1 MiB"):
        assert part in text
    with console.capture() as captured:
        console.print(screen(found, None, 120, 40, 9.0))
    assert "silent 8 s" in captured.get()
    assert line(found.hosts["a"]).startswith("a  cpu 25.0 %  memory 40.0 %")
