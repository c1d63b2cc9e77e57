"""Which mounts are reported, and how full they are."""

from __future__ import annotations

import pytest

from agent.collectors.disk import MAX_MOUNTS, DiskCollector, Mount, Space, chosen

ROOT = Mount("/dev/sda1", "/", "ext4")
DATA = Mount("/dev/sdb1", "/data", "xfs")
HALF = Space(total=1000, used=400, free=400, inodes=100, inodes_free=75)


def test_each_mount_is_a_group_of_its_own() -> None:
    groups = DiskCollector(lambda: [ROOT, DATA], lambda path: HALF).collect(0.0)
    assert len(groups) == 2
    assert groups[1].values == {
        'disk.total_bytes{mount="/data"}': 1000.0,
        'disk.used_bytes{mount="/data"}': 400.0,
        'disk.free_bytes{mount="/data"}': 400.0,
        'disk.used_ratio{mount="/data"}': 0.5,
        'disk.inodes_used_ratio{mount="/data"}': 0.25,
    }


def test_a_filesystem_without_inodes_has_no_share_of_them() -> None:
    [group] = DiskCollector(lambda: [ROOT], lambda path: HALF._replace(inodes=0, inodes_free=0)).collect(0.0)
    assert not any("inodes" in name for name in group.values)


@pytest.mark.parametrize("error", [PermissionError(), FileNotFoundError(), OSError("stale handle")])
def test_a_mount_that_cannot_be_asked_costs_only_itself(error: OSError) -> None:
    def space(path: str) -> Space:
        if path == "/data":
            raise error
        return HALF

    [group] = DiskCollector(lambda: [ROOT, DATA], space).collect(0.0)
    assert 'disk.total_bytes{mount="/"}' in group.values


def test_a_mount_of_no_size_is_not_reported() -> None:
    assert DiskCollector(lambda: [ROOT], lambda path: Space(0, 0, 0, 0, 0)).collect(0.0) == []


def test_images_are_never_reported() -> None:
    assert chosen([ROOT, Mount("/dev/loop1", "/snap/core/1", "squashfs")]) == ["/"]


def test_a_device_under_many_mounts_is_reported_at_the_shortest() -> None:
    assert chosen([Mount("/dev/sdb1", "/var/lib/data", "xfs"), DATA, ROOT]) == ["/", "/data"]


def test_the_device_of_the_root_is_reported_only_there() -> None:
    assert chosen([Mount("/dev/sda1", "/a", "ext4"), ROOT]) == ["/"]


def test_a_container_s_overlay_counts_at_the_root() -> None:
    assert chosen([Mount("overlay", "/", "overlay"), DATA]) == ["/", "/data"]


def test_the_number_of_mounts_is_bounded() -> None:
    many = [Mount(f"/dev/sd{n}", f"/m{n:04}", "ext4") for n in range(500)]
    assert len(chosen(many)) == MAX_MOUNTS
