"""An instance may name so many series a day; what it remembers is whole, or what it was before."""

from __future__ import annotations

import stat
from pathlib import Path

from agent.plugins.bounds import DAY_MS, RUNS, SeriesBound
from agent.plugins.memory import Kept, Memory
from vedette.events.fleet import MOST_ALERTS, PluginAlert

NOW = 1_700_000_000_000


def test_the_same_names_again_and_again_cost_nothing() -> None:
    bound = SeriesBound(10)
    assert all(bound.admit([f"x{n}" for n in range(10)], NOW + 60_000 * run) for run in range(1000))


def test_ever_new_names_are_held_until_the_day_has_ended() -> None:
    bound = SeriesBound(10)
    for run in range(RUNS):
        assert bound.admit([f"x{run}.{n}" for n in range(10)], NOW)
    assert not bound.admit(["another"], NOW)
    assert not bound.admit(["x0.0"], NOW + 1), "held is held, also for names that are known"
    assert not bound.begin(NOW + 1)
    tomorrow = (NOW // DAY_MS + 1) * DAY_MS
    assert bound.begin(tomorrow)
    assert bound.admit(["another"], tomorrow)


def test_a_clock_that_goes_back_begins_a_new_day() -> None:
    bound = SeriesBound(1)
    assert not bound.admit([f"x{n}" for n in range(9)], NOW)
    assert bound.admit(["x"], NOW - DAY_MS)


def test_memory_comes_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "plugins")
    memory.save("cache", Kept("redis", {"offset": 7}, [PluginAlert("s", "b", NOW)]))
    again = Memory(tmp_path / "plugins").load("cache", "redis")
    assert again == Kept("redis", {"offset": 7}, [PluginAlert("s", "b", NOW)])
    assert stat.S_IMODE((tmp_path / "plugins" / "cache.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "plugins").stat().st_mode) == 0o700


def test_another_plugin_of_the_same_name_begins_with_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.save("cache", Kept("redis", {"offset": 7}))
    assert memory.load("cache", "memcached") == Kept("memcached")


def test_a_torn_file_is_nothing_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "cache.json").write_bytes(b'{"plugin": "red')
    assert Memory(tmp_path).load("cache", "redis") == Kept("redis")
    assert Memory(tmp_path).load("never", "redis") == Kept("redis")


def test_only_the_newest_alerts_are_kept(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.save("cache", Kept("redis", {}, [PluginAlert(str(n), "", n) for n in range(50)]))
    kept = memory.load("cache", "redis").alerts
    assert len(kept) == MOST_ALERTS
    assert kept[-1].subject == "49"


def test_a_folder_that_cannot_be_written_leaves_the_older_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    memory = Memory(blocked)
    memory.save("cache", Kept("redis", {"a": 1}))
    assert memory.load("cache", "redis") == Kept("redis")
