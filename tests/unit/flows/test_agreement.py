"""Processes agree on who makes which recovery partitions, and refuse what would forget state."""

from __future__ import annotations

import pytest

from dataflows.cluster.agreement import agree, differing
from dataflows.cluster.letters import Hello, Make
from vedette.errors import Conflict


def hello(process: int, folder: str, *parts: int, total: int = 4, **settings: str) -> Hello:
    return Hello(process, settings, folder, dict.fromkeys(parts, total))


def agreed(*hellos: Hello) -> dict[int, Make]:
    return agree({each.process: each for each in hellos}, 4)


def test_in_a_new_folder_that_all_share_one_makes_everything() -> None:
    assert agreed(hello(0, "a"), hello(1, "a"), hello(2, "a")) == {0: Make(4, [0, 1, 2, 3])}


def test_new_folders_of_their_own_get_their_shares() -> None:
    assert agreed(hello(0, "a"), hello(1, "b"), hello(2, "c")) == {
        0: Make(4, [0, 3]),
        1: Make(4, [1]),
        2: Make(4, [2]),
    }


@pytest.mark.parametrize(
    "hellos",
    [
        [hello(0, "a", 0, 1, 2, 3)],
        [hello(0, "a", 0, 1, 2, 3), hello(1, "a", 0, 1, 2, 3)],
        [hello(0, "a", 0, 2), hello(1, "b", 1, 3)],
        [hello(0, "a"), hello(1, "b", 0, 1, 2, 3)],
        [hello(0, "a", 0, total=1)],
        [hello(0, "a", *range(9), total=9)],
    ],
)
def test_what_is_there_and_whole_stays_as_it_is(hellos: list[Hello]) -> None:
    assert agreed(*hellos) == {}


def test_a_missing_partition_is_named_with_its_file() -> None:
    with pytest.raises(Conflict, match=r"recovery partitions 1, 3 are in no process's folder.*part-1\.sqlite3"):
        agreed(hello(0, "a", 0, 2), hello(1, "b"))


def test_a_partition_that_is_there_twice_is_refused() -> None:
    with pytest.raises(Conflict, match="recovery partition 2 is in the folders of the processes 0, 1"):
        agreed(hello(0, "a", 0, 1, 2), hello(1, "b", 2, 3))


def test_folders_of_different_makings_are_refused() -> None:
    with pytest.raises(Conflict, match="they are of 2, 4 partitions"):
        agreed(hello(0, "a", 0, 1, total=2), hello(1, "b", 2, 3))


def test_processes_with_the_same_settings_fit_together() -> None:
    assert differing(hello(0, "a", shards="16"), hello(1, "b", shards="16")) is None


def test_a_setting_that_differs_is_named_with_both_values() -> None:
    reason = differing(hello(0, "a", VEDETTE_SHARDS="16"), hello(1, "b", VEDETTE_SHARDS="8"))
    assert reason == "process 1 has VEDETTE_SHARDS=8, process 0 has 16; allowed: the same"
