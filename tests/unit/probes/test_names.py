"""Names: what is kept and for how long, what the machine's files say, and which address comes first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probes.names.cache import Cache
from probes.names.order import ordered
from probes.names.sources import LOOK_S, Sources, Watched, read_sources


class Time:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_what_is_kept_ends_with_its_life() -> None:
    now = Time()
    cache: Cache[str, int] = Cache(now)
    cache.put("a", 1, 10)
    now.at += 9.9
    assert cache.get("a") == 1
    now.at += 0.1
    assert cache.get("a") is None
    assert len(cache) == 0


@pytest.mark.parametrize("life_s", [0, -1])
def test_what_has_no_life_is_not_kept(life_s: float) -> None:
    cache: Cache[str, int] = Cache(Time())
    cache.put("a", 1, 10)
    cache.put("a", 2, life_s)
    assert cache.get("a") is None


def test_above_its_bound_the_oldest_is_forgotten() -> None:
    cache: Cache[int, int] = Cache(Time(), most=3)
    for number in range(5):
        cache.put(number, number, 10)
    assert [cache.get(number) for number in range(5)] == [None, None, 2, 3, 4]


SERVERS = "nameserver 192.0.2.53\nnameserver ::1 # x\nnameserver a\nnameserver b\n"
FILES = (
    f"{SERVERS}search corp.example\noptions ndots:3\n",
    "127.0.0.1 localhost me # comment\n::1 localhost\n10.0.0.7\tShop.Example. shop\nnonsense x\n",
)


def written(folder: Path, resolv: str, hosts: str) -> tuple[Path, Path]:
    (folder / "resolv.conf").write_text(resolv)
    (folder / "hosts").write_text(hosts)
    return folder / "resolv.conf", folder / "hosts"


def test_the_machine_s_files_are_read(tmp_path: Path) -> None:
    sources = read_sources(*written(tmp_path, *FILES))
    assert sources.servers == [("192.0.2.53", 53), ("::1", 53), ("a", 53)]
    assert (sources.searches, sources.ndots) == (True, 3)
    hosts = {"localhost": ["127.0.0.1", "::1"], "me": ["127.0.0.1"], "shop.example": ["10.0.0.7"], "shop": ["10.0.0.7"]}
    assert sources.hosts == hosts


def test_files_that_are_missing_say_nothing(tmp_path: Path) -> None:
    assert read_sources(tmp_path / "a", tmp_path / "b") == Sources([], {}, False, 1)


@pytest.mark.parametrize(
    ("name", "plain", "searching"),
    [
        ("shop.example", True, False),
        ("a.b.c.example", True, True),
        ("shop", False, False),
        ("printer.local", False, False),
    ],
)
def test_names_that_only_the_system_knows_are_left_to_it(name: str, plain: bool, searching: bool) -> None:
    servers = [("192.0.2.53", 53)]
    assert Sources(servers).can_ask_for(name) is plain
    assert Sources(servers, {}, searches=True, ndots=3).can_ask_for(name) is searching
    assert not Sources().can_ask_for(name)


def test_a_changed_file_is_read_again_but_not_looked_at_all_the_time(tmp_path: Path) -> None:
    now = Time()
    paths = written(tmp_path, "nameserver 192.0.2.1\n", "")
    watched = Watched(now, *paths)
    assert watched().servers == [("192.0.2.1", 53)]
    paths[0].write_text("nameserver 192.0.2.2\n")
    os.utime(paths[0], (1, 1))
    assert watched().servers == [("192.0.2.1", 53)]
    now.at += LOOK_S
    assert watched().servers == [("192.0.2.2", 53)]


@pytest.mark.parametrize(
    ("addresses", "reachable", "first"),
    [
        (["192.0.2.1", "2001:db8::1"], {"192.0.2.1", "2001:db8::1"}, "2001:db8::1"),
        (["192.0.2.1", "2001:db8::1"], {"192.0.2.1"}, "192.0.2.1"),
        (["fd00::1", "192.0.2.1"], {"192.0.2.1", "fd00::1"}, "192.0.2.1"),
        (["192.0.2.9", "192.0.2.1"], {"192.0.2.9", "192.0.2.1"}, "192.0.2.9"),
    ],
)
def test_an_address_with_a_route_comes_before_one_without(
    addresses: list[str], reachable: set[str], first: str
) -> None:
    found = ordered([*addresses, *addresses], reachable.__contains__)
    assert found[0] == first
    assert sorted(found) == sorted(addresses)
