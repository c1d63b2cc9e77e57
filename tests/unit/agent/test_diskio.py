"""What block devices did between two readings."""

from __future__ import annotations

import pytest

from agent.collectors.diskio import DiskIoCollector, IoReading, activity, whole_disks

IDLE = IoReading(1000, 2000, 10, 20, waited_ms=300, busy_ms=100)
BUSY = IoReading(5000, 2000, 15, 25, waited_ms=400, busy_ms=600)


def test_activity_is_that_between_two_readings() -> None:
    assert activity(IDLE, BUSY, elapsed_s=1.0) == {
        "utilization_ratio": 0.5,
        "await_ms": 10.0,
        "queue_length": 0.1,
    }


def test_a_device_without_requests_waited_for_none() -> None:
    assert set(activity(IDLE, IDLE, elapsed_s=1.0).values()) == {0.0}


@pytest.mark.parametrize("elapsed", [0.0, -5.0])
def test_when_no_time_passed_nothing_is_divided(elapsed: float) -> None:
    found = activity(IDLE, BUSY, elapsed)
    assert (found["utilization_ratio"], found["queue_length"]) == (0.0, 0.0)


def test_utilization_never_exceeds_one() -> None:
    assert activity(IDLE, BUSY, elapsed_s=0.1)["utilization_ratio"] == 1.0


def test_totals_that_were_reset_count_from_zero() -> None:
    found = activity(BUSY, IoReading(1, 1, 2, 2, waited_ms=20, busy_ms=50), elapsed_s=1.0)
    assert found == {"utilization_ratio": 0.05, "await_ms": 5.0, "queue_length": 0.02}


def test_a_system_that_does_not_tell_the_busy_time_has_no_utilization() -> None:
    assert "utilization_ratio" not in activity(None, BUSY._replace(busy_ms=None), 1.0)


def test_the_first_collection_describes_the_time_since_boot() -> None:
    [group] = DiskIoCollector(lambda: {"vda": BUSY}, lambda: 6.0).collect(1234.0)
    assert group.values['diskio.utilization_ratio{device="vda"}'] == pytest.approx(0.1)
    assert group.values['diskio.read_bytes{device="vda"}'] == 5000.0
    assert set(group.kinds) == {
        f'diskio.{name}{{device="vda"}}' for name in ("read_bytes", "written_bytes", "reads", "writes")
    }


def test_the_next_collection_describes_the_time_since_the_first() -> None:
    readings = iter([{"vda": IDLE}, {"vda": BUSY}])
    collector = DiskIoCollector(lambda: next(readings), lambda: 1e6)
    collector.collect(10.0)
    [group] = collector.collect(11.0)
    assert group.values['diskio.utilization_ratio{device="vda"}'] == 0.5


def test_a_device_that_vanishes_and_comes_back_begins_anew() -> None:
    readings = iter([{"vda": BUSY}, {}, {"vda": IDLE}])
    collector = DiskIoCollector(lambda: next(readings), lambda: 100.0)
    assert len(collector.collect(0.0)) == 1
    assert collector.collect(1.0) == []
    [group] = collector.collect(2.0)
    assert group.values['diskio.utilization_ratio{device="vda"}'] == pytest.approx(0.1)


def test_partitions_are_left_out_where_their_disk_is_there() -> None:
    names = ["sda", "sda1", "sda12", "nvme0n1", "nvme0n1p1", "mmcblk0", "mmcblk0p2", "vda", "dm-1", "dm-10", "md0"]
    assert whole_disks(names) == ["dm-1", "dm-10", "md0", "mmcblk0", "nvme0n1", "sda", "vda"]


def test_partitions_are_reported_where_their_disk_is_not() -> None:
    assert whole_disks(["xvda1", "xvda2"]) == ["xvda1", "xvda2"]


def test_devices_without_a_disk_are_left_out() -> None:
    assert whole_disks(["loop0", "ram1", "zram0", "sr0", "fd0", "sdb"]) == ["sdb"]
